package draw

import (
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// shape is a stretch's glyphs from left to right, joined and placed by the rules of its
// script, as its font has them. What no font has is a box for each character.
func (r *raster) shape(s stretch, faces []Face) (line []glyph) {
	pieces := piecesOf(s.text, faces)
	for i := range pieces {
		p := pieces[i]
		if s.leftward {
			p = pieces[len(pieces)-1-i]
		}
		if p.face < 0 {
			for _, c := range s.text[p.from:p.to] {
				line = append(line, nominal(c, faces))
			}
			continue
		}
		line = append(line, r.joined(s, p, faces[p.face])...)
	}
	return line
}

// joined is the glyphs of a piece, from left to right.
func (r *raster) joined(s stretch, p piece, face Face) []glyph {
	in := shaping.Input{
		Text: s.text, RunStart: p.from, RunEnd: p.to, Direction: di.DirectionLTR,
		Face: font.NewFace(face.shaping), Size: fixed.I(unitsPerEm), Script: p.script, Language: language.DefaultLanguage(),
	}
	if s.leftward {
		in.Direction = di.DirectionRTL
	}
	out := r.shaper.Shape(in)
	line := make([]glyph, len(out.Glyphs))
	em := func(v fixed.Int26_6) float64 { return float64(v) / 64 / unitsPerEm }
	var buf sfnt.Buffer
	for i, g := range out.Glyphs {
		line[i] = glyph{x: em(g.XOffset), y: em(g.YOffset), advance: em(g.Advance)}
		if segments, err := face.font.LoadGlyph(&buf, sfnt.GlyphIndex(g.GlyphID), fixed.I(unitsPerEm), nil); err == nil {
			line[i].segments = append(sfnt.Segments(nil), segments...) // of a buffer that the next one takes
		}
	}
	return line
}

// piece is characters of a stretch that have one font and one script.
type piece struct {
	from, to int
	face     int // -1 where no font has them
	script   language.Script
}

// piecesOf cuts a text where the font or the script changes. Marks, blanks and what
// only controls others stay with the character before.
func piecesOf(text []rune, faces []Face) (pieces []piece) {
	for i, c := range text {
		script, face := language.LookupScript(c), faceOf(c, faces)
		common := script == language.Common || script == language.Inherited
		if n := len(pieces); n > 0 {
			last := &pieces[n-1]
			stays := unicode.In(c, unicode.M, unicode.Cf) || face == last.face
			if stays && (common || last.script == language.Common || script == last.script) {
				if last.script == language.Common && !common {
					last.script = script
				}
				last.to = i + 1
				continue
			}
		}
		if common {
			script = language.Common
		}
		pieces = append(pieces, piece{i, i + 1, face, script})
	}
	return pieces
}

// faceOf is which font has the character first; -1 where none has.
func faceOf(c rune, faces []Face) int {
	var buf sfnt.Buffer
	for i, f := range faces {
		if index, err := f.font.GlyphIndex(&buf, c); err == nil && index != 0 {
			return i
		}
	}
	return -1
}
