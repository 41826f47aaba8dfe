package render

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	svg "github.com/ajstarks/svgo/float"
)

// canvas is an SVG being written. Text is escaped by svgo; attributes are
// never made of anything but numbers and this package's own constants.
type canvas struct {
	*svg.SVG
	buf   *bytes.Buffer
	theme Theme
}

// newCanvas opens an SVG of w x h pixels, with the name and the description
// that screen readers speak.
func newCanvas(w, h float64, theme Theme, fonts, title, desc string) *canvas {
	buf := new(bytes.Buffer)
	c := &canvas{SVG: svg.New(buf), buf: buf, theme: theme}
	c.Decimals = 1
	c.Startraw(attr("width", num(w)), attr("height", num(h)), attr("viewBox", "0 0 "+num(w)+" "+num(h)),
		attr("role", "img"), attr("class", "clickql"), attr("font-family", fonts))
	c.Title(title)
	if desc != "" {
		c.Desc(desc)
	}
	return c
}

// bytes closes the SVG.
func (c *canvas) bytes() []byte {
	c.End()
	return c.buf.Bytes()
}

// paint is an element's attribute (fill, stroke or stop-color) in an ink of
// the canvas' theme. The colour stands in the attribute itself, so that a
// program without CSS shows it, too; the class lets Auto's style sheet replace
// it.
func (c *canvas) paint(attribute string, i ink) string {
	if c.theme == Auto {
		return attr("class", attribute+"-"+i.name) + " " + attr(attribute, i.light)
	}
	return attr(attribute, i.in(c.theme))
}

// paints is an element's fill and stroke in two inks.
func (c *canvas) paints(fill, stroke ink) string {
	if c.theme == Auto {
		return attr("class", "fill-"+fill.name+" stroke-"+stroke.name) + " " + attr("fill", fill.light) + " " + attr("stroke", stroke.light)
	}
	return attr("fill", fill.in(c.theme)) + " " + attr("stroke", stroke.in(c.theme))
}

// label writes text at a point; anchor is start, middle or end.
func (c *canvas) label(x, y float64, text, anchor string, size float64, i ink, more ...string) {
	if text == "" {
		return
	}
	attrs := append([]string{c.paint("fill", i), attr("font-size", num(size))}, more...)
	if anchor != "start" {
		attrs = append(attrs, attr("text-anchor", anchor))
	}
	c.Text(x, y, text, attrs...)
}

// attr is an attribute; value is one of this package's own.
func attr(name, value string) string { return fmt.Sprintf(`%s="%s"`, name, value) }

// num writes a number with at most one decimal.
func num(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}
