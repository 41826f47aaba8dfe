package shadow

import (
	"context"
	"fmt"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
)

// createLanding gives the shadow the live mapping of exports.
func (sh *Shadow) createLanding(ctx context.Context, s *session.Session) error {
	views, err := tables.LandingViews(ctx, s, sh.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	for _, v := range views {
		query, err := v.OverLanding(sh.Database())
		if err != nil {
			return err
		}
		for _, sql := range []string{
			"CREATE TABLE IF NOT EXISTS " + session.Name(sh.Database(), v.Source.Table) + " AS " + v.Source.String(),
			"CREATE TABLE IF NOT EXISTS " + session.Name(sh.Database(), v.Target.Table) + " AS " + v.Target.String(),
			"CREATE MATERIALIZED VIEW IF NOT EXISTS " + session.Name(sh.Database(), v.Table) + " TO " + session.Name(sh.Database(), v.Target.Table) + " AS " + query,
		} {
			if err := s.Do(ctx, sql); err != nil {
				return err
			}
		}
	}
	return nil
}

// landing makes the live mapping of exports what the shadow's is: by it are days
// verified and repaired from then on.
func (p *promoter) landing(ctx context.Context) ([]ledger.Swap, error) {
	live, err := tables.LandingViews(ctx, p.live.S, p.sh.cfg.DownloadsTable)
	if err != nil {
		return nil, err
	}
	now := map[string]string{}
	for _, v := range live {
		now[v.Table] = v.Select
	}
	next, err := tables.LandingViews(ctx, p.shadow.S, p.sh.cfg.DownloadsTable)
	if err != nil {
		return nil, err
	}
	var swaps []ledger.Swap
	for _, v := range next {
		query, err := v.OverLanding(p.live.S.Database)
		if err != nil {
			return nil, err
		}
		switch before, there := now[v.Table]; {
		case !there:
			return nil, fmt.Errorf("the live tables lack its view %s, by which rows of the export become downloads: create it with clickql schema apply", v.Table)
		case tables.Unquote(before) == tables.Unquote(query):
			continue
		}
		id := tables.ID{Database: p.live.S.Database, Table: v.Table}
		swaps = append(swaps, ledger.Swap{Batch: p.at.Line.Batch, Verb: string(ledger.Define), Database: id.Database, Table: id.Table,
			SQL: "ALTER TABLE " + id.String() + " MODIFY QUERY " + query, At: p.live.Cfg.Now()})
	}
	return swaps, nil
}
