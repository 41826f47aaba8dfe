package draw

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/go-text/typesetting/font"
	"github.com/rivo/uniseg"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The typefaces are the reader's own: an SVG in an <img> can load none, and
// embedding one would outweigh the picture.
const (
	SansFonts  = `-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif`
	BadgeFonts = `Verdana,Geneva,'DejaVu Sans',sans-serif`
)

// Face is a font that text is measured with, and drawn with in a PNG. What is
// laid out is measured in DejaVu Sans, as wide as Verdana and wider than the
// other fonts named above: what fits by its measure fits by theirs.
type Face struct {
	font *sfnt.Font
	// shaping is the same font, for letters whose form depends on those around them.
	shaping *font.Font
}

// The fonts, parsed once; immutable, and safe for concurrent use without a buffer.
var (
	Regular = sync.OnceValue(func() Face { return parseFace(dejavusans.TTF) })
	Bold    = sync.OnceValue(func() Face { return parseFace(dejavusansbold.TTF) })

	sans     = sync.OnceValue(func() Face { return parseFace(liberationsansregular.TTF) })
	sansBold = sync.OnceValue(func() Face { return parseFace(liberationsansbold.TTF) })
)

// parseFace reads a font that is part of the binary.
func parseFace(ttf []byte) Face {
	f, err := sfnt.Parse(ttf)
	shaping, also := font.ParseTTF(bytes.NewReader(ttf))
	if err := cmp.Or(err, also); err != nil {
		panic(fmt.Sprintf("parse the built-in font: %v", err))
	}
	return Face{f, shaping.Font}
}

// Width is the text's width in pixels at a font size of size pixels. A
// character that the font lacks counts as one em, which holds for CJK and
// emoji; combining marks and joiners take no room.
func (f Face) Width(text string, size float64) float64 {
	var sum float64
	for _, r := range text {
		sum += f.advance(r)
	}
	return sum * size
}

// advance is a character's width in em.
func (f Face) advance(r rune) float64 {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	const ppem = 1000
	glyph, err := f.font.GlyphIndex(nil, r)
	if err != nil || glyph == 0 {
		return 1
	}
	a, err := f.font.GlyphAdvance(nil, glyph, fixed.I(ppem), xfont.HintingNone)
	if err != nil {
		return 1
	}
	return float64(a) / 64 / ppem
}

// Fit shortens text to room pixels, with an ellipsis in place of what is cut.
// It cuts between grapheme clusters: a letter keeps its accents.
func (f Face) Fit(text string, size, room float64) string {
	if f.Width(text, size) <= room {
		return text
	}
	const ellipsis = "…"
	left := room - f.Width(ellipsis, size)
	if left < 0 {
		return ""
	}
	var kept strings.Builder
	for rest, state := text, -1; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if left -= f.Width(cluster, size); left < 0 {
			break
		}
		kept.WriteString(cluster)
	}
	return strings.TrimRight(kept.String(), " ") + ellipsis
}

// Wrap breaks text at spaces into at most lines lines of room pixels; what is
// left over is cut with an ellipsis.
func (f Face) Wrap(text string, size, room float64, lines int) []string {
	var out []string
	words := strings.Fields(text)
	for len(words) > 0 {
		n := 1
		for n < len(words) && f.Width(strings.Join(words[:n+1], " "), size) <= room {
			n++
		}
		if len(out) == lines-1 {
			n = len(words)
		}
		out = append(out, f.Fit(strings.Join(words[:n], " "), size, room))
		words = words[n:]
	}
	return out
}

// Clean makes text fit to show: valid UTF-8, one line, without control
// characters and without those that reorder what stands around them; at most
// most characters.
func Clean(text string, most int) string {
	n := 0
	text = strings.Map(func(r rune) rune {
		if n++; n > most {
			return -1
		}
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}
