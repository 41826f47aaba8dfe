package cube

import "slices"

// Calendar tells which days of a data set are settled: all of each is loaded. It is
// the one judge of what is missing, and so of what may be compared or called whole.
type Calendar struct {
	// Days are the first to the newest day with any data; empty without data.
	Days Range
	// Unsettled are the days of Days, ascending, of which nothing is loaded or not
	// all.
	Unsettled []Day
}

// Settled is the run of days up to the newest settled one; empty where no day is
// settled.
func (c Calendar) Settled() Range {
	r := c.Days
	for i := len(c.Unsettled) - 1; i >= 0 && !r.Empty() && c.Unsettled[i] == r.To; i-- {
		r.To--
	}
	if r.Empty() {
		return NoDays
	}
	return r
}

// within are the days of Unsettled in a range.
func (c Calendar) within(r Range) []Day {
	if r.Empty() {
		return nil
	}
	lo, _ := slices.BinarySearch(c.Unsettled, r.From)
	hi, _ := slices.BinarySearch(c.Unsettled, r.To+1)
	return c.Unsettled[lo:hi]
}

// beside are the parts of a range before and after all data; of a data set
// without data all of it is before.
func (c Calendar) beside(r Range) (before, after Range) {
	if c.Days.Empty() {
		return r, NoDays
	}
	return Range{From: r.From, To: min(r.To, c.Days.From-1)}, Range{From: max(r.From, c.Days.To+1), To: r.To}
}

// Missing lists the days of a range that are not settled, ascending: those before
// the first and after the newest day of the data included. The list may be shared:
// read only.
func (c Calendar) Missing(r Range) []Day {
	inside := c.within(r)
	before, after := c.beside(r)
	if before.Empty() && after.Empty() {
		return inside
	}
	out := make([]Day, 0, before.Days()+len(inside)+after.Days())
	for d := before.From; d <= before.To; d++ {
		out = append(out, d)
	}
	out = append(out, inside...)
	for d := after.From; d <= after.To; d++ {
		out = append(out, d)
	}
	return out
}

// CountMissing is how many days of a range are not settled.
func (c Calendar) CountMissing(r Range) int {
	before, after := c.beside(r)
	return before.Days() + len(c.within(r)) + after.Days()
}

// Whole reports that every day of a range is settled. An empty range is whole.
func (c Calendar) Whole(r Range) bool { return c.CountMissing(r) == 0 }

// Complete tells of each interval that a range touches that it lies in the range
// wholly, and that every day of it is settled.
func (c Calendar) Complete(r Range, every Interval) []bool {
	buckets := Buckets(r, every)
	out := make([]bool, len(buckets))
	for i, first := range buckets {
		days := Range{From: first, To: every.Next(first) - 1}
		out[i] = r.Contains(days) && c.Whole(days)
	}
	return out
}

// Pairs lists, for two ranges that are equally long, how many days after their
// beginnings the days lie that are settled in both, ascending.
func (c Calendar) Pairs(a, b Range) (offsets []Day) {
	first := max(0, c.Days.From-a.From, c.Days.From-b.From)
	behind := min(Day(min(a.Days(), b.Days())), c.Days.To-a.From+1, c.Days.To-b.From+1)
	for i := first; i < behind; i++ {
		if c.settled(a.From+i) && c.settled(b.From+i) {
			offsets = append(offsets, i)
		}
	}
	return offsets
}

// settled reports that one of Days is settled.
func (c Calendar) settled(d Day) bool {
	_, found := slices.BinarySearch(c.Unsettled, d)
	return !found
}
