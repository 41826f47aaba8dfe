package render

import "clickql/internal/draw"

// sheet is one layer of a chart while it is laid out: a rounded card with a
// title, a subtitle and, at the right, a figure.
type sheet struct {
	*draw.Layer
	palette
	w, h, pad   float64
	titleSize   float64
	size        float64 // of every other text
	top, bottom float64 // of what is not drawn on yet
}

// narrow is the width below which labels stand inside the plot, and series are
// named in a legend.
const narrow = 420

// newSheet draws the empty card.
func newSheet(w, h float64, background string) *sheet {
	s := &sheet{Layer: &draw.Layer{Scale: 1}, palette: inksOn(background), w: w, h: h, pad: 20, titleSize: 20, size: 14}
	switch {
	case w < narrow:
		s.pad, s.titleSize, s.size = 10, 14, 11
	case w < 720:
		s.pad, s.titleSize, s.size = 16, 16, 12
	case w < 1200:
		s.titleSize, s.size = 18, 12
	}
	if h < 200 {
		s.pad = min(s.pad, 10)
	}
	switch background {
	case Transparent:
		s.pad = min(s.pad, 4)
	case "":
		var card draw.Path
		card.RoundRect(.5, .5, w-1, h-1, 6, true, true)
		s.Path(card, draw.Style{Fill: s.paper, Stroke: s.border})
	default:
		var ground draw.Path
		ground.Rect(0, 0, w, h)
		s.Path(ground, draw.Style{Fill: s.paper})
	}
	s.top, s.bottom = s.pad, h-s.pad
	return s
}

// write writes one text of the rest's size.
func (s *sheet) write(x, y float64, text string, anchor draw.Anchor, i draw.Ink) {
	s.Text(draw.Text{X: x, Y: y, Size: s.size, Anchor: anchor, Runs: []draw.Run{{Text: text, Ink: i}}})
}

// over writes a text that lines may run below.
func (s *sheet) over(x, y float64, text string, anchor draw.Anchor, i draw.Ink) {
	t := draw.Text{X: x, Y: y, Size: s.size, Anchor: anchor, Runs: []draw.Run{{Text: text, Ink: i}}}
	if !s.bare {
		t.Halo = s.paper
	}
	s.Text(t)
}

// wide is the room that a text of the rest's size takes.
func (s *sheet) wide(text string) float64 { return draw.Regular().Width(text, s.size) }

// heading draws title and subtitle, and at the right a figure with its caption
// where they leave at least half the width.
func (s *sheet) heading(title string, subtitle []string, figure, caption string) {
	room := s.w - 2*s.pad
	first, rest := room, room
	baseline := s.top + s.titleSize*.82
	if long := draw.Bold().Width(figure, s.titleSize); s.w >= narrow && long > 0 && long < room/2 && s.h >= 150 {
		under := s.wide(caption)
		s.Text(draw.Text{X: s.w - s.pad, Y: baseline, Size: s.titleSize, Anchor: draw.End, Runs: []draw.Run{{Text: figure, Ink: s.strong, Bold: true}}})
		first -= long + s.pad
		if under < room/3 {
			s.write(s.w-s.pad, baseline+s.size*1.5, caption, draw.End, s.muted)
			rest -= under + s.pad
		}
	}
	s.Text(draw.Text{X: s.pad, Y: baseline, Size: s.titleSize,
		Runs: []draw.Run{{Text: draw.Bold().Fit(title, s.titleSize, first), Ink: s.strong, Bold: true}}})
	for i, line := range s.fold(subtitle, rest) {
		step := s.size * 1.35
		if i == 0 {
			step = s.size * 1.5
		}
		baseline += step
		s.write(s.pad, baseline, line, draw.Start, s.muted)
	}
	s.top = baseline + s.size*.55
}

// fold breaks a subtitle into lines, two where the card is high. Parts without
// room are left out whole; only the first one is ever cut.
func (s *sheet) fold(parts []string, room float64) []string {
	lines := 2
	switch {
	case s.h < 135:
		return nil
	case s.h < 240:
		lines = 1
	}
	if len(parts) == 0 {
		return nil
	}
	folded := []string{parts[0]}
	if s.wide(parts[0]) > room {
		folded = draw.Regular().Wrap(parts[0], s.size, room, lines)
	}
	for _, part := range parts[1:] {
		last := &folded[len(folded)-1]
		switch longer := *last + " · " + part; {
		case s.wide(longer) <= room:
			*last = longer
		case len(folded) < lines && s.wide(part) <= room:
			folded = append(folded, part)
		}
	}
	return folded
}

// notice writes a text with a detail in the middle of what is left.
func (s *sheet) notice(text, detail string) {
	room, size := s.w-2*s.pad, s.titleSize-2
	most := max(int((s.bottom-s.top-size)/(s.size*1.5)), 0)
	lines := draw.Regular().Wrap(detail, s.size, min(room, 560), min(most, 4))
	if most == 0 {
		lines = nil
	}
	y := (s.top+s.bottom)/2 - float64(len(lines))*s.size*.75 + size*.35
	s.Text(draw.Text{X: s.w / 2, Y: y, Size: size, Anchor: draw.Middle, Runs: []draw.Run{{Text: draw.Regular().Fit(text, size, room), Ink: s.strong}}})
	for _, line := range lines {
		y += s.size * 1.5
		s.write(s.w/2, y, line, draw.Middle, s.muted)
	}
}
