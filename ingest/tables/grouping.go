package tables

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/ddl"
)

// GroupingOf is the grouping of the view that should fill a table.
func GroupingOf(t ddl.Table) *Grouping {
	s := &Grouping{Counts: []string{"count"}}
	if t.Kind == ddl.Extremes {
		s = &Grouping{Ends: []Item{{Name: "max_date", Func: "max", Column: "date"}, {Name: "min_date", Func: "min", Column: "date"}}}
	}
	for _, k := range t.Key() {
		i := Item{Name: k, Column: k}
		if k == "month" {
			i.Func, i.Column = "toStartOfMonth", "date"
		}
		s.Keys = append(s.Keys, i)
	}
	return s
}

// Grouping is a view's SELECT where it is understood: a plain GROUP BY of columns
// and functions of one column, with counts, smallest and greatest values. Such
// a view can be computed from any table whose key holds its columns.
type Grouping struct {
	Keys   []Item // in the order of the SELECT
	Counts []string
	Ends   []Item // min(column) or max(column)
}

// Item is one selected expression of one column.
type Item struct {
	Name   string // its alias
	Func   string // function applied to the column; empty for none
	Column string
	// Elements of the column where it is a tuple that is grouped by element by
	// element; 0 where it is grouped by as it is.
	Elements int
}

// Expr writes the item over a table that has its column.
func (i Item) Expr() string {
	switch {
	case i.Elements > 0:
		return "tuple(" + i.groups() + ")"
	case i.Func == "":
		return chconn.Ident(i.Column)
	}
	return i.Func + "(" + chconn.Ident(i.Column) + ")"
}

// groups writes the item as GROUP BY takes it.
func (i Item) groups() string {
	if i.Elements == 0 {
		return i.Expr()
	}
	elements := make([]string, i.Elements)
	for e := range elements {
		elements[e] = chconn.Ident(i.Column) + "." + strconv.Itoa(e+1)
	}
	return strings.Join(elements, ", ")
}

// tuplesApart is the grouping with its tuples grouped by element by element, which
// takes a quarter less time than grouping by the tuple. columns are the base's.
func (s Grouping) tuplesApart(columns []chschema.Column) Grouping {
	s.Keys = slices.Clone(s.Keys)
	for n, k := range s.Keys {
		for _, c := range columns {
			inner, isTuple := strings.CutPrefix(c.Type, "Tuple(")
			if c.Name == k.Column && k.Func == "" && isTuple && !strings.ContainsAny(inner, "'`") && !strings.Contains(inner, "Tuple(") {
				s.Keys[n].Elements = len(chschema.SplitTop(chschema.Tokens(strings.TrimSuffix(inner, ")"))))
			}
		}
	}
	return s
}

// items are the keys and the ends.
func (s Grouping) items() []Item { return slices.Concat(s.Keys, s.Ends) }

// columns lists what the grouping needs of its source.
func (s Grouping) columns() []string {
	var columns []string
	for _, i := range s.items() {
		if !slices.Contains(columns, i.Column) {
			columns = append(columns, i.Column)
		}
	}
	return columns
}

// pureFunctions of one column give the same for equal values.
var pureFunctions = []string{"toStartOfMonth", "toStartOfYear", "toStartOfWeek", "toStartOfQuarter", "toMonday",
	"toYYYYMM", "toYear", "toDate", "lower", "upper", "length"}

// parseGrouping understands a view's SELECT from source, or returns nil: what is not
// understood costs time, not rightness.
func parseGrouping(sql string, source ID) *Grouping {
	sel := chschema.ParseSelect(sql)
	from, alias, ok := sel.Source(source.Database)
	if !ok || alias != "" || ID(from) != source || !slices.Equal(sel.Clauses, []string{"SELECT", "FROM", "GROUP"}) {
		return nil
	}
	var s Grouping
	names := map[string]bool{}
	for _, item := range sel.Items {
		i, ok := parseItem(item)
		switch {
		case !ok:
			return nil
		case i.Func == "count":
			s.Counts = append(s.Counts, i.Name)
		case i.Func == "min" || i.Func == "max":
			s.Ends = append(s.Ends, i)
		default:
			s.Keys, names[i.Name] = append(s.Keys, i), true
		}
	}
	for _, g := range sel.Group {
		if len(g) != 1 || !g[0].Names() || !names[g[0].Text] {
			return nil
		}
	}
	if len(sel.Group) != len(s.Keys) || s.shadows() {
		return nil
	}
	return &s
}

// parseItem understands a selected column, count() and a function of one column;
// those with an alias.
func parseItem(ts []chschema.Token) (i Item, ok bool) {
	name, e := chschema.Aliased(ts)
	switch aliased := len(e) < len(ts); {
	case len(ts) == 1 && ts[0].Names():
		return Item{Name: name, Column: name}, true
	case !aliased || len(e) < 3 || e[0].Kind != chschema.Word || !e[1].IsSign("(") || !e[len(e)-1].IsSign(")"):
		return i, false
	case len(e) == 3:
		return Item{Name: name, Func: e[0].Text}, e[0].Text == "count"
	case len(e) != 4 || !e[2].Names():
		return i, false
	}
	i = Item{Name: name, Func: e[0].Text, Column: e[2].Text}
	return i, i.Func == "min" || i.Func == "max" || slices.Contains(pureFunctions, i.Func) && i.Name != i.Column
}

// shadows reports that an alias hides a column that another item needs, so
// that the server may read the item otherwise than it looks.
func (s Grouping) shadows() bool {
	needs := s.columns()
	return slices.ContainsFunc(s.items(), func(i Item) bool { return i.Func != "" && slices.Contains(needs, i.Name) })
}

// Same reports that two groupings compute the same columns.
func (s Grouping) Same(o Grouping) bool {
	items := func(s Grouping) map[Item]bool {
		m := map[Item]bool{}
		for _, i := range s.items() {
			m[i] = true
		}
		for _, c := range s.Counts {
			m[Item{Name: c, Func: "count"}] = true
		}
		return m
	}
	return maps.Equal(items(s), items(o))
}
