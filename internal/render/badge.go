package render

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"clickql/internal/draw"
	"clickql/internal/fault"
)

// BadgeStyle is a badge's outline, named as shields.io names them.
type BadgeStyle string

// The styles.
const (
	Flat        BadgeStyle = "flat"
	FlatSquare  BadgeStyle = "flat-square"
	Plastic     BadgeStyle = "plastic"
	ForTheBadge BadgeStyle = "for-the-badge"
	Social      BadgeStyle = "social"
)

// BadgeStyles lists every style, the default first.
var BadgeStyles = []BadgeStyle{Flat, FlatSquare, Plastic, ForTheBadge, Social}

// BadgeState is what a badge has to say.
type BadgeState int

// The states.
const (
	Known   BadgeState = iota // Value is an answer
	Unknown                   // Value says why there is none ("unknown project"): grey
	Failed                    // Value says what failed ("unavailable"): red
)

// BadgeSpec is a badge: a label and a value side by side.
type BadgeSpec struct {
	// Label stands on the left, such as "downloads/month"; may be empty.
	Label string
	// Value stands on the right, such as Count's text.
	Value string
	// State overrides Color for what is no answer.
	State BadgeState
	// Color and LabelColor are the right and left backgrounds, see ParseColor.
	// Empty for the default: blue on dark grey.
	Color, LabelColor string
	// Logo is an icon of 24 by 24 pixels at the left; empty for none. LogoColor is
	// its colour; empty for the label's.
	Logo      draw.Path
	LogoColor string
	// Style is Flat where empty.
	Style BadgeStyle
}

// look is the measures of a badge style, in pixels.
type look struct {
	height, radius       float64
	size, baseline       float64 // of the text
	padding, spacing     float64 // beside each text; between its letters
	logo                 float64 // an icon's side
	upper, shadow        bool
	labelFace, valueFace func() draw.Face
}

// looks gives each style shields.io's measures.
var looks = map[BadgeStyle]look{
	Flat:        {20, 3, 11, 14, 5, 0, 14, false, true, draw.Regular, draw.Regular},
	FlatSquare:  {20, 0, 11, 14, 5, 0, 14, false, false, draw.Regular, draw.Regular},
	Plastic:     {18, 4, 11, 13, 5, 0, 13, false, true, draw.Regular, draw.Regular},
	ForTheBadge: {28, 0, 10, 17.5, 12, 1.25, 14, true, false, draw.Regular, draw.Bold},
	Social:      {20, 2, 11, 14, 6, 0, 14, false, false, draw.Bold, draw.Bold},
}

// The most pixels that either text of a badge takes: what tells an error is not
// cut where an answer would be.
const maxBadgeText, maxBadgeError = 400, 900

// Badge draws a badge. The error is a *fault.Error with BadUserInput, for a
// colour or a style that is none.
func Badge(spec BadgeSpec) (*draw.Drawing, error) {
	l, ok := looks[cmp.Or(spec.Style, Flat)]
	if !ok {
		return nil, fault.BadInput("%q is not a badge style", draw.Clean(string(spec.Style), maxText))
	}
	b := badge{look: l, social: spec.Style == Social, logo: spec.Logo}
	defaults := [2]string{"grey", "blue"}
	if b.social {
		defaults = [2]string{"#fcfcfc", "#fafafa"}
	}
	var err error
	if b.label.color, err = ParseColor(cmp.Or(spec.LabelColor, defaults[0])); err != nil {
		return nil, err
	}
	if b.value.color, err = ParseColor(cmp.Or(spec.color(), defaults[1])); err != nil {
		return nil, err
	}
	if b.logoColor, err = ParseColor(cmp.Or(spec.LogoColor, b.inkOn(b.label.color))); err != nil {
		return nil, err
	}
	room := maxBadgeText
	if spec.State != Known {
		room = maxBadgeError
	}
	b.measure(&b.label, spec.Label, l.labelFace(), maxBadgeText)
	b.measure(&b.value, spec.Value, l.valueFace(), room)
	return b.drawing(draw.Clean(spec.Label, maxText), draw.Clean(spec.Value, maxText)), nil
}

// color is the value's colour, as far as one is said.
func (s BadgeSpec) color() string {
	switch s.State {
	case Unknown:
		return "lightgrey"
	case Failed:
		return "red"
	}
	return s.Color
}

// badge is a badge being drawn.
type badge struct {
	look
	social       bool
	label, value half
	logo         draw.Path
	logoColor    string
}

// half is one half of a badge.
type half struct {
	text, color string
	long        float64 // the text
	at          float64 // where it begins
	width       float64 // the half
	bold        bool
}

// measure sets the text of one half and its width. The half without text has
// none, unless it has the logo.
func (b *badge) measure(h *half, text string, f draw.Face, room int) {
	text = draw.Clean(text, maxText)
	if b.upper {
		text = strings.ToUpper(text)
	}
	h.text = f.Fit(text, b.size, float64(room))
	h.bold = f == draw.Bold()
	if h.text != "" {
		h.long = f.Width(h.text, b.size) + b.spacing*float64(len([]rune(h.text)))
		h.width = math.Ceil(h.long + 2*b.padding)
		h.at = b.padding
	}
	if h == &b.label && !b.logo.Empty() {
		room := b.logo1() + 3
		if h.text == "" {
			h.width = b.logo1() + 2*b.padding
		} else {
			h.width += room
			h.at += room
		}
	}
}

// logo1 is the side of the logo.
func (b *badge) logo1() float64 { return b.look.logo }

// drawing puts the halves side by side.
func (b *badge) drawing(label, value string) *draw.Drawing {
	gap := 0.
	if b.social && b.label.width > 0 {
		gap = 6
	}
	w := b.label.width + gap + b.value.width
	name := value
	if label != "" {
		name = label + ": " + value
	}
	l := &draw.Layer{Scale: 1}
	if b.social {
		b.bubbles(l, gap)
	} else {
		b.boxes(l, w)
	}
	if !b.logo.Empty() {
		side := b.logo1()
		l.Path(b.logo.Fitted(24, b.padding, (b.height-side)/2, side), draw.Style{Fill: plain("logo", b.logoColor)})
	}
	b.write(l, b.label, 0)
	b.write(l, b.value, b.label.width+gap)
	return &draw.Drawing{W: w, H: b.height, Title: name, Fonts: draw.BadgeFonts, Layers: []*draw.Layer{l}}
}

// boxes draws the backgrounds of the halves, rounded at the outside.
func (b *badge) boxes(l *draw.Layer, w float64) {
	var left, right draw.Path
	split := b.label.width
	if split > 0 {
		left.RoundRect(0, 0, split, b.height, b.radius, true, b.value.width == 0)
		l.Path(left, draw.Style{Fill: plain("label", b.label.color)})
	}
	right.RoundRect(split, 0, w-split, b.height, b.radius, split == 0, true)
	l.Path(right, draw.Style{Fill: plain("value", b.value.color)})
	if b.height == looks[Plastic].height {
		b.shine(l, w)
	}
}

// shine lightens a plastic badge at the top and darkens it at the bottom, row by
// row: a gradient would need an id, which is one for a whole page.
func (b *badge) shine(l *draw.Layer, w float64) {
	stops := []struct {
		at, alpha float64
		color     string
	}{{0, .7, "#fff"}, {.1, .1, "#aaa"}, {.9, .3, "#000"}, {1, .5, "#000"}}
	for row := range int(b.height) {
		at := (float64(row) + .5) / b.height
		k := 1
		for at > stops[k].at {
			k++
		}
		part := (at - stops[k-1].at) / (stops[k].at - stops[k-1].at)
		alpha := stops[k-1].alpha + part*(stops[k].alpha-stops[k-1].alpha)
		edge := min(float64(row)+.5, b.height-float64(row)-.5)
		inset := 0.
		if edge < b.radius {
			inset = b.radius - math.Sqrt(b.radius*b.radius-(b.radius-edge)*(b.radius-edge))
		}
		var line draw.Path
		line.Rect(inset, float64(row), w-2*inset, 1)
		color := stops[k-1].color
		if part > .5 {
			color = stops[k].color
		}
		l.Path(line, draw.Style{Fill: plain("shine", color), Opacity: math.Round(alpha*100) / 100})
	}
}

// bubbles draws the two boxes of a social badge, the right one with a corner
// that points to the left one.
func (b *badge) bubbles(l *draw.Layer, gap float64) {
	line := plain("edge", "#d5d5d5")
	var left, right draw.Path
	if b.label.width > 0 {
		left.RoundRect(.5, .5, b.label.width-1, b.height-1, b.radius, true, true)
		l.Path(left, draw.Style{Fill: plain("label", b.label.color), Stroke: line})
	}
	x := b.label.width + gap
	right.RoundRect(x+.5, .5, b.value.width-1, b.height-1, b.radius, true, true)
	l.Path(right, draw.Style{Fill: plain("value", b.value.color), Stroke: line})
	if gap > 0 {
		var corner, cover draw.Path
		corner.Lines([]draw.Point{{X: x + .5, Y: 6.5}, {X: x - 2.5, Y: 10}, {X: x + .5, Y: 13.5}})
		l.Path(corner, draw.Style{Fill: plain("value", b.value.color), Stroke: line})
		cover.Rect(x, 7, 1, 6)
		l.Path(cover, draw.Style{Fill: plain("value", b.value.color)})
	}
}

// inkOn is the colour of text on a background: white, or dark on a bright one.
func (b *badge) inkOn(color string) string {
	if draw.Brightness(color) > .69 {
		return "#333"
	}
	return "#fff"
}

// write puts a half's text into it. Its length is fixed, so that it fills its
// half whatever font the reader has; but not where letters join.
func (b *badge) write(l *draw.Layer, h half, x float64) {
	if h.text == "" {
		return
	}
	ink := b.inkOn(h.color)
	t := draw.Text{X: x + h.at + h.long/2, Y: b.baseline, Size: b.size, Anchor: draw.Middle,
		Runs: []draw.Run{{Text: h.text, Ink: plain("on", ink), Bold: h.bold}}}
	if !slices.ContainsFunc([]rune(h.text), joins) {
		t.Length = h.long
	}
	if b.shadow {
		shadow := t
		shade := "#010101"
		if ink != "#fff" {
			shade = "#ccc"
		}
		shadow.Y, shadow.Hidden, shadow.Opacity = t.Y+1, true, .3
		shadow.Runs = []draw.Run{{Text: h.text, Ink: plain("shade", shade), Bold: h.bold}}
		l.Text(shadow)
	}
	l.Text(t)
}

// joins tells a character of a script whose letters may join or combine:
// everything beyond Latin, Greek, Cyrillic and Armenian, but for punctuation.
func joins(r rune) bool { return r >= 0x590 && (r < 0x2000 || r > 0x2fff) }

// plain is a colour that is the same in every theme.
func plain(name, color string) draw.Ink {
	return draw.Ink{Name: "badge-" + name, Light: color, Dark: color}
}
