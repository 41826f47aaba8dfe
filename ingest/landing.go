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

// over is the view's SELECT over the table of the same name in another database.
func (v view) over(database string) (string, error) {
	if v.shape == nil {
		return redirect(v.Select, v.Source, name(database, v.Source.Table))
	}
	at := plainSelect.FindStringSubmatchIndex(v.Select)
	return v.Select[:at[4]] + name(database, v.Source.Table) + v.Select[at[5]:], nil
}
