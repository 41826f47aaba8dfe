package draw

import (
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// facesOf are the fonts, regular and bold, that a PNG has in place of a CSS
// font-family: of Verdana's widths for badges, of Arial's for everything else.
func facesOf(family string) [2][]Face {
	if family == BadgeFonts {
		return [2][]Face{{Regular()}, {Bold()}}
	}
	return [2][]Face{{sans(), Regular()}, {sansBold(), Bold()}}
}

// text writes a text.
func (r *raster) text(t *Text) {
	x, y := t.X*r.scale, t.Y*r.scale
	switch long := r.length(t); t.Anchor {
	case Middle:
		x -= long / 2
	case End:
		x -= long
	}
	for i, run := range t.Runs {
		if i > 0 {
			x += run.Gap * r.scale
		}
		shapes, after := r.glyphs(run, t.Size*r.scale, x, y)
		if t.Halo.Name != "" {
			var around []outline
			for _, s := range shapes {
				around = append(around, stroke(outline{s.at, true}, 1.5*r.scale, true)...)
			}
			r.paint(around, t.Halo, t.Opacity)
		}
		r.paint(shapes, run.Ink, t.Opacity)
		x = after
	}
}

// length is the text's length in pixels.
func (r *raster) length(t *Text) (long float64) {
	for i, run := range t.Runs {
		if i > 0 {
			long += run.Gap * r.scale
		}
		for _, c := range visual(run.Text) {
			_, _, advance := r.glyph(c, run.Bold, t.Size*r.scale)
			long += advance
		}
	}
	return long
}

// glyphs are the outlines of a run that begins at a place, and where it ends.
func (r *raster) glyphs(run Run, size, x, y float64) (shapes []outline, after float64) {
	for _, c := range visual(run.Text) {
		segments, scale, advance := r.glyph(c, run.Bold, size)
		shapes = append(shapes, glyphOutlines(segments, x, y, scale)...)
		x += advance
	}
	return shapes, x
}

// unitsPerEm is the size at which glyphs are read: large, so that rounding to
// the font's grid does not show.
const unitsPerEm = 1024

// glyph is a character's outline, the scale that brings it to size, and its
// advance in pixels. What no font has is a box.
func (r *raster) glyph(c rune, bold bool, size float64) (segments sfnt.Segments, scale, advance float64) {
	faces := r.faces[0]
	if bold {
		faces = r.faces[1]
	}
	scale = size / unitsPerEm / 64
	for _, f := range faces {
		var buf sfnt.Buffer
		index, err := f.font.GlyphIndex(&buf, c)
		if err != nil || index == 0 {
			continue
		}
		segments, err = f.font.LoadGlyph(&buf, index, fixed.I(unitsPerEm), nil)
		if err != nil {
			continue
		}
		return segments, scale, f.advance(c) * size
	}
	return missing, scale, faces[0].advance(c) * size
}

// missing stands for a character that no font has.
var missing = func() (box sfnt.Segments) {
	corner := func(op sfnt.SegmentOp, x, y int) {
		box = append(box, sfnt.Segment{Op: op, Args: [3]fixed.Point26_6{{X: fixed.I(x), Y: fixed.I(-y)}}})
	}
	for _, b := range [][4]int{{100, 0, 924, 740}, {870, 50, 150, 690}} { // the inner one turns the other way
		corner(sfnt.SegmentOpMoveTo, b[0], b[1])
		corner(sfnt.SegmentOpLineTo, b[2], b[1])
		corner(sfnt.SegmentOpLineTo, b[2], b[3])
		corner(sfnt.SegmentOpLineTo, b[0], b[3])
	}
	return box
}()

// glyphOutlines flattens a glyph at a place.
func glyphOutlines(segments sfnt.Segments, x, y, scale float64) (out []outline) {
	at := func(p fixed.Point26_6) Point { return Point{x + float64(p.X)*scale, y + float64(p.Y)*scale} }
	const parts = 6
	for _, s := range segments {
		if s.Op == sfnt.SegmentOpMoveTo {
			out = append(out, outline{at: []Point{at(s.Args[0])}, closed: true})
			continue
		}
		line := &out[len(out)-1]
		last := line.at[len(line.at)-1]
		switch s.Op {
		case sfnt.SegmentOpLineTo:
			line.at = append(line.at, at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			c, end := at(s.Args[0]), at(s.Args[1])
			for i := 1; i <= parts; i++ {
				t := float64(i) / parts
				u := 1 - t
				line.at = append(line.at, Point{u*u*last.X + 2*u*t*c.X + t*t*end.X, u*u*last.Y + 2*u*t*c.Y + t*t*end.Y})
			}
		case sfnt.SegmentOpCubeTo:
			c := [3]Point{at(s.Args[0]), at(s.Args[1]), at(s.Args[2])}
			for i := 1; i <= parts; i++ {
				line.at = append(line.at, cubic(last, c, float64(i)/parts))
			}
		}
	}
	return out
}
