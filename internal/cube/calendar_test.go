package cube

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestCalendarDayByDay: what a calendar tells of ranges is what it tells of each of
// their days, within the data and beside it.
func TestCalendarDayByDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Calendar{Days: NoDays}
		settled := map[Day]bool{}
		if n := rapid.IntRange(0, 60).Draw(t, "days of the data"); n > 0 {
			c.Days = Range{From: 100, To: 99 + Day(n)}
			for d := c.Days.From; d <= c.Days.To; d++ {
				if settled[d] = !rapid.Bool().Draw(t, "unsettled"); !settled[d] {
					c.Unsettled = append(c.Unsettled, d)
				}
			}
		}
		from := Day(rapid.IntRange(60, 200).Draw(t, "from"))
		r := Range{From: from, To: from + Day(rapid.IntRange(-1, 120).Draw(t, "length"))}
		var missing []Day
		for d := r.From; d <= r.To; d++ {
			if !settled[d] {
				missing = append(missing, d)
			}
		}
		if got := c.Missing(r); !slices.Equal(got, missing) || c.CountMissing(r) != len(missing) || c.Whole(r) != (len(missing) == 0) {
			t.Fatalf("%v in %v: missing %v (%d), want %v", c, r, got, c.CountMissing(r), missing)
		}
		newest := Day(-1)
		for d := range settled {
			if settled[d] {
				newest = max(newest, d)
			}
		}
		if got := c.Settled(); got.Empty() != (newest < 0) || !got.Empty() && got != (Range{c.Days.From, newest}) {
			t.Fatalf("%v: settled %v, want to %d", c, got, newest)
		}
		every := rapid.SampledFrom(Intervals).Draw(t, "interval")
		for i, first := range Buckets(r, every) {
			want := true
			for d := first; d < every.Next(first); d++ {
				want = want && settled[d] && r.From <= d && d <= r.To
			}
			if c.Complete(r, every)[i] != want {
				t.Fatalf("%v by %s in %v: %s is complete: %t", c, every, r, first, !want)
			}
		}
		other := Range{From: Day(rapid.IntRange(60, 200).Draw(t, "other")), To: 0}
		other.To = other.From + r.To - r.From
		var pairs []Day
		for i := range Day(r.Days()) {
			if settled[r.From+i] && settled[other.From+i] {
				pairs = append(pairs, i)
			}
		}
		if got := c.Pairs(r, other); !slices.Equal(got, pairs) {
			t.Fatalf("%v: pairs of %v and %v: %v, want %v", c, r, other, got, pairs)
		}
	})
}
