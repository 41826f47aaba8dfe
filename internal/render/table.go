package render

import (
	"math"
	"slices"

	"github.com/dustin/go-humanize/english"

	"clickql/internal/draw"
)

// table is a chart's spec with what follows from it.
type table struct {
	ChartSpec
	// tops holds, for each series, the height of its upper edge in each interval:
	// the value, or where series are stacked those of the series below it, too; as
	// parts of one for Share. NaN where there is nothing to draw.
	tops [][]float64
	// peak and least are the highest of tops, and the lowest above zero.
	peak, least float64
	// whole tells for each interval that it is complete.
	whole []bool
	// absent tells which intervals have no data at all; lacking counts the days
	// without.
	absent  []bool
	lacking int
	total   int64 // of all series or parts
}

// newTable works out the edges of the series.
func newTable(c ChartSpec) *table {
	t := &table{ChartSpec: c, least: math.Inf(1)}
	if c.Log && (c.Shape == Area || c.Shape == Bars) {
		t.Shape = Lines // an area from zero has no place on it
	}
	if c.Shape == Share {
		t.Log = false
	}
	t.findGaps()
	if t.whole = c.Complete; t.whole == nil {
		t.whole = slices.Repeat([]bool{true}, len(c.Days))
	}
	for i, s := range c.Series {
		t.total = add(t.total, s.Total)
		t.tops = append(t.tops, t.edge(i))
	}
	for _, p := range c.Parts {
		t.total = add(t.total, p.Total)
	}
	if t.Shape == Share {
		t.toParts()
	}
	if t.allPartial() && (t.Shape == Area || t.Shape == Lines && len(t.Series) == 1) {
		t.Shape = Bars
	}
	for _, top := range t.tops {
		for _, v := range top {
			if v > t.peak {
				t.peak = v
			}
			if v > 0 && v < t.least {
				t.least = v
			}
		}
	}
	return t
}

// The values between which coordinates keep their meaning. Downloads end at an
// int64's largest; averages and indices are nothing below a millionth.
const least, most = 1e-6, 1e19

// stacked tells that each series stands on the one before.
func (t *table) stacked() bool { return t.Shape == Area || t.Shape == Bars || t.Shape == Share }

// edge is the upper edge of series i, above the one before where stacked.
func (t *table) edge(i int) []float64 {
	top := make([]float64, len(t.Days))
	for j, v := range t.Series[i].Values {
		if t.absent[j] || math.IsInf(v, 0) {
			v = math.NaN()
		}
		top[j] = max(min(v, most), 0) // NaN stays
		if top[j] < least {
			top[j] = 0
		}
		if t.stacked() && i > 0 {
			top[j] += t.tops[i-1][j]
		}
	}
	return top
}

// toParts turns heights into parts of the whole; an interval without any
// downloads has none.
func (t *table) toParts() {
	if len(t.tops) == 0 {
		return
	}
	whole := slices.Clone(t.tops[len(t.tops)-1])
	for j, all := range whole {
		for _, top := range t.tops {
			if all > 0 {
				top[j] /= all
			} else {
				top[j] = math.NaN()
			}
		}
	}
}

// empty tells that there is nothing to draw.
func (t *table) empty() bool {
	if t.Shape.OfParts() {
		return t.total == 0
	}
	return t.peak == 0
}

// findGaps tells which intervals have no data at all, and counts the days
// without.
func (t *table) findGaps() {
	t.absent = make([]bool, len(t.Days))
	t.lacking = len(t.Missing)
	if len(t.Missing) == 0 {
		return
	}
	for j, first := range t.Days {
		last := next(first, t.Interval) - 1
		if t.Covered != (Range{}) {
			first, last = max(first, t.Covered.From), min(last, t.Covered.To)
		}
		lo, _ := slices.BinarySearch(t.Missing, first)
		hi, _ := slices.BinarySearch(t.Missing, last+1)
		t.absent[j] = hi > lo && hi-lo == int(last-first)+1
	}
}

// allPartial tells that no interval is complete.
func (t *table) allPartial() bool { return len(t.whole) > 0 && !slices.Contains(t.whole, true) }

// notes say what is unfinished about the numbers.
func (t *table) notes() (parts []string) {
	if t.empty() || t.Shape.OfParts() && t.lacking == 0 {
		return nil
	}
	if unit := unitOf[t.Interval]; unit != "" && !t.Shape.OfParts() {
		n := len(t.whole)
		switch first, last, all := !t.whole[0], !t.whole[n-1], t.allPartial(); {
		case all && n == 1:
			parts = append(parts, unit+" incomplete")
		case all:
			parts = append(parts, unit+"s incomplete")
		case first && last:
			parts = append(parts, "first and last "+unit+" incomplete")
		case first:
			parts = append(parts, "first "+unit+" incomplete")
		case last:
			parts = append(parts, "last "+unit+" incomplete")
		}
	}
	if t.lacking > 0 {
		parts = append(parts, english.Plural(t.lacking, "day", "")+" not loaded")
	}
	return parts
}

// inkOf is the colour of series i of n.
func (s *sheet) inkOf(i int, rest bool, n int) draw.Ink {
	switch {
	case rest:
		return s.rest
	case n == 1:
		return s.accent
	}
	return s.series[i%len(s.series)]
}

// add adds downloads; beyond what an int64 holds it stays at the largest.
func add(a, b int64) int64 {
	if b = max(b, 0); a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
