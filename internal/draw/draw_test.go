package draw

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"
)

var (
	red   = Ink{"red", "#ff0000", "#ff8080"}
	white = Ink{"white", "#ffffff", "#000000"}
)

// square is a drawing of a red square on white.
func square() *Drawing {
	var ground, box Path
	ground.Rect(0, 0, 40, 30)
	box.Rect(10, 10, 10, 10)
	l := &Layer{Scale: 1}
	l.Path(ground, Style{Fill: white})
	l.Path(box, Style{Fill: red})
	return &Drawing{W: 40, H: 30, Title: `a "name" & <more>`, Fonts: SansFonts, Layers: []*Layer{l}}
}

// TestBothBackEndsAgree: the PNG has the colours of the SVG's theme at the
// places that the SVG names, at any density.
func TestBothBackEndsAgree(t *testing.T) {
	d := square()
	if svg := string(d.SVG(Dark, File)); !strings.Contains(svg, `d="M10 10h10v10h-10z" fill="#ff8080"`) {
		t.Errorf("%s", svg)
	}
	for theme, want := range map[Theme]color.RGBA{Light: {255, 0, 0, 255}, Auto: {255, 0, 0, 255}, Dark: {255, 128, 128, 255}} {
		for _, density := range []float64{1, 2, 1.5} {
			out, err := d.PNG(theme, density)
			if err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			if size := img.Bounds().Size(); size.X != int(40*density) || size.Y != int(30*density) {
				t.Errorf("%v at %v", size, density)
			}
			at := int(15 * density)
			if got := color.RGBAModel.Convert(img.At(at, at)); got != want {
				t.Errorf("%s at %v: %v, want %v", theme, density, got, want)
			}
			if r, _, _, _ := img.At(at, int(25*density)).RGBA(); r == 0xffff && theme == Dark || r == 0 && theme != Dark {
				t.Errorf("%s at %v: the square reaches too far", theme, density)
			}
		}
	}
}

// TestPNGIsBounded: nobody can ask for a picture that fills the memory.
func TestPNGIsBounded(t *testing.T) {
	d := square()
	d.W, d.H = 4000, 4000
	if _, err := d.PNG(Light, 1); err == nil {
		t.Error("16 million pixels were drawn")
	}
	if _, err := d.PNG(Light, 0); err == nil {
		t.Error("no pixel was drawn")
	}
}

// TestPlaces: a file brings its styles, a page has none but classes.
func TestPlaces(t *testing.T) {
	d := square()
	file, page := string(d.SVG(Auto, File)), string(d.SVG(Auto, Page))
	if !strings.Contains(file, "prefers-color-scheme:dark") || !strings.Contains(file, "<title>a &#34;name&#34; &amp; &lt;more&gt;</title>") {
		t.Errorf("%s", file)
	}
	if strings.Contains(page, "<style") || strings.Contains(page, "style=") || !strings.Contains(page, `class="fill-red"`) || !strings.Contains(page, "aria-label=") {
		t.Errorf("%s", page)
	}
	if css := StyleSheet(".dark", Dark, []Ink{red}); css != ".dark .clickql .fill-red{fill:#ff8080}.dark .clickql .stroke-red{stroke:#ff8080}" {
		t.Errorf("%s", css)
	}
	if light := string(d.SVG(Light, File)); strings.Contains(light, "class=\"fill") || strings.Contains(light, "<style") {
		t.Errorf("%s", light)
	}
}

// TestPathData: numbers are short, and rounding does not add up.
func TestPathData(t *testing.T) {
	var p Path
	p.Move(.04, 10)
	for i := 1; i <= 100; i++ {
		p.Line(float64(i)*.14, 10)
	}
	p.Line(-3.5, .05)
	p.Curve(1, 1, 2, 2.25, 3, 0)
	p.Close()
	got := string(pathData(p))
	if !strings.HasPrefix(got, "M0 10h.1h.2h.1h.2") || !strings.HasSuffix(got, "l-17.5-9.9c4.5 .9 5.5 2.2 6.5-.1z") {
		t.Errorf("%s", got)
	}
}

// TestHatchStaysInside: every line of a hatching is within the polygon, and
// polygons that share a border are hatched as one.
func TestHatchStaysInside(t *testing.T) {
	var both, apart Path
	a, b := []Point{{0, 0}, {10, 0}, {10, 20}, {0, 20}}, []Point{{10, 0}, {20, 0}, {20, 20}, {10, 20}}
	both.Hatch(4, a, b)
	apart.Hatch(4, []Point{{0, 0}, {20, 0}, {20, 20}, {0, 20}})
	if x, y := string(pathData(both)), string(pathData(apart)); x != y || x == "" {
		t.Errorf("%s\n%s", x, y)
	}
	for _, o := range both.ops {
		if p := o.at[0]; p.X < -1e-9 || p.X > 20+1e-9 || p.Y < -1e-9 || p.Y > 20+1e-9 {
			t.Errorf("%v is outside", p)
		}
	}
}

// TestCircles: curves stay within a thousandth of the circle they stand for.
func TestCircles(t *testing.T) {
	var p Path
	p.Circle(0, 0, 100)
	last := p.ops[0].at[0]
	for _, o := range p.ops[1:] {
		if o.kind != 'C' {
			continue
		}
		for i := range 11 {
			at := cubic(last, o.at, float64(i)/10)
			if r := math.Hypot(at.X, at.Y); math.Abs(r-100) > .1 {
				t.Fatalf("radius %v", r)
			}
		}
		last = o.at[2]
	}
}

// TestVisualOrder: in a PNG what is written from right to left stands so, and letters
// that join are joined: as the forms of Unicode's that fonts have of them.
func TestVisualOrder(t *testing.T) {
	r := &raster{faces: facesOf(SansFonts)}
	for text, want := range map[string]string{
		"abc": "abc", "e\u0301": "é", "👩‍👩": "👩👩",
		"שלום": "םולש", "a שלום b": "a םולש b", "שלום 12": "12 םולש",
		"ب": "ب", "ببب": "\ufe90\ufe92\ufe91", "ورد": "درو", "عدد ب": "ب \ufea9\ufeaa\ufecb",
		"a ببب b": "a \ufe90\ufe92\ufe91 b", "下载 ب": "下载 ب", "a שלום 12 b": "a 12 םולש b", "(שלום) b": "(םולש) b", "שלום 1.5% b": "1.5% םולש b", "שלום b 12": "םולש b 12",
	} {
		got := r.line(Run{Text: text})
		chars := []rune(want)
		if len(got) != len(chars) {
			t.Errorf("%q: %d glyphs, want those of %q", text, len(got), want)
			continue
		}
		for i, c := range chars {
			if alone := nominal(c, r.faces[0]); !slices.Equal(got[i].segments, alone.segments) {
				t.Errorf("%q: glyph %d is not that of %q", text, i, c)
			}
		}
	}
	if got := r.line(Run{Text: "لا"}); len(got) != 1 || !slices.Equal(got[0].segments, nominal('\ufefb', r.faces[0]).segments) {
		t.Errorf("lam and alef are %d glyphs, want their ligature", len(got))
	}
	if got := r.line(Run{Text: "بَ"}); len(got) != 2 || got[0].advance != 0 && got[1].advance != 0 {
		t.Errorf("a mark above takes room: %+v", got)
	}
}
