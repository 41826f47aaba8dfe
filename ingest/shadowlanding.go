package ingest

import (
	"context"
	"fmt"

	"clickql/internal/ddl"
)

// landingViews lists the views that say how rows of an export become downloads,
// or why they do not; none where there is no landing table.
func landingViews(ctx context.Context, s *session, raw string) ([]view, error) {
	sc := newSchema(s)
	if err := sc.read(ctx, s.database); err != nil {
		return nil, fmt.Errorf("read the tables of database %s: %w", s.database, err)
	}
	landing := tableID{s.database, ddl.LandingTable}
	def := sc.databases[s.database][landing.Table]
	if def == nil {
		return nil, nil
	}
	var views []view
	for _, id := range def.Views {
		v := sc.databases[id.Database][id.Table]
		if v == nil || v.Target.Database != s.database || v.Target.Table != raw && v.Target.Table != ddl.RejectedTable {
			continue
		}
		views = append(views, view{tableID: id, Source: landing, Target: v.Target, Select: v.Select})
	}
	return views, nil
}

// overLanding is a landing view's SELECT over the landing table of another
// database.
func (v view) overLanding(database string) (string, error) {
	for _, source := range []string{v.Source.String(), v.Source.Database + "." + v.Source.Table} {
		if at := topLevel(v.Select, " FROM "+source); at >= 0 {
			return v.Select[:at] + " FROM " + name(database, v.Source.Table) + v.Select[at+len(" FROM "+source):], nil
		}
	}
	return "", fmt.Errorf("its view %s does not select from %s", v.tableID, v.Source)
}

// createLanding gives the shadow the live mapping of exports.
func (sh *Shadow) createLanding(ctx context.Context, s *session) error {
	views, err := landingViews(ctx, s, sh.in.cfg.DownloadsTable)
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
	live, err := landingViews(ctx, p.live.s, p.sh.in.cfg.DownloadsTable)
	if err != nil {
		return nil, err
	}
	now := map[string]string{}
	for _, v := range live {
		now[v.Table] = v.Select
	}
	next, err := landingViews(ctx, p.shadow.s, p.sh.in.cfg.DownloadsTable)
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
		swaps = append(swaps, swapLine{Batch: p.w.batch.Name, Verb: string(define), Database: id.Database, Table: id.Table,
			SQL: "ALTER TABLE " + id.String() + " MODIFY QUERY " + query, At: p.live.cfg.Now()})
	}
	return swaps, nil
}
