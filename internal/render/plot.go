package render

import (
	"math"
	"slices"

	"github.com/paulmach/orb"

	"clickql/internal/catalog"
)

// pathBudget bounds the bytes of all paths of a chart, so that the SVG stays
// below 100 KB; a point takes up to pointBytes, a bar barBytes.
const (
	pathBudget = 78_000
	pointBytes = 12
	barBytes   = 30
)

// plot is the part of a card with axes and data.
type plot struct {
	*card
	d              *data
	x0, x1, y0, y1 float64 // left, right, top, bottom in pixels
	first, last    float64 // days at x0 and x1
	ceiling        float64 // value at y0
	shape          Shape   // as drawn: bars too thin to see become areas
	xTicks, yTicks []tick
	most           int // points for each line
}

// newPlot lays out the axes.
func newPlot(k *card, d *data) *plot {
	p := &plot{card: k, d: d, shape: d.Shape}
	p.y0, p.y1 = k.bottom+k.textSize, k.h-k.pad-k.textSize*1.5
	least, most := max(int((p.y1-p.y0)/48), 2), max(int((p.y1-p.y0)/(2*k.textSize)), 2)
	if d.Shape == Share {
		p.yTicks = percentTicks(most)
	} else {
		p.yTicks = valueTicks(d.peak, least, min(most, least+2))
	}
	p.ceiling = p.yTicks[len(p.yTicks)-1].at
	p.x0, p.x1 = k.pad, k.w-k.pad
	for _, t := range p.yTicks {
		p.x0 = max(p.x0, k.pad+regular().width(t.label, k.textSize)+8)
	}
	p.most = max(pathBudget/pointBytes/max(len(d.Series), 1), 4)
	if len(d.Series) == 1 {
		p.most /= 2 // drawn twice: as an area and as its edge
	}
	p.scale()
	p.xTicks = dateTicks(d.Days[0], d.Days[len(d.Days)-1], d.Interval, p.fits)
	return p
}

// scale chooses the shape and sets the days at both sides: from the first to
// the last, where bars or a single point need room to the end of the last
// interval.
func (p *plot) scale() {
	n := len(p.d.Days)
	p.first, p.last = float64(p.d.Days[0]), float64(p.d.Days[n-1])
	if p.shape == Bars && ((p.x1-p.x0)/float64(n) < 3 || n*len(p.d.Series)*barBytes > pathBudget) {
		p.shape = Area
	}
	if n == 1 && p.shape != Lines {
		p.shape = Bars
	}
	if n == 1 || p.shape == Bars {
		p.last = float64(p.d.Interval.Next(p.d.Days[n-1]))
	}
}

// x is where a day's beginning is.
func (p *plot) x(day float64) float64 {
	return p.x0 + (day-p.first)/(p.last-p.first)*(p.x1-p.x0)
}

// y is where a value is.
func (p *plot) y(v float64) float64 { return p.y1 - v/p.ceiling*(p.y1-p.y0) }

// at is where the value of interval j is drawn: at its beginning, in the
// middle for bars and for a single value.
func (p *plot) at(j int) float64 {
	if p.shape != Bars && len(p.d.Days) > 1 {
		return p.x(float64(p.d.Days[j]))
	}
	from, to := p.slot(j)
	return (from + to) / 2
}

// slot is the run of pixels that interval j has.
func (p *plot) slot(j int) (from, to float64) {
	return p.x(float64(p.d.Days[j])), p.x(float64(p.d.Interval.Next(p.d.Days[j])))
}

// tickX is where a tick's label is centred: below its interval's value, and in
// between at the day itself.
func (p *plot) tickX(t tick) float64 {
	if j, ok := slices.BinarySearch(p.d.Days, catalog.Day(t.at)); ok {
		return p.at(j)
	}
	return p.x(t.at)
}

// span is the run of pixels that a tick's label takes, kept within the card.
func (p *plot) span(t tick) (from, to float64) {
	half := regular().width(t.label, p.textSize) / 2
	mid := p.tickX(t)
	mid = min(max(mid, p.pad/2+half), p.w-p.pad/2-half)
	return mid - half, mid + half
}

// fits tells that no two labels come closer than a wide space.
func (p *plot) fits(ticks []tick) bool {
	edge := math.Inf(-1)
	for _, t := range ticks {
		from, to := p.span(t)
		if from < edge+p.textSize {
			return false
		}
		edge = to
	}
	return true
}

// draw draws grid, data and axes, in this order.
func (p *plot) draw() {
	for _, t := range p.yTicks[1:] {
		y := math.Round(p.y(t.at)) + .5
		p.Line(p.x0, y, p.x1, y, p.paint("stroke", grid))
	}
	p.gaps()
	switch {
	case p.shape == Bars:
		p.bars()
	case len(p.d.Days) == 1:
		p.dots()
	case p.shape == Lines:
		p.lines()
	case len(p.d.Series) == 1 && p.d.Shape != Share:
		p.area()
	default:
		p.stack()
	}
	p.axes()
}

// axes draws the base line, ticks and labels.
func (p *plot) axes() {
	base := math.Round(p.y1) + .5
	p.Line(p.x0, base, p.x1, base, p.paint("stroke", axis))
	for _, t := range p.yTicks {
		p.label(p.x0-8, p.y(t.at)+p.textSize*.35, t.label, "end", p.textSize, muted)
	}
	for _, t := range p.xTicks {
		x := math.Round(p.tickX(t)-.5) + .5
		p.Line(x, base, x, base+4, p.paint("stroke", axis))
		from, to := p.span(t)
		i := muted
		if t.major {
			i = strong
		}
		p.label((from+to)/2, p.y1+p.textSize*1.5, t.label, "middle", p.textSize, i)
	}
}

// edge is the upper edge of series i from interval lo to hi, thinned to the
// run's part of the points.
func (p *plot) edge(i, lo, hi int) orb.LineString {
	line := make(orb.LineString, 0, hi-lo+1)
	for j := lo; j <= hi; j++ {
		line = append(line, orb.Point{p.at(j), p.y(p.d.tops[i][j])})
	}
	return thin(line, max(p.most*len(line)/len(p.d.Days), 2))
}

// run is a part of the chart from one interval to another.
type run struct{ lo, hi int }

// runs are the parts between whole intervals, more than one where there are
// gaps, and the parts that lead from or to an incomplete one.
func (p *plot) runs() (whole, parts []run) {
	all := run{0, len(p.d.Days) - 1}
	if p.d.firstPart {
		parts = append(parts, run{0, 1})
		all.lo = 1
	}
	if p.d.lastPart && all.hi > all.lo {
		parts = append(parts, run{all.hi - 1, all.hi})
		all.hi--
	}
	whole = p.split(all)
	return whole, slices.DeleteFunc(parts, func(r run) bool { return p.d.isAbsent(r.lo) || p.d.isAbsent(r.hi) })
}
