package render

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

var intervals = []query.Interval{query.Daily, query.Weekly, query.Monthly, query.Quarterly, query.Yearly}

// starts gives for each interval a day that begins one.
var starts = map[query.Interval]string{
	query.Daily: "2019-11-27", query.Weekly: "2019-12-02", query.Monthly: "2019-12-01",
	query.Quarterly: "2019-10-01", query.Yearly: "2019-01-01",
}

func TestNext(t *testing.T) {
	want := map[query.Interval]string{query.Daily: "2019-11-28", query.Weekly: "2019-12-09", query.Monthly: "2020-01-01",
		query.Quarterly: "2020-01-01", query.Yearly: "2020-01-01"}
	for every, first := range starts {
		if got := every.Next(day(first)); got != day(want[every]) {
			t.Errorf("%s: the interval after %s is %s, want %s", every, first, got, want[every])
		}
	}
}

// Whatever the interval, the range, the size and the shape: labels of dates
// neither overlap nor leave the card, and there is at least one.
func TestDateTicksKeepApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlot(t)
		if len(p.xTicks) == 0 {
			t.Fatal("no tick of time")
		}
		edge := 0.0
		for _, tick := range p.xTicks {
			from, to := p.span(tick)
			if from < edge || to > p.w {
				t.Fatalf("the label %q takes %.1f to %.1f; the one before ends at %.1f, the card at %.0f", tick.label, from, to, edge, p.w)
			}
			edge = to
		}
	})
}

// Labels of values are a line apart, start at zero, reach the peak, and each
// has text of its own.
func TestValueTicksKeepApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlot(t)
		seen := map[string]bool{}
		for i, tick := range p.yTicks {
			if seen[tick.label] {
				t.Fatalf("two ticks are called %q", tick.label)
			}
			seen[tick.label] = true
			if p.d.Shape != Share && tick.at != math.Trunc(tick.at) {
				t.Fatalf("a tick at %v downloads", tick.at)
			}
			if i > 0 && p.y(p.yTicks[i-1].at)-p.y(tick.at) < p.textSize {
				t.Fatalf("%q is drawn on top of %q", tick.label, p.yTicks[i-1].label)
			}
		}
		if p.yTicks[0].at != 0 || p.ceiling < p.d.peak {
			t.Fatalf("ticks go from %v to %v, the data to %v", p.yTicks[0].at, p.ceiling, p.d.peak)
		}
	})
}

// drawPlot lays out any chart.
func drawPlot(t *rapid.T) *plot {
	every := rapid.SampledFrom(intervals).Draw(t, "interval")
	n := rapid.IntRange(1, map[query.Interval]int{query.Daily: 3000, query.Weekly: 800, query.Monthly: 300, query.Quarterly: 100, query.Yearly: 60}[every]).Draw(t, "intervals")
	days := daysFrom(starts[every], every, n)
	shift := catalog.Day(0)
	if every == query.Daily {
		shift = catalog.Day(rapid.IntRange(0, 800).Draw(t, "shift"))
	}
	top := rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "top")
	totals := make([]int64, n)
	for i := range days {
		days[i] += shift
	}
	totals[n-1] = top
	spec := ChartSpec{Title: "t", Days: days, Interval: every, Series: []Series{{Totals: totals}},
		Shape: rapid.SampledFrom([]Shape{Area, Lines, Bars, Share}).Draw(t, "shape")}
	d := newData(spec)
	k := newCard(rapid.IntRange(MinWidth, MaxWidth).Draw(t, "width"), rapid.IntRange(MinHeight, MaxHeight).Draw(t, "height"), Light, "", "", d.inks)
	k.heading("t", "s", "", "", "")
	return newPlot(k, d)
}

// Ticks stand where people expect them: on Mondays, on the first of a month.
func TestDateTicksStandOnCalendar(t *testing.T) {
	for _, s := range steps {
		for d := day("2019-11-27"); d < day("2020-02-01"); d += 3 {
			at := s.from(d)
			when := at.Time()
			switch {
			case at < d:
				t.Errorf("step %+v from %s is %s, before it", s, d, at)
			case s.days%7 == 0 && s.days > 0 && when.Weekday() != time.Monday:
				t.Errorf("step %+v from %s is %s, a %s", s, d, at, when.Weekday())
			case s.months > 0 && (when.Day() != 1 || (12*when.Year()+int(when.Month())-1)%s.months != 0):
				t.Errorf("step %+v from %s is %s", s, d, at)
			}
		}
	}
}

func TestDateLabels(t *testing.T) {
	for _, c := range []struct {
		from, to string
		every    query.Interval
		s        step
		want     []string
	}{
		{"2023-12-30", "2024-01-02", query.Daily, step{days: 1}, []string{"30 Dec 2023", "31 Dec", "1 Jan 2024", "2 Jan"}},
		{"2023-10-15", "2024-02-15", query.Monthly, step{months: 1}, []string{"Nov 2023", "Dec", "2024", "Feb"}},
		{"2023-07-01", "2024-04-01", query.Quarterly, step{months: 3}, []string{"Q3 2023", "Q4", "2024", "Q2"}},
		{"2019-03-01", "2024-04-01", query.Monthly, step{months: 24}, []string{"2020", "2022", "2024"}},
	} {
		var got []string
		for _, tick := range c.s.between(day(c.from), day(c.to), c.every) {
			got = append(got, tick.label)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s to %s: %q, want %q", c.from, c.to, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s to %s: %q, want %q", c.from, c.to, got, c.want)
				break
			}
		}
	}
}

func TestExactTickLabels(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 500: "500", 1250: "1.25k", 12_500_000: "12.5M", 2.5e12: "2.5T", 1e19: "10Qi"} {
		if got := exact(v); got != want {
			t.Errorf("exact(%v) = %s, want %s", v, got, want)
		}
	}
}
