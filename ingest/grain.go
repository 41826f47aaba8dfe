package ingest

import (
	"maps"
	"slices"
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

// period is the day that stands for a day's period.
func (g Grain) period(d day) day {
	switch g {
	case ByDay:
		return d
	case ByMonth:
		return d.month()
	default:
		return 0
	}
}

// write names a period.
func (g Grain) write(p day) string {
	switch g {
	case ByDay:
		return p.String()
	case ByMonth:
		return p.time().Format("2006-01")
	default:
		return "all"
	}
}

// observed is what a table holds.
type observed struct {
	counts map[day]int64 // by day, or by the first day of the month; under 0 in total
	ends   [2]day
}

// total adds the counts up.
func (o observed) total() (n int64) {
	for _, c := range o.counts {
		n += c
	}
	return n
}

// fold brings counts by day to a grain.
func fold(g Grain, days map[day]int64) observed {
	o := observed{counts: map[day]int64{}}
	for d, n := range days {
		if n == 0 {
			continue
		}
		if o.ends[1] == 0 {
			o.ends = [2]day{d, d}
		}
		o.ends = [2]day{min(o.ends[0], d), max(o.ends[1], d)}
		o.counts[g.period(d)] += n
	}
	return o
}

// differing lists the periods in which two counts differ, in their order; absent is
// none.
func differing(a, b map[day]int64) []day {
	return slices.DeleteFunc(periodsOf(a, b), func(p day) bool { return a[p] == b[p] })
}

// periodsOf lists the periods of some counts in their order.
func periodsOf(counts ...map[day]int64) []day {
	all := map[day]int64{}
	for _, c := range counts {
		maps.Copy(all, c)
	}
	return slices.Sorted(maps.Keys(all))
}
