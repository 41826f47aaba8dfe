package render

import (
	"math"

	"clickql/internal/draw"
)

// apart is the least distance of two labels of marks.
const apart = 60.0

// marks shows days of note: a tick on the base line for each, and for major ones
// a line with its label at the top, as far as there is room. Of labels that have
// none the earlier ones stay.
func (p *plot) marks() {
	var small, tall draw.Path
	edge := math.Inf(-1)
	labelled := !p.inside()
	for _, m := range p.t.Marks {
		if float64(m.Day) < p.first || float64(m.Day) > p.last {
			continue
		}
		x := snap(p.x(float64(m.Day)) - .5)
		small.Move(x, p.y1)
		small.Line(x, p.y1-5)
		if !m.Major || !labelled || x < edge {
			continue
		}
		text := draw.Regular().Fit(m.Label, p.size, apart)
		half := p.wide(text) / 2
		mid := min(max(x, p.x0+half), p.x1-half)
		if mid-half < edge-apart+8+half {
			continue
		}
		tall.Move(x, p.y1)
		tall.Line(x, p.y0-2)
		p.over(mid, p.y0-6, text, draw.Middle, p.muted)
		edge = max(x+apart, mid+half+8)
	}
	p.Path(tall, draw.Style{Stroke: p.axis, Dash: []float64{2, 3}})
	p.Path(small, draw.Style{Stroke: p.muted, Width: 1.5})
}
