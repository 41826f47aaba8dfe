package draw

// Drawing is a picture of W x H pixels: what is drawn, in order, and the name and
// description that screen readers speak. Layers after the first show the same on
// a narrower screen.
type Drawing struct {
	W, H        float64
	Title, Desc string
	Fonts       string // CSS font-family
	Layers      []*Layer
}

// Layer is the content of a picture laid out at a width of its own. It is what
// is shown where the picture is less than Below pixels wide on the screen (the
// first, whose Below is 0: wherever no other is).
type Layer struct {
	Scale float64 // from the layer's pixels to the drawing's
	Below int
	items []item
}

// Style is how a path is painted. Fill and Stroke may be left out.
type Style struct {
	Fill, Stroke Ink
	Width        float64   // of the stroke; 1 where 0
	Dash         []float64 // lengths drawn and left out in turn
	Opacity      float64   // of the whole; 1 where 0
	Round        bool      // ends and corners of the stroke are round
}

// Anchor is the part of a text that its place names.
type Anchor uint8

// The anchors.
const (
	Start Anchor = iota
	Middle
	End
)

// Text is a line of text whose baseline is at a place.
type Text struct {
	X, Y   float64
	Size   float64 // pixels
	Anchor Anchor
	Runs   []Run
	// Halo is drawn around the letters, so that they can be read over lines; the
	// zero Ink for none.
	Halo Ink
	// Length, where it is not 0, is how long the text is made by the reader's own
	// fonts. Only text whose letters do not join may have one.
	Length  float64
	Opacity float64 // 1 where 0
	Hidden  bool    // from screen readers: a shadow
}

// Run is a part of a text in one ink and weight.
type Run struct {
	Text string
	Ink  Ink
	Bold bool
	// Gap is the room before the run.
	Gap float64
}

// item is a path with its style, or a text.
type item struct {
	path  Path
	style Style
	text  *Text
}

// Path draws a path.
func (l *Layer) Path(p Path, s Style) {
	if !p.Empty() {
		l.items = append(l.items, item{path: p, style: s})
	}
}

// Rule draws a straight line.
func (l *Layer) Rule(x1, y1, x2, y2 float64, s Style) {
	var p Path
	p.Move(x1, y1)
	p.Line(x2, y2)
	l.Path(p, s)
}

// Text writes a text; one without letters is left out.
func (l *Layer) Text(t Text) {
	runs := t.Runs[:0:0]
	for _, r := range t.Runs {
		if r.Text != "" {
			runs = append(runs, r)
		}
	}
	if t.Runs = runs; len(runs) > 0 {
		l.items = append(l.items, item{text: &t})
	}
}

// Texts are what is written in the layer, in order: for tests, and for whoever
// wants to know where.
func (l *Layer) Texts() []Text {
	var out []Text
	for _, i := range l.items {
		if i.text != nil {
			out = append(out, *i.text)
		}
	}
	return out
}

// inks are those of all layers, each once, in the order of their use.
func (d *Drawing) inks() []Ink {
	var all []Ink
	seen := map[string]bool{"": true}
	add := func(i Ink) {
		if !seen[i.Name] {
			seen[i.Name] = true
			all = append(all, i)
		}
	}
	for _, l := range d.Layers {
		for _, i := range l.items {
			add(i.style.Fill)
			add(i.style.Stroke)
			if i.text == nil {
				continue
			}
			add(i.text.Halo)
			for _, r := range i.text.Runs {
				add(r.Ink)
			}
		}
	}
	return all
}
