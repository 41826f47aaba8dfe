package ingest

import (
	"context"
	"fmt"
)

// createLanding gives the shadow the live mapping of exports.
func (sh *Shadow) createLanding(ctx context.Context, s *session) error {
	views, err := landingViews(ctx, s, sh.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	for _, v := range views {
		query, err := v.overLanding(sh.Database())
		if err != nil {
			return err
		}
		for _, sql := range []string{
			"CREATE TABLE IF NOT EXISTS " + name(sh.Database(), v.Source.Table) + " AS " + v.Source.String(),
			"CREATE TABLE IF NOT EXISTS " + name(sh.Database(), v.Target.Table) + " AS " + v.Target.String(),
			"CREATE MATERIALIZED VIEW IF NOT EXISTS " + name(sh.Database(), v.Table) + " TO " + name(sh.Database(), v.Target.Table) + " AS " + query,
		} {
			if err := s.run(ctx, sql); err != nil {
				return err
			}
		}
	}
	return nil
}

// landing makes the live mapping of exports what the shadow's is: by it are days
// verified and repaired from then on.
func (p *promoter) landing(ctx context.Context) ([]swapLine, error) {
	live, err := landingViews(ctx, p.live.s, p.sh.cfg.DownloadsTable)
	if err != nil {
		return nil, err
	}
	now := map[string]string{}
	for _, v := range live {
		now[v.Table] = v.Select
	}
	next, err := landingViews(ctx, p.shadow.s, p.sh.cfg.DownloadsTable)
	if err != nil {
		return nil, err
	}
	var swaps []swapLine
	for _, v := range next {
		query, err := v.overLanding(p.live.s.database)
		if err != nil {
			return nil, err
		}
		switch before, there := now[v.Table]; {
		case !there:
			return nil, fmt.Errorf("the live tables lack its view %s, by which rows of the export become downloads: create it with clickql schema apply", v.Table)
		case unquote(before) == unquote(query):
			continue
		}
		id := tableID{p.live.s.database, v.Table}
		swaps = append(swaps, swapLine{Batch: p.at.line.Batch, Verb: string(define), Database: id.Database, Table: id.Table,
			SQL: "ALTER TABLE " + id.String() + " MODIFY QUERY " + query, At: p.live.cfg.Now()})
	}
	return swaps, nil
}
