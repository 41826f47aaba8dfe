package ddl

import (
	"regexp"
	"slices"
	"strings"
)

// checkView compares the view of a derived table.
func (r *Report) checkView(t Table, have *actual) {
	object := r.Database + "." + t.View()
	got, ok := have.tables[t.View()]
	if !ok {
		r.add(object, Missing, refill(t), "the view is missing")
		return
	}
	remedy := "Drop the view, which holds no rows: DROP VIEW " + qualified(r.Database, t.View()) + ". " + refill(t)
	if target := viewTarget(got.create); target != r.Database+"."+t.Name {
		if target == "" {
			target = "a table of its own"
		}
		r.add(object, WrongTarget, remedy, "the view fills %s and should fill %s", target, r.Database+"."+t.Name)
	}
	want := parseSelect(t.Select(r.Database + "." + RawTable))
	if s := parseSelect(got.asSelect); !s.same(want) {
		r.add(object, WrongSelect, remedy, "the view computes %s and should compute %s", oneLine(got.asSelect), t.Select(r.Database+"."+RawTable))
	}
}

var targetClause = regexp.MustCompile("^CREATE MATERIALIZED VIEW \\S+(?: UUID \\S+)? TO ((?:`(?:[^`\\\\]|\\\\.)*`|[^\\s(.`])+(?:\\.(?:`(?:[^`\\\\]|\\\\.)*`|[^\\s(`]+))?)")

// viewTarget is the table that a view fills, unquoted with its database; empty
// where it fills a table of its own.
func viewTarget(create string) string {
	m := targetClause.FindStringSubmatch(create)
	if m == nil {
		return ""
	}
	return strings.ReplaceAll(m[1], "`", "")
}

// grouping is a SELECT ... GROUP BY in parts. Columns go into the target by
// name, so that their order does not matter.
type grouping struct {
	columns, by []string // ascending
	from, where string
	text        string // where the query has another form
}

var groupingForm = regexp.MustCompile(`^SELECT (.+?) FROM (\S+)(?: WHERE (.+?))? GROUP BY (.+)$`)

// parseSelect takes apart what a view computes.
func parseSelect(sql string) grouping {
	sql = strings.NewReplacer("`", "", "SimpleState(", "(").Replace(oneLine(sql))
	m := groupingForm.FindStringSubmatch(sql)
	if m == nil {
		return grouping{text: sql}
	}
	g := grouping{columns: splitList(m[1]), from: m[2], where: m[3], by: splitList(m[4])}
	slices.Sort(g.columns)
	slices.Sort(g.by)
	return g
}

// same reports that both compute the same.
func (g grouping) same(o grouping) bool {
	return g.text == o.text && g.from == o.from && g.where == o.where &&
		slices.Equal(g.columns, o.columns) && slices.Equal(g.by, o.by)
}

// oneLine writes every run of white space as one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// splitList splits a list at the commas outside parentheses.
func splitList(s string) []string {
	var items []string
	depth, start := 0, 0
	for i, c := range s {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				items = append(items, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	if last := strings.TrimSpace(s[start:]); last != "" {
		items = append(items, last)
	}
	return items
}
