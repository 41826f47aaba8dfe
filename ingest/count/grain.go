package count

import (
	"maps"

	"clickql/internal/catalog/judge"
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

// steps is the grain of time of a table's counts.
func (g Grain) steps() cube.Grain {
	switch g {
	case ByDay:
		return cube.GrainDay
	case ByMonth:
		return cube.GrainMonth
	}
	return cube.GrainNone
}

// Period is the day that stands for a day's period.
func (g Grain) Period(d cube.Day) cube.Day { return g.steps().Step(d) }

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
	Counts judge.Totals // by day, or by the first day of the month; under 0 in total
	Ends   [2]cube.Day
}

// Total adds the counts up.
func (o Counts) Total() int64 { return o.Counts.Sum() }

// Plus are the counts of two tables that have the same grain.
func (o Counts) Plus(other Counts) Counts {
	sum := o.With(other.Counts)
	switch {
	case o.Ends[0] == 0: // of no row
		sum.Ends = other.Ends
	case other.Ends[0] == 0:
		sum.Ends = o.Ends
	default:
		sum.Ends = [2]cube.Day{min(o.Ends[0], other.Ends[0]), max(o.Ends[1], other.Ends[1])}
	}
	return sum
}

// With are counts by day and those of other rows together.
func (o Counts) With(days map[cube.Day]int64) Counts {
	all := make(judge.Totals, len(o.Counts))
	maps.Copy(all, o.Counts)
	for d, n := range days {
		all[d] += n
	}
	return Counts{Counts: all}
}

// Fold brings counts by day to a grain.
func Fold(g Grain, days judge.Totals) Counts {
	o := Counts{Counts: days.At(g.steps())}
	if r := days.Span(); !r.Empty() {
		o.Ends = [2]cube.Day{r.From, r.To}
	}
	return o
}

// Difference is a period in which two tables hold something else.
type Difference struct {
	Period string // as Grain.Write names it; "first day" or "last day" of FirstLast
	At     cube.Day
	A, B   int64 // downloads; days since 1970 of FirstLast
}

// Compare lists where two tables of a grain differ, as the judge of all aggregates
// has it.
func (g Grain) Compare(a, b Counts) (differences []Difference) {
	if g != FirstLast {
		for _, p := range a.Counts.Differing(b.Counts) {
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
