package ddl_test

import (
	"slices"
	"strings"
	"testing"

	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// The raw table and what fills it have a column for every dimension, in a form
// that it can be read in.
func TestEveryDimensionHasAColumn(t *testing.T) {
	raw := ddl.Tables()[0]
	mapped := ddl.Landing().Columns
	for _, d := range cube.Dimensions {
		i := slices.IndexFunc(raw.Columns, func(c ddl.Column) bool { return c.Name == d.Column() })
		if i < 0 || !d.HeldBy(raw.Columns[i].Type) && !strings.HasPrefix(raw.Columns[i].Type, "Enum8(") {
			t.Errorf("%s: %s has no column %s that holds it", d, raw.Name, d.Column())
		}
		if !slices.ContainsFunc(mapped, func(e ddl.Expression) bool { return e.Name == d.Column() }) {
			t.Errorf("%s: the landing table's view does not fill %s", d, d.Column())
		}
		if !slices.Contains(ddl.KeyColumns(), d.Column()) {
			t.Errorf("%s: no aggregate can have the column %s", d, d.Column())
		}
		if name, want := ddl.AggregateName(d.Column(), "month"), "_by_"+d.Word(); d != cube.Project && !strings.HasSuffix(name, want) {
			t.Errorf("%s: a table of it is called %s", d, name)
		}
	}
}
