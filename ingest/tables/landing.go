package tables

import (
	"context"
	"fmt"

	"clickql/ingest/session"
	"clickql/internal/ddl"
)

// LandingViews lists the views that say how rows of an export become downloads,
// or why they do not; none where there is no landing table.
func LandingViews(ctx context.Context, s *session.Session, raw string) ([]View, error) {
	sc := NewSchema(s)
	if err := sc.Read(ctx, s.Database); err != nil {
		return nil, fmt.Errorf("read the tables of database %s: %w", s.Database, err)
	}
	landing := ID{s.Database, ddl.LandingTable}
	def := sc.Databases[s.Database][landing.Table]
	if def == nil {
		return nil, nil
	}
	var views []View
	for _, id := range def.Views {
		v := sc.Databases[id.Database][id.Table]
		if v == nil || v.Target.Database != s.Database || v.Target.Table != raw && v.Target.Table != ddl.RejectedTable {
			continue
		}
		views = append(views, View{ID: id, Source: landing, Target: v.Target, Select: v.Select})
	}
	return views, nil
}

// OverLanding is a landing view's SELECT over the landing table of another
// database.
func (v View) OverLanding(database string) (string, error) {
	for _, source := range []string{v.Source.String(), v.Source.Database + "." + v.Source.Table} {
		if at := TopLevel(v.Select, " FROM "+source); at >= 0 {
			return v.Select[:at] + " FROM " + session.Name(database, v.Source.Table) + v.Select[at+len(" FROM "+source):], nil
		}
	}
	return "", fmt.Errorf("its view %s does not select from %s", v.ID, v.Source)
}

// Over is the view's SELECT over the table of the same name in another database.
func (v View) Over(database string) (string, error) {
	if v.Grouping == nil {
		return redirect(v.Select, v.Source, session.Name(database, v.Source.Table))
	}
	at := plainSelect.FindStringSubmatchIndex(v.Select)
	return v.Select[:at[4]] + session.Name(database, v.Source.Table) + v.Select[at[5]:], nil
}
