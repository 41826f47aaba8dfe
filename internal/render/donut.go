package render

import (
	"math"

	"clickql/internal/draw"
)

// donut draws parts as a ring, clockwise from the top, and lists them beside it.
func (s *sheet) donut(t *table) {
	high := s.bottom - s.top
	r := min(high/2-s.size*.4, (s.w-2*s.pad)*.25)
	x, y := s.pad+r, (s.top+s.bottom)/2+s.size*.2
	if spare := s.w - 2*s.pad - 2*r - 330; spare > 0 {
		x += spare * .4
	}
	s.ring(t, x, y, r)
	s.list(t, x+r+max(s.w*.05, 16), y)
}

// ring draws the parts of the whole around a place, and the whole within.
func (s *sheet) ring(t *table, x, y, r float64) {
	inner := r * .62
	at := 0.
	for i, p := range t.Parts {
		angle := 2 * math.Pi * float64(max(p.Total, 0)) / float64(t.total)
		var sector draw.Path
		sector.Ring(x, y, inner, r, at, at+angle)
		ink := s.inkOf(i, p.Rest, len(t.Parts))
		s.Path(sector, draw.Style{Fill: ink})
		at += angle
	}
	if !s.bare && len(t.Parts) > 1 { // a hair of paper between parts that are wide enough for it
		var cuts draw.Path
		at = 0
		for i, p := range t.Parts {
			angle := 2 * math.Pi * float64(max(p.Total, 0)) / float64(t.total)
			before := 2 * math.Pi * float64(max(t.Parts[(i+len(t.Parts)-1)%len(t.Parts)].Total, 0)) / float64(t.total)
			if min(angle, before)*r >= 5 {
				sin, cos := math.Sincos(at - math.Pi/2)
				cuts.Move(x+inner*cos, y+inner*sin)
				cuts.Line(x+r*cos, y+r*sin)
			}
			at += angle
		}
		s.Path(cuts, draw.Style{Stroke: s.paper, Width: 1.5})
	}
	if text, size := Figure(float64(t.total)), min(r*.36, s.titleSize*1.4); size >= 11 && draw.Bold().Width(text, size) < 1.8*inner {
		s.Text(draw.Text{X: x, Y: y + size*.2, Size: size, Anchor: draw.Middle, Runs: []draw.Run{{Text: text, Ink: s.strong, Bold: true}}})
		if s.wide("downloads") < 1.7*inner {
			s.write(x, y+size*.2+s.size*1.3, "downloads", draw.Middle, s.muted)
		}
	}
}

// list names the parts of a ring, in order, with their share and number. What
// does not fit is counted.
func (s *sheet) list(t *table, x, y float64) {
	room := s.w - s.pad - x
	step := min(s.size*1.9, (s.bottom-s.top)/float64(len(t.Parts)))
	step = max(step, s.size*1.35)
	rows := max(int((s.bottom-s.top)/step), 1)
	shown := t.Parts
	if len(shown) > rows {
		shown = shown[:max(rows-1, 1)]
	}
	n := len(shown)
	if n < len(t.Parts) {
		n++
	}
	share1, total1 := s.wide("00.0 %"), s.wide("000.0M")
	numbers := room > 210
	labelRoom := room - 16 - share1 - 8
	if numbers {
		labelRoom -= total1 + 8
	}
	long := 0.
	for _, p := range shown {
		long = max(long, min(s.wide(p.Label), labelRoom))
	}
	at := x + 16 + long + 12 + share1
	y -= float64(n-1)*step/2 - s.size*.36
	for i, p := range shown {
		s.swatch(x, y, 10, s.inkOf(i, p.Rest, len(t.Parts)))
		s.write(x+16, y, draw.Regular().Fit(p.Label, s.size, labelRoom), draw.Start, s.strong)
		s.write(at, y, share(p.Total, t.total), draw.End, s.strong)
		if numbers {
			s.write(at+8+total1, y, Figure(float64(p.Total)), draw.End, s.muted)
		}
		y += step
	}
	if left := len(t.Parts) - len(shown); left > 0 {
		s.write(x+16, y, "+"+Figure(float64(left))+" more", draw.Start, s.muted)
	}
}
