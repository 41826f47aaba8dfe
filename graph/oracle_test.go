package graph

import (
	"slices"
	"sort"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/country"
)

// The oracle answers the same questions as GraphQL by counting rows one by one.
// It shares nothing with the planner: not its ranges, not its conditions, not
// its buckets.

// oracleSlice is the rows that conditions leave, those of all projects that
// conditions on other things than project and version leave, and the days that
// are counted.
type oracleSlice struct {
	rows     []row
	everyone []row
	allTime  bool
	from, to time.Time
}

// oracleOf is the slice of all rows, over all time.
func oracleOf(d *testData) oracleSlice {
	return oracleSlice{rows: d.rows, everyone: d.rows, allTime: true}
}

// narrowed keeps the rows of which a dimension is as keep says.
func (s oracleSlice) narrowed(dim catalog.Dimension, keep func(value string) bool) oracleSlice {
	kept := func(rows []row) (kept []row) {
		for _, r := range rows {
			if keep(r.values[dim]) {
				kept = append(kept, r)
			}
		}
		return kept
	}
	s.rows = kept(s.rows)
	if dim != catalog.Project && dim != catalog.Version {
		s.everyone = kept(s.everyone)
	}
	return s
}

// counted are the rows within the days.
func (s oracleSlice) counted() []row {
	if s.allTime {
		return s.rows
	}
	var in []row
	for _, r := range s.rows {
		if !r.day.Before(s.from) && !r.day.After(s.to) {
			in = append(in, r)
		}
	}
	return in
}

// previous is the same over as many days before; ok is false for all time.
func (s oracleSlice) previous() (before oracleSlice, ok bool) {
	if s.allTime {
		return s, false
	}
	days := max(0, int(s.to.Sub(s.from).Hours())/24+1)
	s.from, s.to = s.from.AddDate(0, 0, -days), s.from.AddDate(0, 0, -1)
	return s, true
}

// bucketStart is the first day of the interval that day is in.
func bucketStart(day time.Time, interval string) time.Time {
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

// series counts each interval of the days.
func (s oracleSlice) series(d *testData, interval string) map[string]any {
	from, to := s.from, s.to
	if s.allTime {
		from, to = d.first, d.last
	}
	totals := map[time.Time]int{}
	for _, r := range s.counted() {
		totals[bucketStart(r.day, interval)]++
	}
	dates, counts, points := []any{}, []any{}, []any{}
	var last time.Time
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		start := bucketStart(day, interval)
		if start.Equal(last) {
			continue
		}
		last = start
		date := start.Format(time.DateOnly)
		dates, counts = append(dates, date), append(counts, totals[start])
		points = append(points, map[string]any{"date": date, "total": totals[start]})
	}
	return map[string]any{"interval": interval, "dates": dates, "totals": counts, "points": points}
}

// oracleValue is one value of a split.
type oracleValue struct {
	value any // string, nil for the rest
	label string
	total int
	slice oracleSlice
}

// split counts each value of a dimension, largest first, ties by value.
func (s oracleSlice) split(dim catalog.Dimension, first int, others bool) (list []oracleValue, whole int) {
	totals := map[string]int{}
	for _, r := range s.counted() {
		totals[r.values[dim]]++
		whole++
	}
	var values []string
	for v := range totals {
		values = append(values, v)
	}
	sort.Slice(values, func(i, j int) bool {
		if a, b := totals[values[i]], totals[values[j]]; a != b {
			return a > b
		}
		return values[i] < values[j]
	})
	shown := values[:min(first, len(values))]
	left := whole
	for _, v := range shown {
		left -= totals[v]
		list = append(list, oracleValue{v, oracleLabel(dim, v), totals[v], s.narrowed(dim, func(got string) bool { return got == v })})
	}
	if others && left > 0 {
		rest := s.narrowed(dim, func(got string) bool { return !slices.Contains(shown, got) })
		list = append(list, oracleValue{nil, "Other", left, rest})
	}
	return list, whole
}

func oracleLabel(dim catalog.Dimension, v string) string {
	switch {
	case v == "":
		return "Unknown"
	case dim == catalog.Country && v == "US":
		return "United States"
	case dim == catalog.Country:
		return country.Name(v)
	}
	return v
}
