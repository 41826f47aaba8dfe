package server

import (
	"strconv"

	"clickql/internal/cube"
	"clickql/internal/query"
)

// scope is what part of a project's downloads a picture counts: as a filter in
// GraphQL, and with the same meaning.
type scope struct {
	conditions []query.Condition
	mirrors    bool
}

// readScope reads mirrors, and for each dimension a list of values.
func readScope(a *args) scope {
	s := scope{mirrors: a.boolean("mirrors", true)}
	for _, d := range cube.OfProject {
		if values, ok := a.list(d.Parameter()); ok {
			s.conditions = append(s.conditions, query.Condition{Dim: d, Values: values})
		}
	}
	return s
}

// of is the slice of the project's downloads that the scope counts.
func (s scope) of(project string) query.Slice {
	slice := query.Slice{Projects: []string{project}, AllTime: true}
	for _, c := range s.conditions {
		slice = slice.Narrow(c)
	}
	if !s.mirrors {
		slice = slice.WithoutMirrors()
	}
	return slice
}

// units are the letters that end the parameter last.
var units = map[byte]query.Interval{
	'd': query.Daily, 'w': query.Weekly, 'm': query.Monthly, 'q': query.Quarterly, 'y': query.Yearly,
}

// readBounds reads from and to, or last (90d, 12w, 12m, 4q, 2y, or all), which
// is absent where none of them is given.
func readBounds(a *args, absent string) query.Bounds {
	b := query.Bounds{From: a.day("from"), To: a.day("to")}
	last, ok := a.text("last")
	if !ok && b.From == nil && b.To == nil {
		last, ok = absent, true
	}
	if !ok || last == "all" && b.From == nil && b.To == nil {
		return b
	}
	n, unit, ok := parseLast(last)
	if !ok {
		a.fail("last is %q; write a number and one of d, w, m, q, y, such as 90d or 12m, or all", last)
		return b
	}
	b.Last, b.Unit = &n, unit
	return b
}

// parseLast reads a number of units such as 90d.
func parseLast(text string) (n int, unit query.Interval, ok bool) {
	if text == "" {
		return 0, "", false
	}
	unit, known := units[text[len(text)-1]]
	n, err := strconv.Atoi(text[:len(text)-1])
	return n, unit, known && err == nil
}
