package picture

import (
	"math"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/render"
)

// Numbers are what a chart shows.
type Numbers struct {
	Chart Chart // with what it left open settled
	// Known are the projects of the chart that there are, Unknown the others.
	Known, Unknown []string
	// Days is the range: what was asked for, as far as there is data.
	Days     cube.Range
	Interval cube.Interval
	// Missing are the days of Days that are not settled; Lacking tells that there are
	// such days in all of the range that was asked for, also where there is no data.
	Missing []cube.Day
	Lacking bool
	// Dates is the first day of each interval; Complete tells that it lies wholly
	// in the range and all of it is settled, Absent that no day of it is.
	Dates            []cube.Day
	Complete, Absent []bool
	// Lines are the series; those of a chart of parts have totals only.
	Lines []Line
	Marks []render.Mark
	// Spikes are the days out of line, where the chart shows them.
	Spikes []cube.Spike
}

// Line is one project, value or rest of a chart.
type Line struct {
	Project string // empty for all of PyPI
	Value   string // of the split; empty for what was not reported
	Label   string
	Split   bool // it is one of a split, and Label and Value mean something
	Rest    bool // what is left beside the lines before it
	Total   int64
	Totals  []int64   // for each of Dates
	Values  []float64 // Totals as the chart's transform has them; NaN for none
}

// axis sets the intervals of a range, and what is known of each.
func (n *Numbers) axis(snap *catalog.Snapshot, every cube.Interval) {
	n.Interval = every
	calendar := snap.Calendar()
	n.Missing = calendar.Missing(n.Days)
	n.Dates = cube.Buckets(n.Days, every)
	n.Complete, n.Absent = calendar.Complete(n.Days, every), make([]bool, len(n.Dates))
	for i, first := range n.Dates {
		within := cube.Range{From: first, To: every.Next(first) - 1}.Within(n.Days)
		n.Absent[i] = calendar.CountMissing(within) == within.Days()
	}
}

// whole tells that all of the range is settled.
func (n *Numbers) whole() bool { return !n.Days.Empty() && !n.Lacking }

// fill makes of a line's totals what they come to, and its values; an average is
// of what is in the range, as there may be nothing before it.
func (n *Numbers) fill(l *Line) {
	for _, v := range l.Totals {
		l.Total += v
	}
	switch n.Chart.Transform {
	case Indexed:
		n.index(l)
	case Cumulative:
		n.cumulate(l)
	case Average:
		l.Values = average(l.Totals, n.Complete, 0, windows[n.Interval])
	default:
		n.plain(l)
	}
}

// plain are a line's totals as they are.
func (n *Numbers) plain(l *Line) {
	l.Values = make([]float64, len(l.Totals))
	for i, v := range l.Totals {
		l.Values[i] = float64(v)
		if n.Absent[i] {
			l.Values[i] = math.NaN()
		}
	}
}

// index has a line's first complete value above zero be 100.
func (n *Numbers) index(l *Line) {
	n.plain(l)
	base := math.NaN()
	for i, v := range l.Values {
		if n.Complete[i] && v > 0 {
			base = v
			break
		}
	}
	for i, v := range l.Values {
		l.Values[i] = v / base * 100
	}
}

// cumulate adds a line up. Behind a day that is not loaded no sum is complete.
func (n *Numbers) cumulate(l *Line) {
	n.plain(l)
	var sum float64
	for i, v := range l.Totals {
		sum += float64(v)
		if !n.Absent[i] {
			l.Values[i] = sum
		}
	}
}

// windows is over how many intervals averages are taken.
var windows = map[cube.Interval]int{cube.Daily: 7, cube.Weekly: 4, cube.Monthly: 3, cube.Quarterly: 4}

// average takes the mean of each interval and those before it, which are lead
// more than the chart has; known tells which of all are complete. There is none
// where one of them is not, but for the last interval, which may be unfinished
// and is left out.
func average(totals []int64, known []bool, lead, window int) []float64 {
	out := make([]float64, len(totals)-lead)
	for i := range out {
		out[i] = math.NaN()
		last := i + lead
		if last < window-1 {
			continue
		}
		sum, whole := 0., true
		for j := last - window + 1; j <= last; j++ {
			sum += float64(totals[j])
			whole = whole && known[j]
		}
		if whole {
			out[i] = sum / float64(window)
		}
	}
	return out
}
