package render

import (
	"math"
	"slices"

	"clickql/internal/draw"
)

// plot is the part of a sheet with axes and data.
type plot struct {
	*sheet
	t              *table
	x0, x1, y0, y1 float64 // left, right, top, bottom in pixels
	first, last    float64 // days at x0 and x1
	floor, ceiling float64 // values at y1 and y0
	shape          Shape   // as drawn: bars too thin to see become areas
	xTicks, yTicks []tick
	budget         int // bytes of paths
	names          []name
}

// newPlot lays out the axes; whole is the drawing's width, of which the sheet
// shows one layer.
func newPlot(s *sheet, t *table, whole float64) *plot {
	p := &plot{sheet: s, t: t, shape: t.Shape}
	p.budget = int(pathBudget * s.w / (whole + 1060))
	p.x0, p.x1 = s.pad, s.w-s.pad
	if len(t.Series) > 1 {
		if p.shape == Lines && s.w >= narrow && s.h >= 200 {
			p.nameSides()
		} else {
			p.legend()
		}
	}
	p.y0, p.y1 = s.top+s.size, s.bottom-s.size*1.6
	if p.inside() {
		p.y0 += s.size * .7
	}
	if len(t.Marks) > 0 && !p.inside() && p.y1-p.y0 > low+2*s.size {
		p.y0 += s.size * 1.2
	}
	p.scaleValues()
	if !p.inside() {
		wide := 0.
		for _, k := range p.yTicks {
			wide = max(wide, s.wide(k.label))
		}
		p.x0 += wide + 8
	}
	p.scaleTime()
	p.xTicks = dateTicks(t.Days[0], t.Days[len(t.Days)-1], t.Interval, p.fits)
	return p
}

// inside tells that the values axis has its one label inside the plot, above the
// maximum.
func (p *plot) inside() bool { return p.w < 300 || p.y1-p.y0 < low }

// low is the height in pixels below which a plot has the maximum as its only
// label.
const low = 80.0

// scaleValues sets the values at both ends of their axis, and its ticks.
func (p *plot) scaleValues() {
	high := p.y1 - p.y0
	if p.inside() {
		high = 0
	}
	switch {
	case p.t.Shape == Share:
		p.ceiling, p.yTicks = 1, percentTicks(high)
	case p.t.Log:
		p.yTicks = logTicks(p.t.least, p.t.peak, int(high/30))
		p.floor, p.ceiling = p.yTicks[0].at, p.yTicks[len(p.yTicks)-1].at
	default:
		p.yTicks, p.ceiling = valueTicks(p.t.peak, high, p.t.Measure == Index)
	}
}

// scaleTime chooses the shape and sets the days at both sides: from the first to
// the last, where bars or a single point need room to the end of the last
// interval.
func (p *plot) scaleTime() {
	days := p.t.Days
	n := len(days)
	p.first, p.last = float64(days[0]), float64(days[n-1])
	if p.shape == Bars && ((p.x1-p.x0)/float64(n) < 3 || n*len(p.t.Series)*barBytes > p.budget) {
		p.shape = Area
	}
	if n == 1 && p.shape != Lines {
		p.shape = Bars
	}
	if n == 1 || p.shape == Bars {
		p.last = float64(next(days[n-1], p.t.Interval))
	}
}

// x is where a day's beginning is.
func (p *plot) x(day float64) float64 {
	return p.x0 + (day-p.first)/(p.last-p.first)*(p.x1-p.x0)
}

// y is where a value is.
func (p *plot) y(v float64) float64 {
	part := v / p.ceiling
	if p.t.Log {
		part = (math.Log(max(v, p.floor)) - math.Log(p.floor)) / (math.Log(p.ceiling) - math.Log(p.floor))
	}
	return p.y1 - part*(p.y1-p.y0)
}

// at is where the value of interval j is drawn: at its beginning, in the middle
// for bars and for a single value.
func (p *plot) at(j int) float64 {
	if p.shape != Bars && len(p.t.Days) > 1 {
		return p.x(float64(p.t.Days[j]))
	}
	from, to := p.slot(j)
	return (from + to) / 2
}

// slot is the run of pixels that interval j has.
func (p *plot) slot(j int) (from, to float64) {
	return p.x(float64(p.t.Days[j])), p.x(float64(next(p.t.Days[j], p.t.Interval)))
}

// tickX is where a tick's label is centred: below its interval's value, and in
// between at the day itself.
func (p *plot) tickX(t tick) float64 {
	if j, ok := slices.BinarySearch(p.t.Days, Day(t.at)); ok {
		return p.at(j)
	}
	return p.x(t.at)
}

// span is the run of pixels that a tick's label takes, kept within the sheet.
func (p *plot) span(t tick) (from, to float64) {
	half := p.wide(t.label) / 2
	if t.major {
		half = draw.Bold().Width(t.label, p.size) / 2
	}
	mid := p.tickX(t)
	mid = min(max(mid, p.pad/2+half), p.w-p.pad/2-half)
	return mid - half, mid + half
}

// fits tells that labels stand 8 pixels apart, and their ticks 72, or 48 where
// there is less room.
func (p *plot) fits(ticks []tick) bool {
	apart := 72.
	if p.w < narrow {
		apart = 48
	}
	edge, before := math.Inf(-1), math.Inf(-1)
	for _, t := range ticks {
		from, to := p.span(t)
		if from < edge+8 || p.tickX(t) < before+apart {
			return false
		}
		edge, before = to, p.tickX(t)
	}
	return true
}

// draw draws grid, data and axes, in this order.
func (p *plot) draw() {
	for _, t := range p.yTicks {
		if y := snap(p.y(t.at)); t.at > p.floor || p.t.Log {
			p.Rule(p.x0, y, p.x1, y, draw.Style{Stroke: p.grid})
		}
	}
	p.gaps()
	switch {
	case p.shape == Bars:
		p.bars()
	case len(p.t.Days) == 1:
		p.dots()
	case p.shape == Lines:
		p.lines()
	default:
		p.stack()
	}
	p.marks()
	p.outOfLine()
	p.axes()
	p.drawNames()
}

// snap puts a line of one pixel on the pixels' grid.
func snap(v float64) float64 { return math.Floor(v) + .5 }

// axes draws the base line, ticks and labels.
func (p *plot) axes() {
	base := snap(p.y1)
	p.Rule(p.x0, base, p.x1, base, draw.Style{Stroke: p.axis})
	for _, t := range p.yTicks {
		switch y := p.y(t.at); {
		case !p.inside():
			p.write(p.x0-8, y+p.size*.35, t.label, draw.End, p.muted)
		case t.at > p.floor:
			p.over(p.x0, y-3, t.label, draw.Start, p.muted)
		}
	}
	for _, t := range p.xTicks {
		x := snap(p.tickX(t) - .5)
		p.Rule(x, base, x, base+4, draw.Style{Stroke: p.axis})
		from, to := p.span(t)
		i := p.muted
		if t.major {
			i = p.strong
		}
		p.Text(draw.Text{X: (from + to) / 2, Y: p.y1 + p.size*1.5, Size: p.size, Anchor: draw.Middle, Runs: []draw.Run{{Text: t.label, Ink: i, Bold: t.major}}})
	}
}
