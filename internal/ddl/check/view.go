package check

import (
	"slices"
	"strings"

	"clickql/internal/chschema"
	"clickql/internal/ddl"
)

// checkView compares the view of a derived table.
func (r *Report) checkView(t ddl.Table, have *ddl.Present) {
	object := r.Database + "." + t.View()
	got := have.Tables[t.View()]
	if got == nil {
		r.add(object, Missing, refill(t), "the view is missing")
		return
	}
	remedy := "Drop the view, which holds no rows: DROP VIEW " + r.sql(t.View()) + ". " + refill(t)
	wanted := chschema.Name{Database: r.Database, Table: t.Name}
	if target, ok := chschema.NamedTarget(got.Definition, r.Database); target != wanted {
		fills := "a table of its own"
		if ok {
			fills = target.String()
		}
		r.add(object, WrongTarget, remedy, "the view fills %s and should fill %s", fills, wanted)
	}
	want := t.Select(r.sql(ddl.RawTable))
	if !sameSelect(got.Select, want) {
		r.add(object, WrongSelect, remedy, "the view computes %s and should compute %s", oneLine(got.Select), want)
	}
}

// sameSelect reports that two queries compute the same: they select and group by
// the same, in whatever order, since columns go into the target by name.
func sameSelect(a, b string) bool {
	x, y := chschema.ParseSelect(a), chschema.ParseSelect(b)
	if len(x.Others)+len(y.Others) > 0 {
		return plain(chschema.Tokens(a)) == plain(chschema.Tokens(b))
	}
	return plain(x.From) == plain(y.From) && slices.Equal(sorted(x.Items), sorted(y.Items)) &&
		slices.Equal(sorted(x.Group), sorted(y.Group)) && slices.Equal(sorted(x.Where), sorted(y.Where))
}

// sorted writes parts in one order.
func sorted(parts [][]chschema.Token) []string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = plain(p)
	}
	slices.Sort(out)
	return out
}

// plain writes tokens alike that mean the same: minSimpleState gives what min does.
func plain(ts []chschema.Token) string {
	return strings.ReplaceAll(chschema.Written(ts), "SimpleState(", "(")
}

// oneLine writes every run of white space as one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
