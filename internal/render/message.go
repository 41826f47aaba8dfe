package render

import (
	"cmp"

	"clickql/internal/draw"
)

// Message draws a text in a chart's place, in a chart's look. It does not fail: a
// size out of bounds becomes the nearest within.
func Message(m MessageSpec) *draw.Drawing {
	w := float64(min(max(cmp.Or(m.Width, DefaultWidth), MinSparkWidth), MaxWidth))
	h := float64(min(max(cmp.Or(m.Height, DefaultHeight), MinSparkHeight), MaxHeight))
	title, text, detail := draw.Clean(m.Title, maxText), draw.Clean(m.Text, maxText), draw.Clean(m.Detail, maxText)
	name := text
	if title != "" {
		name = title + ": " + text
	}
	d := &draw.Drawing{W: w, H: h, Title: name, Desc: detail, Fonts: draw.SansFonts}
	layered(d, func(w, h float64) *draw.Layer {
		s := newSheet(w, h, m.Background)
		if h >= 90 {
			s.heading(title, nil, "", "")
		}
		s.notice(text, detail)
		return s.Layer
	})
	return d
}

// The most characters of a text and of a series' label, cut before anything
// measures or repeats them.
const maxText, maxLabel = 300, 60

// bases are the widths, beside its own, at which a chart is laid out for
// narrower screens, each with the least share of it at which its text can be
// read still: a picture in an <img> shrinks, text and all.
var bases = []float64{500, 320, 240}

// readable is the part of its size to which text may shrink.
const readable = .92

// layered lays a drawing out at its own width, and at that of narrower screens.
func layered(d *draw.Drawing, at func(w, h float64) *draw.Layer) {
	d.Layers = []*draw.Layer{at(d.W, d.H)}
	below := d.W
	for _, base := range bases {
		if base > .75*below {
			continue
		}
		l := at(base, max(d.H*base/d.W, MinHeight))
		l.Scale = d.W / base
		l.Below = int(below * readable)
		d.Layers = append(d.Layers, l)
		below = base
	}
}
