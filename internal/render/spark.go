package render

import (
	"math"

	"clickql/internal/draw"
)

// spark draws a line without axes or words, with its last complete value as a
// dot. Several series are lines.
func spark(t *table, w, h float64) *draw.Layer {
	s := &sheet{Layer: &draw.Layer{Scale: 1}, palette: inksOn(t.Background), w: w, h: h, size: 11}
	if t.Background != Transparent {
		var ground draw.Path
		ground.Rect(0, 0, w, h)
		s.Path(ground, draw.Style{Fill: s.paper})
	}
	if t.empty() {
		s.Rule(2, h-2.5, w-2, h-2.5, draw.Style{Stroke: s.axis, Dash: dash})
		return s.Layer
	}
	p := &plot{sheet: s, t: t, shape: Lines, x0: 4, x1: w - 4, y0: 4, y1: h - 3, ceiling: t.peak, budget: 12_000}
	p.first, p.last = float64(t.Days[0]), float64(t.Days[len(t.Days)-1])
	if t.Log {
		p.floor = t.least * .999
	}
	if len(t.Days) == 1 {
		p.last = float64(next(t.Days[0], t.Interval))
		p.dots()
		return s.Layer
	}
	if len(t.Series) == 1 && !t.Log {
		p.stack()
	} else {
		p.lines()
	}
	p.ends()
	return s.Layer
}

// ends marks each series' last complete value.
func (p *plot) ends() {
	for i := len(p.t.Series) - 1; i >= 0; i-- {
		for j := len(p.t.Days) - 1; j >= 0; j-- {
			if v := p.t.tops[i][j]; !math.IsNaN(v) && p.t.whole[j] {
				var dot draw.Path
				dot.Circle(p.at(j), p.y(v), 2)
				p.Path(dot, draw.Style{Fill: p.inkOf(i, p.t.Series[i].Rest, len(p.t.Series))})
				break
			}
		}
	}
}
