package ingest

import "clickql/internal/ddl"

// shapeOf is the shape of the view that should fill a table.
func shapeOf(t ddl.Table) *shape {
	s := &shape{Counts: []string{"count"}}
	if t.Kind == ddl.Extremes {
		s = &shape{Ends: []item{{Name: "max_date", Func: "max", Column: "date"}, {Name: "min_date", Func: "min", Column: "date"}}}
	}
	for _, k := range t.Key() {
		i := item{Name: k, Column: k}
		if k == "month" {
			i.Func, i.Column = "toStartOfMonth", "date"
		}
		s.Keys = append(s.Keys, i)
	}
	return s
}
