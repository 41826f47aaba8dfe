package tables

import (
	"context"
	"fmt"

	"clickql/ingest/session"
	"clickql/internal/ddl"
)

// LandingViews lists the views that say how rows of an export become downloads, or
// why they do not. There are none without a landing table.
func LandingViews(ctx context.Context, s *session.Session, raw string) (views []View, landing bool, err error) {
	sc, source := NewSchema(s), ID{s.Database, ddl.LandingTable}
	def, err := sc.Find(ctx, source)
	if err != nil || def == nil {
		return nil, false, err
	}
	for _, id := range def.Views {
		v := sc.read[s.Database][id]
		if v == nil {
			continue
		}
		if to := sc.target(v); to == (ID{s.Database, raw}) || to.Table == ddl.RejectedTable {
			views = append(views, View{ID: ID(id), Source: source, Target: to, Select: v.Select})
		}
	}
	return views, true, nil
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
