package render

import (
	"fmt"
	"math"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// unitOf names one interval.
var unitOf = map[query.Interval]string{
	query.Daily: "day", query.Weekly: "week", query.Monthly: "month",
	query.Quarterly: "quarter", query.Yearly: "year",
}

// data is a chart's spec with what follows from it.
type data struct {
	ChartSpec
	// tops holds, for each series, the height of its upper edge in each
	// interval: the downloads, or where series are stacked those of the series
	// below it, too; as parts of one for Share.
	tops [][]float64
	// totals are the downloads of each series; inks their colours.
	totals []int64
	inks   []ink
	// peak is the highest of tops.
	peak float64
	// firstPart and lastPart tell that the first, the last interval reaches
	// beyond the days that were counted.
	firstPart, lastPart bool
	// absent tells which intervals have no data; nil where none is to be drawn as
	// a gap. lacking counts the days without data.
	absent  []bool
	lacking int
}

// newData works out the edges of the series.
func newData(spec ChartSpec) *data {
	d := &data{ChartSpec: spec}
	d.findGaps()
	for i, s := range spec.Series {
		d.inks = append(d.inks, rest)
		if !s.Rest {
			d.inks[i] = palette[i%len(palette)]
		}
		d.totals = append(d.totals, sum(s.Totals))
		d.tops = append(d.tops, d.edge(i))
	}
	if spec.Shape == Share {
		d.toParts()
	}
	for _, top := range d.tops {
		for _, v := range top {
			d.peak = max(d.peak, v)
		}
	}
	if n := len(spec.Days); n > 0 && spec.Covered != (catalog.Range{}) && !spec.Covered.Empty() {
		d.firstPart = spec.Covered.From > spec.Days[0]
		d.lastPart = spec.Covered.To+1 < spec.Interval.Next(spec.Days[n-1])
	}
	return d
}

// stacked tells that each series stands on the one before.
func (d *data) stacked() bool { return d.Shape != Lines }

// edge is the upper edge of series i, above the one before where stacked.
func (d *data) edge(i int) []float64 {
	top := make([]float64, len(d.Days))
	for j, n := range d.Series[i].Totals {
		top[j] = float64(max(n, 0))
		if d.stacked() && i > 0 {
			top[j] += d.tops[i-1][j]
		}
	}
	return top
}

// toParts turns heights into parts of the whole; an interval without any
// downloads has none.
func (d *data) toParts() {
	if len(d.tops) == 0 {
		return
	}
	whole := d.tops[len(d.tops)-1]
	for j, all := range whole {
		for _, top := range d.tops {
			if all > 0 {
				top[j] /= all
			}
		}
	}
}

// empty tells that there is nothing to draw.
func (d *data) empty() bool { return d.peak == 0 }

// incomplete says which end intervals are not whole, or nothing.
func (d *data) incomplete() string {
	switch unit := unitOf[d.Interval]; {
	case unit == "" || d.empty():
		return ""
	case len(d.Days) == 1 && (d.firstPart || d.lastPart):
		return unit + " incomplete"
	case d.firstPart && d.lastPart:
		return "first and last " + unit + " incomplete"
	case d.firstPart:
		return "first " + unit + " incomplete"
	case d.lastPart:
		return "last " + unit + " incomplete"
	}
	return ""
}

// describe says in words what the chart shows, for those who do not see it.
func (d *data) describe() string {
	if d.empty() {
		return "No downloads in this range."
	}
	text := ""
	for i, s := range d.Series {
		text += sentence(s.Label, Count(d.totals[i])+" downloads") + ". "
	}
	first, last := d.Days[0], d.Days[len(d.Days)-1]
	return text + sentence(fmt.Sprintf("%d values from %s to %s", len(d.Days), first, last), d.incomplete(), d.lacks()) + "."
}

// sum adds up downloads; beyond what an int64 holds it stays at the largest.
func sum(totals []int64) int64 {
	var n int64
	for _, v := range totals {
		if v = max(v, 0); n > math.MaxInt64-v {
			return math.MaxInt64
		}
		n += v
	}
	return n
}
