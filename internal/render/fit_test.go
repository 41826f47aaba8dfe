package render

import (
	"fmt"
	"testing"

	"clickql/internal/draw"
)

// sizes are what charts are asked for: readme columns, cards, screens, phones.
var sizes = [][2]int{{240, 120}, {300, 150}, {320, 240}, {400, 200}, {480, 300}, {600, 315}, {800, 400}, {1200, 600}, {1600, 500}, {2000, 1200}}

// box is the room that a text takes, in the widest font.
type box struct {
	x0, y0, x1, y1 float64
	text           string
}

// boxes are those of a layer's texts.
func boxes(l *draw.Layer) (out []box) {
	for _, t := range l.Texts() {
		wide, all := 0., ""
		for i, r := range t.Runs {
			f := draw.Regular()
			if r.Bold {
				f = draw.Bold()
			}
			wide += f.Width(r.Text, t.Size)
			if i > 0 {
				wide += r.Gap
			}
			all += r.Text
		}
		x := t.X
		switch t.Anchor {
		case draw.Middle:
			x -= wide / 2
		case draw.End:
			x -= wide
		}
		out = append(out, box{x, t.Y - .72*t.Size, x + wide, t.Y + .02*t.Size, all})
	}
	return out
}

// TestTextsFit: at every size, in every layer, no text leaves the card, touches
// another or is too small to read.
func TestTextsFit(t *testing.T) {
	for name, spec := range charts() {
		for _, size := range sizes {
			spec.Width, spec.Height = size[0], size[1]
			if spec.Shape == Sparkline {
				spec.Width, spec.Height = size[0]/2, size[1]/3
			}
			d, err := Chart(spec)
			if err != nil {
				t.Fatalf("%s at %v: %v", name, size, err)
			}
			for i, l := range d.Layers {
				fits(t, fmt.Sprintf("%s at %dx%d, layer %d", name, size[0], size[1], i), l, d.W/l.Scale, d.H/l.Scale)
			}
		}
	}
}

func fits(t *testing.T, where string, l *draw.Layer, w, h float64) {
	for _, text := range l.Texts() {
		if text.Size < 11 {
			t.Errorf("%s: %q is %v px high", where, text.Runs[0].Text, text.Size)
		}
	}
	all := boxes(l)
	for i, a := range all {
		if a.x0 < 0 || a.x1 > w+.5 || a.y0 < 0 || a.y1 > max(h, MinHeight)+.5 {
			t.Errorf("%s: %q is at %.0f,%.0f to %.0f,%.0f and leaves the card", where, a.text, a.x0, a.y0, a.x1, a.y1)
		}
		for _, b := range all[:i] {
			if a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1 {
				t.Errorf("%s: %q and %q overlap", where, b.text, a.text)
			}
		}
	}
}

// TestThinBandsStay: ten bands at the size of a thumbnail are all there, since
// nothing is drawn between them.
func TestThinBandsStay(t *testing.T) {
	spec := charts()["stack-ten"]
	spec.Width, spec.Height = 300, 150
	d, err := Chart(spec)
	if err != nil {
		t.Fatal(err)
	}
	img := decoded(t, d, draw.Light)
	seen := map[string]bool{}
	for y := range img.Bounds().Dy() {
		r, g, b, _ := img.At(150, y).RGBA()
		seen[fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)] = true
	}
	for i, s := range inks.series[:3] {
		if !seen[s.Light] {
			t.Errorf("band %d (%s) is not to be seen", i, s.Light)
		}
	}
	if seen[inks.paper.Light] && len(seen) < 6 {
		t.Errorf("only %d colours", len(seen))
	}
}

// TestRankingIsOfTheNamed: all that is left of PyPI, many times the first project,
// leaves the bars of the others as long as they are without it, and is broken off.
func TestRankingIsOfTheNamed(t *testing.T) {
	spec := charts()["ranking-rest"]
	spec.Width, spec.Height = 800, 400
	d, err := Chart(spec)
	if err != nil {
		t.Fatal(err)
	}
	img := decoded(t, d, draw.Light)
	// bars are the runs of a colour in a row of the picture, where they are longest.
	bars := func(color string) (longest []int) {
		for y := range img.Bounds().Dy() {
			var runs []int
			before := false
			for x := range img.Bounds().Dx() {
				r, g, b, _ := img.At(x, y).RGBA()
				is := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8) == color
				if is && !before {
					runs = append(runs, 0)
				}
				if is {
					runs[len(runs)-1]++
				}
				before = is
			}
			if len(runs) > 0 && (len(longest) == 0 || runs[0] > longest[0]) {
				longest = runs
			}
		}
		return longest
	}
	first, rest := bars(inks.accent.Light), bars(inks.rest.Light)
	if len(first) != 1 || first[0] < 300 {
		t.Errorf("the first project's bar is %v pixels long", first)
	}
	if len(rest) != 2 || rest[0]+rest[1] < first[0]-10 || rest[0]+rest[1] > first[0]+1 {
		t.Errorf("what is left has the bar %v, the first project %v", rest, first)
	}
}
