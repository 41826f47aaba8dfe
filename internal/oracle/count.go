package oracle

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"clickql/internal/country"
	"clickql/internal/cube"
)

// Slice is the downloads that conditions leave, and the days that are counted.
type Slice struct {
	Rows     []*Row
	AllTime  bool
	From, To time.Time

	// all are the downloads of everyone, and conditions those of the slice that
	// are not about projects and versions.
	all        []*Row
	conditions []condition
	// some tells that conditions are about projects or versions.
	some bool
}

// condition holds for some of the values of a dimension.
type condition struct {
	dim    cube.Dimension
	values []string
	not    bool
}

// filter keeps the rows that satisfy the condition.
func (c condition) filter(rows []*Row) []*Row {
	at := place(c.dim)
	return filter(rows, func(r *Row) bool { return slices.Contains(c.values, r.values[at]) != c.not })
}

// filter keeps the rows that keep says.
func filter(rows []*Row, keep func(*Row) bool) (kept []*Row) {
	for _, r := range rows {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// narrow is the slice of the rows that satisfy the condition too.
func (s Slice) narrow(c condition) Slice {
	s.Rows = c.filter(s.Rows)
	if c.dim != cube.Project && c.dim != cube.Version {
		s.conditions = append(slices.Clip(s.conditions), c)
	} else if !c.not || len(c.values) > 0 {
		s.some = true
	}
	return s
}

// everyone is the slice of all projects and versions.
func (s Slice) everyone() Slice {
	s.Rows = s.all
	for _, c := range s.conditions {
		s.Rows = c.filter(s.Rows)
	}
	return s
}

// With is the slice of the rows with one of the values.
func (s Slice) With(d cube.Dimension, values ...string) Slice {
	return s.narrow(condition{d, values, false})
}

// Without is the slice of the rows with none of the values.
func (s Slice) Without(d cube.Dimension, values ...string) Slice {
	return s.narrow(condition{d, values, true})
}

// Of is the slice of the projects' rows.
func (s Slice) Of(projects ...string) Slice { return s.With(cube.Project, projects...) }

// Counted are the rows within the days.
func (s Slice) Counted() []*Row {
	if s.AllTime {
		return s.Rows
	}
	return filter(s.Rows, func(r *Row) bool { return !r.Day.Before(s.From) && !r.Day.After(s.To) })
}

// Total is how many downloads there are within the days.
func (s Slice) Total() int { return len(s.Counted()) }

// Previous is the same over as many days before; ok is false for all time.
func (s Slice) Previous() (before Slice, ok bool) {
	if s.AllTime {
		return s, false
	}
	days := max(0, int(s.To.Sub(s.From).Hours())/24+1)
	s.From, s.To = s.From.AddDate(0, 0, -days), s.From.AddDate(0, 0, -1)
	return s, true
}

// BucketStart is the first day of the interval that day is in.
func BucketStart(day time.Time, interval string) time.Time {
	y, m, d := day.Date()
	switch interval {
	case "WEEK":
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case "MONTH":
		return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	case "QUARTER":
		return time.Date(y, (m-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	case "YEAR":
		return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Series counts each interval of the days: dates, totals and both as points, as
// GraphQL writes them.
func (s Slice) Series(d *Data, interval string) map[string]any {
	from, to := s.span(d)
	days := map[int64]int{}
	for _, r := range s.Counted() {
		days[r.Day.Unix()]++
	}
	dates, counts, points := []any{}, []int{}, []any{}
	var last time.Time
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		if start := BucketStart(day, interval); !start.Equal(last) || len(dates) == 0 {
			last = start
			dates, counts = append(dates, start.Format(time.DateOnly)), append(counts, 0)
		}
		counts[len(counts)-1] += days[day.Unix()]
	}
	totals := []any{}
	for i, n := range counts {
		totals = append(totals, n)
		points = append(points, map[string]any{"date": dates[i], "total": n})
	}
	return map[string]any{"interval": interval, "dates": dates, "totals": totals, "points": points}
}

// Value is one value of a split.
type Value struct {
	// Value is a string, nil for the rest.
	Value any
	Label string
	Total int
	// Slice gives the rows with the value.
	Slice func() Slice
}

// Split counts each value of a dimension, largest first, ties by value, and all
// together. With others what is not among the first comes last.
func (s Slice) Split(dim cube.Dimension, first int, others bool) (list []Value, whole int) {
	at := place(dim)
	totals := map[string]int{}
	for _, r := range s.Counted() {
		totals[r.values[at]]++
		whole++
	}
	values := ranked(totals)
	shown := values[:min(first, len(values))]
	left := whole
	for _, v := range shown {
		left -= totals[v]
		list = append(list, Value{v, label(dim, v), totals[v], func() Slice { return s.With(dim, v) }})
	}
	if others && left > 0 {
		list = append(list, Value{nil, "Other", left, func() Slice {
			return s.narrow(condition{dim, shown, true})
		}})
	}
	return list, whole
}

// ranked lists names by their totals, largest first, ties by name.
func ranked(totals map[string]int) []string {
	return slices.SortedFunc(maps.Keys(totals), func(a, b string) int {
		return cmp.Or(cmp.Compare(totals[b], totals[a]), cmp.Compare(a, b))
	})
}

// label is the value for people.
func label(dim cube.Dimension, v string) string {
	switch {
	case v == "":
		return "Unknown"
	case dim == cube.Country && v == "US":
		return "United States"
	case dim == cube.Country:
		return country.Name(v)
	}
	return v
}
