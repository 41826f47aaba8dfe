package count

import (
	"maps"
	"slices"

	"clickql/internal/cube"
)

// Grain is what a table's counts are compared by.
type Grain string

// The grains.
const (
	ByDay     Grain = "day"
	ByMonth   Grain = "month"
	InTotal   Grain = "total"
	FirstLast Grain = "first and last day" // of tables without counts
	ByKey     Grain = "key"                // each key of such a table, as each project
	Unchecked Grain = "unchecked"
)

// Period is the day that stands for a day's period.
func (g Grain) Period(d cube.Day) cube.Day {
	switch g {
	case ByDay:
		return d
	case ByMonth:
		return d.StartOfMonth()
	default:
		return 0
	}
}

// Write names a period.
func (g Grain) Write(p cube.Day) string {
	switch g {
	case ByDay:
		return p.String()
	case ByMonth:
		return p.Time().Format("2006-01")
	default:
		return "all"
	}
}

// Counts is what a table holds.
type Counts struct {
	Counts map[cube.Day]int64 // by day, or by the first day of the month; under 0 in total
	Ends   [2]cube.Day
}

// Total adds the counts up.
func (o Counts) Total() (n int64) {
	for _, c := range o.Counts {
		n += c
	}
	return n
}

// Fold brings counts by day to a grain.
func Fold(g Grain, days map[cube.Day]int64) Counts {
	o := Counts{Counts: map[cube.Day]int64{}}
	for d, n := range days {
		if n == 0 {
			continue
		}
		if o.Ends[1] == 0 {
			o.Ends = [2]cube.Day{d, d}
		}
		o.Ends = [2]cube.Day{min(o.Ends[0], d), max(o.Ends[1], d)}
		o.Counts[g.Period(d)] += n
	}
	return o
}

// Difference is a period in which two tables hold something else.
type Difference struct {
	Period string // as Grain.Write names it; "first day" or "last day" of FirstLast
	At     cube.Day
	A, B   int64 // downloads; days since 1970 of FirstLast
}

// Compare lists where two tables of a grain differ.
func (g Grain) Compare(a, b Counts) (differences []Difference) {
	if g != FirstLast {
		for _, p := range Differing(a.Counts, b.Counts) {
			differences = append(differences, Difference{g.Write(p), p, a.Counts[p], b.Counts[p]})
		}
		return differences
	}
	for i, end := range []string{"first day", "last day"} {
		if a.Ends[i] != b.Ends[i] {
			differences = append(differences, Difference{end, cube.Day(i), int64(a.Ends[i]), int64(b.Ends[i])})
		}
	}
	return differences
}

// Differing lists the periods in which two counts differ, in their order; absent is
// none.
func Differing(a, b map[cube.Day]int64) []cube.Day {
	return slices.DeleteFunc(PeriodsOf(a, b), func(p cube.Day) bool { return a[p] == b[p] })
}

// PeriodsOf lists the periods of some counts in their order.
func PeriodsOf(counts ...map[cube.Day]int64) []cube.Day {
	all := map[cube.Day]int64{}
	for _, c := range counts {
		maps.Copy(all, c)
	}
	return slices.Sorted(maps.Keys(all))
}
