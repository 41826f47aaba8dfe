package render

import (
	"cmp"
	"math"
	"strings"
)

// look is the measures of a badge style, in pixels.
type look struct {
	height, radius       float64
	size, baseline       float64 // of the text
	padding, spacing     float64 // beside each text; between its letters
	upper, shadow        bool
	labelFace, valueFace func() face
}

// looks gives each style shields.io's measures.
var looks = map[BadgeStyle]look{
	Flat:        {20, 3, 11, 14, 5, 0, false, true, regular, regular},
	FlatSquare:  {20, 0, 11, 14, 5, 0, false, false, regular, regular},
	ForTheBadge: {28, 0, 10, 17.5, 12, 1.25, true, false, regular, bold},
}

// maxBadgeText is the most pixels that either text of a badge takes.
const maxBadgeText = 400

// Badge draws a badge. The error is a *query.Error with BadUserInput, for a
// colour or a style that is none.
func Badge(spec BadgeSpec) ([]byte, error) {
	l, ok := looks[cmp.Or(spec.Style, Flat)]
	if !ok {
		return nil, badInput("%q is not a badge style", clean(string(spec.Style), maxText))
	}
	left, err := ParseColor(cmp.Or(spec.LabelColor, "grey"))
	if err != nil {
		return nil, err
	}
	color := cmp.Or(spec.Color, "blue")
	switch spec.State {
	case Unknown:
		color = "lightgrey"
	case Failed:
		color = "red"
	}
	right, err := ParseColor(color)
	if err != nil {
		return nil, err
	}
	label := l.part(spec.Label, left, l.labelFace())
	value := l.part(spec.Value, right, l.valueFace())
	return l.draw(label, value), nil
}

// part is one half of a badge.
type part struct {
	text, color string
	long        float64 // the text
	width       float64 // the half
	bold        bool
}

// part measures one half. Without text it has no width.
func (l look) part(text, color string, f face) part {
	text = clean(text, maxText)
	if l.upper {
		text = strings.ToUpper(text)
	}
	text = f.fit(text, l.size, maxBadgeText)
	p := part{text: text, color: color, bold: f == bold()}
	if text == "" {
		return p
	}
	p.long = f.width(text, l.size) + l.spacing*float64(len([]rune(text)))
	p.width = math.Ceil(p.long + 2*l.padding)
	return p
}

// draw puts the halves side by side.
func (l look) draw(label, value part) []byte {
	w := label.width + value.width
	name := value.text
	if label.text != "" {
		name = label.text + ": " + value.text
	}
	c := newCanvas(w, l.height, Light, badgeFonts, name, "")
	c.Roundrect(0, 0, w, l.height, l.radius, l.radius, attr("fill", value.color))
	if label.width > 0 {
		c.Path(l.leftHalf(label.width, w), attr("fill", label.color))
	}
	l.write(c, label, label.width/2)
	l.write(c, value, label.width+value.width/2)
	return c.bytes()
}

// leftHalf is the outline of the left half, rounded at its outer side.
func (l look) leftHalf(width, whole float64) string {
	r := num(l.radius)
	if l.radius == 0 || width >= whole {
		return "M0 0h" + num(width) + "v" + num(l.height) + "H0z"
	}
	return "M" + r + " 0H" + num(width) + "V" + num(l.height) + "H" + r +
		"a" + r + " " + r + " 0 0 1 -" + r + " -" + r + "V" + r + "a" + r + " " + r + " 0 0 1 " + r + " -" + r + "z"
}

// write puts a half's text around x: white, or dark on a bright half. Its
// length is fixed, so that it fills its half whatever font the reader has.
func (l look) write(c *canvas, p part, x float64) {
	if p.text == "" {
		return
	}
	ink, shade := "#fff", "#010101"
	if brightness(p.color) > .69 {
		ink, shade = "#333", "#ccc"
	}
	attrs := []string{attr("font-size", num(l.size)), `text-anchor="middle"`, attr("textLength", num(p.long))}
	if p.bold {
		attrs = append(attrs, `font-weight="bold"`)
	}
	if l.shadow {
		c.Text(x, l.baseline+1, p.text, append(attrs, attr("fill", shade), `fill-opacity="0.3"`, `aria-hidden="true"`)...)
	}
	c.Text(x, l.baseline, p.text, append(attrs, attr("fill", ink))...)
}
