package judge

import (
	"maps"
	"slices"

	"clickql/internal/cube"
)

// Totals are downloads by the first day of each step of time that a table keeps
// apart; a table without time has one, under day 0.
type Totals map[cube.Day]int64

// Sum adds them up.
func (t Totals) Sum() (n int64) {
	for _, v := range t {
		n += v
	}
	return n
}

// Span is the run from the first to the last day with downloads.
func (t Totals) Span() cube.Range {
	r := cube.NoDays
	for d, n := range t {
		if n != 0 {
			r = r.Hull(cube.Range{From: d, To: d})
		}
	}
	return r
}

// Steps lists the steps of some totals in their order.
func Steps(of ...Totals) []cube.Day {
	all := Totals{}
	for _, t := range of {
		maps.Copy(all, t)
	}
	return slices.Sorted(maps.Keys(all))
}

// Differing lists the steps of which two tables hold something else, in their order;
// absent is none.
func (t Totals) Differing(o Totals) []cube.Day {
	return slices.DeleteFunc(Steps(t, o), func(d cube.Day) bool { return t[d] == o[d] })
}

// At adds totals by day up to a coarser grain.
func (t Totals) At(g cube.Grain) Totals {
	out := Totals{}
	for d, n := range t {
		out[g.Step(d)] += n
	}
	return out
}

// Majority takes for each day the figure that most tables agree on. Where no
// figure has more votes than every other the day is disputed.
func Majority(tables []Totals) (byDay Totals, disputed map[cube.Day]bool) {
	votes := map[cube.Day]map[int64]int{}
	for _, t := range tables {
		for d := range t {
			votes[d] = map[int64]int{}
		}
	}
	byDay, disputed = Totals{}, map[cube.Day]bool{}
	for d, v := range votes {
		for _, t := range tables {
			v[t[d]]++
		}
		best, most, tie := int64(0), 0, false
		for n, count := range v {
			switch {
			case count > most:
				best, most, tie = n, count, false
			case count == most:
				tie, best = true, max(best, n)
			}
		}
		if byDay[d] = best; tie {
			disputed[d] = true
		}
	}
	return byDay, disputed
}
