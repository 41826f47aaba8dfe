package render

import (
	"clickql/internal/draw"
)

// ranking draws a bar for each part, longest first, with its name at the left
// and its number at its end. The named ones are the scale: what is left of all of
// PyPI is many times the first of them, and is broken off.
func (s *sheet) ranking(t *table) {
	high := s.bottom - s.top - s.size*.3
	pitch := min(high/float64(len(t.Parts)), 40)
	shown := t.Parts
	if least := s.size * 1.45; pitch < least {
		rows := max(int(high/least), 1)
		pitch = high / float64(rows)
		shown = shown[:max(min(len(shown), rows-1), 1)]
	}
	names, longest := 0., int64(1)
	for _, p := range shown {
		names = max(names, s.wide(p.Label))
		if !p.Rest || len(shown) == 1 {
			longest = max(longest, p.Total)
		}
	}
	names = min(names, s.w*.34)
	numbers := s.wide("000.0M · 00.0 %")
	short := s.w < narrow
	if short {
		numbers = s.wide("000.0M")
	}
	x0, x1 := s.pad+names+8, s.w-s.pad-numbers-8
	y := s.top + s.size*.3
	thick := min(pitch*.72, 26)
	for _, p := range shown {
		mid := y + pitch/2
		long := max(float64(max(p.Total, 0))/float64(longest)*(x1-x0), 1)
		ink := s.accent
		if p.Rest {
			ink = s.rest
		}
		broken := p.Total > longest
		if broken {
			long = x1 - x0
		}
		s.Path(rankBar(x0, mid-thick/2, long, thick, broken), draw.Style{Fill: ink})
		s.write(x0-8, mid+s.size*.36, draw.Regular().Fit(p.Label, s.size, names+1), draw.End, s.strong)
		runs := []draw.Run{{Text: Figure(float64(p.Total)), Ink: s.strong}}
		if !short {
			runs = append(runs, draw.Run{Text: share(p.Total, t.total), Ink: s.muted, Gap: 6})
		}
		s.Text(draw.Text{X: x0 + long + 6, Y: mid + s.size*.36, Size: s.size, Runs: runs})
		y += pitch
	}
	base := snap(x0 - 1)
	s.Rule(base, s.top, base, y, draw.Style{Stroke: s.axis})
	if left := len(t.Parts) - len(shown); left > 0 {
		s.write(x0, y+pitch/2+s.size*.36, "+"+Figure(float64(left))+" more", draw.Start, s.muted)
	}
}

// rankBar is a bar from x on; a broken one is longer than there is room, and has a
// slanted gap before its end.
func rankBar(x, y, long, thick float64, broken bool) (bar draw.Path) {
	if !broken {
		bar.RoundRect(x, y, long, thick, min(2, long/2), false, true)
		return bar
	}
	const gap = 4
	lean := min(thick*.4, long*.05)
	cut := x + long*.9
	bar.Polygon([]draw.Point{{X: x, Y: y}, {X: cut + lean, Y: y}, {X: cut - lean, Y: y + thick}, {X: x, Y: y + thick}})
	bar.Polygon([]draw.Point{{X: cut + lean + gap, Y: y}, {X: x + long, Y: y}, {X: x + long, Y: y + thick}, {X: cut - lean + gap, Y: y + thick}})
	return bar
}
