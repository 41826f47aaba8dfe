package tables

import (
	"regexp"
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
				s.Keys[n].Elements = len(splitTop(strings.TrimSuffix(inner, ")")))
			}
		}
	}
	return s
}

// columns lists what the grouping needs of its source.
func (s Grouping) columns() []string {
	var columns []string
	for _, i := range append(append([]Item{}, s.Keys...), s.Ends...) {
		if !slices.Contains(columns, i.Column) {
			columns = append(columns, i.Column)
		}
	}
	return columns
}

// The server writes a view's SELECT in one form, which these patterns match
// whole; whatever differs is not understood, which costs time, not rightness.
var (
	plainSelect = regexp.MustCompile(`^SELECT (.+) FROM (` + identifier + `\.` + identifier + `) GROUP BY (.+)$`)
	plainItem   = regexp.MustCompile(`^(` + identifier + `)$`)
	funcItem    = regexp.MustCompile(`^(\w+)\((` + identifier + `)\) AS (` + identifier + `)$`)
	countItem   = regexp.MustCompile(`^count\(\) AS (` + identifier + `)$`)
)

// pureFunctions of one column give the same for equal values.
var pureFunctions = []string{"toStartOfMonth", "toStartOfYear", "toStartOfWeek", "toStartOfQuarter", "toMonday",
	"toYYYYMM", "toYear", "toDate", "lower", "upper", "length"}

// parseGrouping understands a view's SELECT from source, or returns nil.
func parseGrouping(sql string, source ID) *Grouping {
	m := plainSelect.FindStringSubmatch(sql)
	if m == nil || m[2] != source.String() && Unquote(m[2]) != source.Database+"."+source.Table {
		return nil
	}
	var s Grouping
	names := map[string]bool{}
	for _, text := range splitTop(m[1]) {
		switch {
		case plainItem.MatchString(text):
			n := Unquote(text)
			s.Keys = append(s.Keys, Item{Name: n, Column: n})
			names[n] = true
		case countItem.MatchString(text):
			s.Counts = append(s.Counts, Unquote(countItem.FindStringSubmatch(text)[1]))
		case funcItem.MatchString(text):
			f := funcItem.FindStringSubmatch(text)
			i := Item{Func: f[1], Column: Unquote(f[2]), Name: Unquote(f[3])}
			switch {
			case i.Func == "min" || i.Func == "max":
				s.Ends = append(s.Ends, i)
			case slices.Contains(pureFunctions, i.Func) && i.Name != i.Column:
				s.Keys = append(s.Keys, i)
				names[i.Name] = true
			default:
				return nil
			}
		default:
			return nil
		}
	}
	grouped := splitTop(m[3])
	for _, g := range grouped {
		if !plainItem.MatchString(g) || !names[Unquote(g)] {
			return nil
		}
	}
	if len(grouped) != len(s.Keys) || s.shadows() {
		return nil
	}
	return &s
}

// shadows reports that an alias hides a column that another item needs, so
// that the server may read the item otherwise than it looks.
func (s Grouping) shadows() bool {
	aliases := map[string]bool{}
	for _, i := range append(append([]Item{}, s.Keys...), s.Ends...) {
		if i.Func != "" {
			aliases[i.Name] = true
		}
	}
	for _, c := range s.columns() {
		if aliases[c] {
			return true
		}
	}
	return false
}

// Same reports that two groupings compute the same columns.
func (s Grouping) Same(o Grouping) bool {
	items := func(s Grouping) map[Item]bool {
		m := map[Item]bool{}
		for _, i := range append(append([]Item{}, s.Keys...), s.Ends...) {
			m[i] = true
		}
		for _, c := range s.Counts {
			m[Item{Name: c, Func: "count"}] = true
		}
		return m
	}
	a, b := items(s), items(o)
	for i := range a {
		if !b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
