package render

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNext(t *testing.T) {
	want := map[Interval]string{daily: "2023-12-31", weekly: "2024-01-01", monthly: "2020-03-01", quarterly: "2000-07-01", yearly: "1991-01-01"}
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

// Labels of values are a line apart, start at zero, come near the peak, and each
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
			if p.t.Shape != Share && !p.inside() && tick.at != math.Trunc(tick.at) {
				t.Fatalf("a tick at %v downloads", tick.at)
			}
			if i > 0 && p.y(p.yTicks[i-1].at)-p.y(tick.at) < p.size {
				t.Fatalf("%q is drawn on top of %q", tick.label, p.yTicks[i-1].label)
			}
		}
		if p.yTicks[0].at != 0 || p.ceiling < p.t.peak || p.ceiling > 1.13*p.t.peak || p.yTicks[len(p.yTicks)-1].at < .4*p.t.peak {
			t.Fatalf("ticks %v up to %v, the data to %v", p.yTicks, p.ceiling, p.t.peak)
		}
	})
}

// Ticks of a logarithmic axis rise, enclose the data, and are few.
func TestLogTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.Float64Range(1e-6, 1e18).Draw(t, "least")
		top := least * rapid.Float64Range(1, 1e12).Draw(t, "ratio")
		most := rapid.IntRange(0, 20).Draw(t, "most")
		ticks := logTicks(least, top, most)
		if n := len(ticks); n < 2 || n > max(most, 3)+1 || ticks[0].at > least*1.0001 || ticks[n-1].at < top*.9999 {
			t.Fatalf("%v to %v, at most %d: %v", least, top, most, ticks)
		}
		for i := range ticks[1:] {
			if ticks[i+1].at <= ticks[i].at {
				t.Fatalf("%v", ticks)
			}
		}
	})
}

// drawPlot lays out any chart.
func drawPlot(t *rapid.T) *plot {
	every := rapid.SampledFrom(intervals).Draw(t, "interval")
	n := rapid.IntRange(1, map[Interval]int{daily: 3000, weekly: 800, monthly: 300, quarterly: 100, yearly: 60}[every]).Draw(t, "intervals")
	days := daysFrom(starts[every], every, n)
	shift := Day(0)
	if every == daily {
		shift = Day(rapid.IntRange(0, 800).Draw(t, "shift"))
	}
	top := rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "top")
	values := make([]float64, n)
	for i := range days {
		days[i] += shift
	}
	values[n-1] = float64(top)
	spec := ChartSpec{Title: "t", Days: days, Interval: every, Series: []Series{{Values: values}},
		Shape: rapid.SampledFrom([]Shape{Area, Lines, Bars, Share}).Draw(t, "shape")}
	w, h := rapid.IntRange(MinWidth, MaxWidth).Draw(t, "width"), rapid.IntRange(MinHeight, MaxHeight).Draw(t, "height")
	s := newSheet(float64(w), float64(h), "")
	s.heading("t", []string{"s"}, "", "")
	return newPlot(s, newTable(spec), float64(w))
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
		every    Interval
		s        step
		want     []string
	}{
		{"2023-12-30", "2024-01-02", daily, step{days: 1}, []string{"30 Dec 2023", "31 Dec", "1 Jan 2024", "2 Jan"}},
		{"2023-10-15", "2024-02-15", monthly, step{months: 1}, []string{"Nov 2023", "Dec", "2024", "Feb"}},
		{"2023-07-01", "2024-04-01", quarterly, step{months: 3}, []string{"Q3 2023", "Q4", "2024", "Q2"}},
		{"2019-03-01", "2024-04-01", monthly, step{months: 24}, []string{"2020", "2022", "2024"}},
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
