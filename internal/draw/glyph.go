package draw

import (
	"unicode"

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
		for _, g := range r.line(run) {
			long += g.advance * t.Size * r.scale
		}
	}
	return long
}

// glyphs are the outlines of a run that begins at a place, and where it ends.
func (r *raster) glyphs(run Run, size, x, y float64) (shapes []outline, after float64) {
	for _, g := range r.line(run) {
		shapes = append(shapes, glyphOutlines(g.segments, x+g.x*size, y-g.y*size, size/unitsPerEm/64)...)
		x += g.advance * size
	}
	return shapes, x
}

// glyph is one of a line's shapes: its outline, how far it is moved from its place,
// and how far the next one stands, in parts of the font's size.
type glyph struct {
	segments      sfnt.Segments
	x, y, advance float64
}

// line is a run's glyphs, from left to right.
func (r *raster) line(run Run) (line []glyph) {
	faces := r.faces[0]
	if run.Bold {
		faces = r.faces[1]
	}
	for _, part := range visual(run.Text) {
		if part.shaped {
			line = append(line, r.shape(part, faces)...)
			continue
		}
		for _, c := range part.text {
			line = append(line, nominal(c, faces))
		}
	}
	return line
}

// unitsPerEm is the size at which glyphs are read: large, so that rounding to
// the font's grid does not show.
const unitsPerEm = 1024

// nominal is the glyph of a character that stands by itself. What no font has is a
// box.
func nominal(c rune, faces []Face) glyph {
	for _, f := range faces {
		var buf sfnt.Buffer
		index, err := f.font.GlyphIndex(&buf, c)
		if err != nil || index == 0 {
			continue
		}
		segments, err := f.font.LoadGlyph(&buf, index, fixed.I(unitsPerEm), nil)
		if err != nil {
			continue
		}
		return glyph{segments: segments, advance: f.advance(c)}
	}
	if unicode.In(c, unicode.M, unicode.Cf) { // it belongs to the character before
		return glyph{}
	}
	return glyph{segments: missing, advance: faces[0].advance(c)}
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
