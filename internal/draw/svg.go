package draw

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Place is where an SVG will stand.
type Place uint8

// The places.
const (
	// File is a file of its own, such as in <img>: it has a style sheet for the
	// theme Auto and for narrow screens.
	File Place = iota
	// Page is inside a page: classes and attributes only, for a strict
	// Content-Security-Policy. The first layer alone is drawn.
	Page
)

// SVG writes the drawing.
func (d *Drawing) SVG(theme Theme, at Place) []byte {
	s := &svg{theme: theme, classes: theme == Auto || at == Page}
	s.open(d, at)
	layers := d.Layers
	if at == Page {
		layers = layers[:1]
	} else {
		s.style(d)
	}
	for i, l := range layers {
		if len(layers) > 1 {
			hidden := ""
			if i > 0 {
				hidden = ` display="none"`
			}
			if l.Scale != 1 {
				hidden += ` transform="scale(` + strconv.FormatFloat(l.Scale, 'f', 4, 64) + `)"`
			}
			fmt.Fprintf(&s.buf, "<g class=\"layer-%d\"%s>\n", i, hidden)
		}
		for _, it := range l.items {
			s.item(it)
		}
		if len(layers) > 1 {
			s.buf.WriteString("</g>\n")
		}
	}
	s.buf.WriteString("</svg>\n")
	return s.buf.Bytes()
}

// svg is an SVG being written. Attributes are made of nothing but numbers and
// the inks.
type svg struct {
	buf     bytes.Buffer
	theme   Theme
	classes bool // elements say their inks' names, for a style sheet
}

// open writes what stands before the content. In a page the name is an
// attribute: an element would be shown as a tooltip.
func (s *svg) open(d *Drawing, at Place) {
	fmt.Fprintf(&s.buf, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" role="img" class="clickql" font-family="%s"`,
		num(d.W), num(d.H), d.Fonts)
	if at == Page {
		label := d.Title
		if d.Desc != "" {
			label += ". " + d.Desc
		}
		s.buf.WriteString(` aria-label="`)
		s.escape(label)
		s.buf.WriteString("\">\n")
		return
	}
	s.buf.WriteString(">\n<title>")
	s.escape(d.Title)
	s.buf.WriteString("</title>\n")
	if d.Desc != "" {
		s.buf.WriteString("<desc>")
		s.escape(d.Desc)
		s.buf.WriteString("</desc>\n")
	}
}

// style writes the style sheet of a file: one layer for each width of the
// screen, and the dark theme. Its rules name only classes below a class of ours,
// so that it does nothing to a page that the file is pasted into.
func (s *svg) style(d *Drawing) {
	var css strings.Builder
	for i, l := range d.Layers[1:] {
		fmt.Fprintf(&css, "@media (max-width:%dpx){.clickql .layer-%d{display:none}.clickql .layer-%d{display:inline}}", l.Below-1, i, i+1)
	}
	if s.theme == Auto {
		css.WriteString("@media (prefers-color-scheme:dark){" + StyleSheet("", Dark, d.inks()) + "}")
	}
	if css.Len() > 0 {
		s.buf.WriteString("<style>" + css.String() + "</style>\n")
	}
}

// item writes one element.
func (s *svg) item(it item) {
	if it.text != nil {
		s.text(it.text)
		return
	}
	s.buf.WriteString(`<path d="`)
	s.buf.Write(pathData(it.path))
	s.buf.WriteByte('"')
	st := it.style
	s.paints(st.Fill, st.Stroke)
	if st.Fill.Name == "" {
		s.attr("fill", "none")
	}
	if st.Stroke.Name != "" && st.Width != 0 && st.Width != 1 {
		s.attr("stroke-width", strconv.FormatFloat(st.Width, 'f', -1, 64))
	}
	if len(st.Dash) > 0 {
		parts := make([]string, len(st.Dash))
		for i, v := range st.Dash {
			parts[i] = num(v)
		}
		s.attr("stroke-dasharray", strings.Join(parts, " "))
	}
	if st.Round {
		s.attr("stroke-linecap", "round")
		s.attr("stroke-linejoin", "round")
	}
	s.opacity(st.Opacity)
	s.buf.WriteString("/>\n")
}

// paints writes fill and stroke. The colours stand in the attributes themselves,
// so that a program without CSS shows them, too; the class lets a style sheet
// replace them.
func (s *svg) paints(fill, stroke Ink) {
	var classes []string
	if fill.Name != "" {
		classes = append(classes, "fill-"+fill.Name)
	}
	if stroke.Name != "" {
		classes = append(classes, "stroke-"+stroke.Name)
	}
	if s.classes && len(classes) > 0 {
		s.attr("class", strings.Join(classes, " "))
	}
	if fill.Name != "" {
		s.attr("fill", fill.In(s.theme))
	}
	if stroke.Name != "" {
		s.attr("stroke", stroke.In(s.theme))
	}
}

// text writes a text. Each of several runs is isolated: one that is written from
// right to left must not turn its neighbours around.
func (s *svg) text(t *Text) {
	fmt.Fprintf(&s.buf, `<text x="%s" y="%s" font-size="%s"`, num(t.X), num(t.Y), num(t.Size))
	if t.Anchor != Start {
		s.attr("text-anchor", [...]string{"start", "middle", "end"}[t.Anchor])
	}
	if t.Length > 0 {
		s.attr("textLength", num(t.Length))
	}
	if t.Hidden {
		s.attr("aria-hidden", "true")
	}
	s.opacity(t.Opacity)
	halo := t.Halo
	if halo.Name != "" {
		s.attr("paint-order", "stroke")
		s.attr("stroke-width", "3")
		s.attr("stroke-linejoin", "round")
	}
	if len(t.Runs) == 1 {
		s.paints(t.Runs[0].Ink, halo)
		s.weight(t.Runs[0])
		s.buf.WriteByte('>')
		s.escape(t.Runs[0].Text)
		s.buf.WriteString("</text>\n")
		return
	}
	s.paints(Ink{}, halo)
	s.buf.WriteByte('>')
	for i, r := range t.Runs {
		s.buf.WriteString("<tspan")
		s.paints(r.Ink, Ink{})
		s.weight(r)
		if i > 0 && r.Gap > 0 {
			s.attr("dx", num(r.Gap))
		}
		s.attr("unicode-bidi", "isolate")
		s.buf.WriteByte('>')
		s.escape(r.Text)
		s.buf.WriteString("</tspan>")
	}
	s.buf.WriteString("</text>\n")
}

func (s *svg) weight(r Run) {
	if r.Bold {
		s.attr("font-weight", "bold")
	}
}

func (s *svg) opacity(v float64) {
	if v > 0 && v < 1 {
		s.attr("opacity", strconv.FormatFloat(v, 'f', -1, 64))
	}
}

// attr writes an attribute whose value is ours.
func (s *svg) attr(name, value string) {
	s.buf.WriteString(" " + name + `="` + value + `"`)
}

func (s *svg) escape(text string) { _ = xml.EscapeText(&s.buf, []byte(text)) } // a buffer takes everything

// num writes a number with at most one decimal.
func num(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// pathData writes a path in tenths of a pixel, or in hundredths, relative to the point before,
// which is the shortest form. Rounding does not add up: what it has written is
// what it counts from.
func pathData(p Path) []byte {
	d := pen{unit: 10}
	if p.fine {
		d.unit = 100
	}
	for _, o := range p.ops {
		switch o.kind {
		case 'M':
			d.move(o.at[0])
		case 'L':
			d.line(o.at[0])
		case 'C':
			d.curve(o.at)
		case 'Z':
			d.buf = append(d.buf, 'z')
			d.x, d.y = d.x0, d.y0
		}
	}
	d.dot()
	return d.buf
}

// pen writes path data.
type pen struct {
	buf            []byte
	unit           int // parts of a pixel that it counts in: 10 or 100
	x, y           int
	x0, y0         int  // where the outline began
	began, drawing bool // an outline has begun; and has length
}

// units is a coordinate as the pen counts.
func (p *pen) units(v float64) int { return int(math.Round(v * float64(p.unit))) }

// dot gives an outline without length some, so that round ends show it.
func (p *pen) dot() {
	if p.began && !p.drawing {
		p.buf = append(p.buf, "h0"...)
	}
}

func (p *pen) move(at Point) {
	p.dot()
	p.x, p.y = p.units(at.X), p.units(at.Y)
	p.x0, p.y0 = p.x, p.y
	p.began, p.drawing = true, false
	p.buf = append(p.buf, 'M')
	p.number(p.x, true)
	p.number(p.y, false)
}

func (p *pen) line(at Point) {
	tx, ty := p.units(at.X), p.units(at.Y)
	dx, dy := tx-p.x, ty-p.y
	p.x, p.y = tx, ty
	switch {
	case dx == 0 && dy == 0:
		return
	case dy == 0:
		p.buf = append(p.buf, 'h')
		p.number(dx, true)
	case dx == 0:
		p.buf = append(p.buf, 'v')
		p.number(dy, true)
	default:
		p.buf = append(p.buf, 'l')
		p.number(dx, true)
		p.number(dy, false)
	}
	p.drawing = true
}

func (p *pen) curve(at [3]Point) {
	p.buf = append(p.buf, 'c')
	for i, q := range at {
		p.number(p.units(q.X)-p.x, i == 0)
		p.number(p.units(q.Y)-p.y, false)
	}
	p.x, p.y = p.units(at[2].X), p.units(at[2].Y)
	p.drawing = true
}

// number writes a count of units as a decimal, without a leading zero, apart
// from the number before it unless it follows a command.
func (p *pen) number(n int, first bool) {
	if n < 0 {
		p.buf = append(p.buf, '-')
		n = -n
	} else if !first {
		p.buf = append(p.buf, ' ')
	}
	whole, part := n/p.unit, n%p.unit
	if whole > 0 || part == 0 {
		p.buf = strconv.AppendInt(p.buf, int64(whole), 10)
	}
	if part == 0 {
		return
	}
	p.buf = append(p.buf, '.')
	for unit := p.unit / 10; part > 0; unit /= 10 {
		p.buf = append(p.buf, byte('0'+part/unit))
		part %= unit
	}
}
