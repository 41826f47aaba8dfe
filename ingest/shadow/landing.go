package shadow

import (
	"context"
	"fmt"
	"slices"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chschema"
)

// createLanding gives the shadow the live mapping of exports.
func (sh *part) createLanding(ctx context.Context, s *session.Session) error {
	sc := tables.NewSchema(s)
	views, _, err := sc.LandingViews(ctx, sh.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	for _, v := range views {
		if v.Target.Database != s.Database {
			continue
		}
		query, err := v.OverLanding(sh.database())
		if err != nil {
			return err
		}
		to, err := sc.Table(ctx, v.Target)
		if err != nil {
			return err
		}
		for _, sql := range []string{
			"CREATE TABLE IF NOT EXISTS " + session.Name(sh.database(), v.Source.Table) + " AS " + v.Source.String(),
			"CREATE TABLE IF NOT EXISTS " + session.Name(sh.database(), v.Target.Table) + " AS " + v.Target.String() + tables.Target{Engine: to.Engine}.AloneEngine(),
			"CREATE MATERIALIZED VIEW IF NOT EXISTS " + session.Name(sh.database(), v.Table) + " TO " + session.Name(sh.database(), v.Target.Table) + " AS " + query,
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
	live, _, err := tables.NewSchema(p.live.S).LandingViews(ctx, p.sh.cfg.DownloadsTable)
	if err != nil {
		return nil, err
	}
	next, _, err := tables.NewSchema(p.shadow.S).LandingViews(ctx, p.sh.cfg.DownloadsTable)
	if err != nil {
		return nil, err
	}
	return p.change(live, next, func(v tables.View) (query, create string, err error) {
		if query, err = v.OverLanding(p.live.S.Database); err == nil && !slices.ContainsFunc(live, func(o tables.View) bool { return o.Table == v.Table }) {
			err = fmt.Errorf("the live tables lack its view %s, by which rows of the export become downloads: create it with clickql schema apply", v.Table)
		}
		return query, "", err
	})
}

// change lists what makes the live views compute what those of the shadow do; over
// gives a view's SELECT over the live tables, and what creates it where it is
// missing.
func (p *promoter) change(live, next []tables.View, over func(tables.View) (query, create string, err error)) (swaps []ledger.Swap, err error) {
	now := map[string]string{}
	for _, v := range live {
		now[v.Table] = v.Select
	}
	for _, v := range next {
		query, sql, err := over(v)
		if err != nil {
			return nil, err
		}
		before, there := now[v.Table]
		if there && chschema.SameText(before, query) {
			continue
		}
		id := tables.ID{Database: p.live.S.Database, Table: v.Table}
		if there {
			sql = "ALTER TABLE " + id.String() + " MODIFY QUERY " + query
		}
		swaps = append(swaps, ledger.Swap{Batch: p.at.Line.Batch, Verb: string(ledger.Define), Database: id.Database, Table: id.Table, SQL: sql, At: p.live.Cfg.Now()})
	}
	return swaps, nil
}
