package render

import (
	"math"

	"clickql/internal/draw"
)

// bars draws a bar for each interval, stacked like areas; what is incomplete is
// outlined and hatched.
func (p *plot) bars() {
	for i := range p.t.Series {
		ink := p.inkOf(i, p.t.Series[i].Rest, len(p.t.Series))
		var whole, lines, outline draw.Path
		for j := range p.t.Days {
			x, y, w, h := p.bar(i, j)
			switch {
			case h < .05:
			case p.t.whole[j]:
				whole.Rect(x, y, w, h)
			default:
				lines.Hatch(4, []draw.Point{{X: x, Y: y}, {X: x + w, Y: y}, {X: x + w, Y: y + h}, {X: x, Y: y + h}})
				if w > 2 && h > 1 {
					outline.Rect(x+.5, y+.5, w-1, h-1)
				} else {
					outline.Rect(x, y, w, h)
				}
			}
		}
		p.Path(whole, draw.Style{Fill: ink})
		p.Path(lines, draw.Style{Stroke: ink})
		p.Path(outline, draw.Style{Stroke: ink})
	}
}

// bar is the bar of series i in interval j.
func (p *plot) bar(i, j int) (x, y, w, h float64) {
	if math.IsNaN(p.t.tops[i][j]) {
		return 0, 0, 0, 0
	}
	from, to := p.slot(j)
	gap := min((to-from)*.22, 8)
	if to-from-gap > 72 { // few values: no wide slabs
		gap = to - from - 72
	}
	y = p.y(p.t.tops[i][j])
	base := p.y1
	if i > 0 && p.t.stacked() {
		base = p.y(p.t.tops[i-1][j])
	}
	return from + gap/2, y, to - from - gap, base - y
}
