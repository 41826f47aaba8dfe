package render

import (
	"math"
	"os"
	"regexp"
	"testing"

	"clickql/internal/draw"
)

// eyes are normal sight and the three dichromacies, as matrices on linear RGB
// (Machado, Oliveira and Fernandes 2009, severity 1).
var eyes = map[string][9]float64{
	"normal":       {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"protanopia":   {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	"deuteranopia": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	"tritanopia":   {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
}

// linear is a colour's light, without sRGB's curve.
func linear(color string) [3]float64 {
	r, g, b := draw.RGB(color)
	one := func(v uint8) float64 {
		if c := float64(v) / 255; c > .04045 {
			return math.Pow((c+.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	return [3]float64{one(r), one(g), one(b)}
}

// oklab is a colour as an eye sees it, in OKLab (Ottosson 2020), times 100.
func oklab(color string, eye [9]float64) [3]float64 {
	in := linear(color)
	var c [3]float64
	for i := range c {
		c[i] = min(max(eye[3*i]*in[0]+eye[3*i+1]*in[1]+eye[3*i+2]*in[2], 0), 1)
	}
	l := math.Cbrt(.4122214708*c[0] + .5363325363*c[1] + .0514459929*c[2])
	m := math.Cbrt(.2119034982*c[0] + .6806995451*c[1] + .1073969566*c[2])
	s := math.Cbrt(.0883024619*c[0] + .2817188376*c[1] + .6299787005*c[2])
	return [3]float64{
		100 * (.2104542553*l + .7936177850*m - .0040720468*s),
		100 * (1.9779984951*l - 2.4285922050*m + .4505937099*s),
		100 * (.0259040371*l + .7827717662*m - .8086757660*s),
	}
}

// distance is the least that two colours differ for any eye, and for which.
func distance(a, b string) (least float64, who string) {
	least = math.Inf(1)
	for name, eye := range eyes {
		p, q := oklab(a, eye), oklab(b, eye)
		if d := math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2])); d < least {
			least, who = d, name
		}
	}
	return least, who
}

// contrast is WCAG's ratio.
func contrast(a, b string) float64 {
	light := func(c string) float64 {
		l := linear(c)
		return .2126*l[0] + .7152*l[1] + .0722*l[2] + .05
	}
	x, y := light(a), light(b)
	return max(x, y) / min(x, y)
}

// TestNeighboursDiffer: in the order of stacks each colour differs from the one
// before it, from Other, which may follow after any of them, and where a ring
// closes from the first; a map's classes differ from the next ones.
func TestNeighboursDiffer(t *testing.T) {
	const want = 10
	for _, theme := range []draw.Theme{draw.Light, draw.Dark} {
		check := func(a, b draw.Ink) {
			if d, who := distance(a.In(theme), b.In(theme)); d < want {
				t.Errorf("%s: %s and %s differ by %.2f for %s, want %d", theme, a.Name, b.Name, d, who, want)
			}
		}
		for i, s := range inks.series {
			if i > 0 {
				check(inks.series[i-1], s)
				check(inks.series[0], s)
			}
			check(s, inks.rest)
		}
		check(inks.accent, inks.rest)
		for i := range 4 {
			check(inks.classes[i], inks.classes[i+1])
		}
	}
}

// TestContrast: text is 4.5:1 or more, what carries data 3:1 (WCAG 2.2, 1.4.3
// and 1.4.11), on the card and on the pages that pictures stand in.
func TestContrast(t *testing.T) {
	for theme, page := range map[draw.Theme]string{draw.Light: "#f6f8fa", draw.Dark: "#0d1117"} {
		for _, ground := range []string{inks.paper.In(theme), page} {
			for _, text := range []draw.Ink{inks.strong, inks.muted, inks.accent} {
				if c := contrast(text.In(theme), ground); c < 4.5 {
					t.Errorf("%s on %s: %.2f", text.Name, ground, c)
				}
			}
			for _, i := range append(inks.series[:], inks.rest) {
				if c := contrast(i.In(theme), ground); c < 3 {
					t.Errorf("%s on %s: %.2f", i.Name, ground, c)
				}
			}
		}
	}
}

// TestInksOnABackground: whatever the background, text can be read and a line seen on it.
func TestInksOnABackground(t *testing.T) {
	for _, ground := range []string{"#ffffff", "#000000", "#fff5e0", "#0d1117", "#808080", "#1d4ed8", "#faff69"} {
		p := inksOn(ground)
		for _, theme := range []draw.Theme{draw.Light, draw.Dark} {
			for _, text := range []draw.Ink{p.strong, p.muted} {
				if c := contrast(text.In(theme), ground); c < 3.9 {
					t.Errorf("%s on %s: %.2f", text.In(theme), ground, c)
				}
			}
			if c := contrast(p.accent.In(theme), ground); c < 3 {
				t.Errorf("the line %s on %s: %.2f", p.accent.In(theme), ground, c)
			}
		}
	}
}

// TestPagesHaveTheSameInks: what the browser draws, in pages and in embeds, and
// pictures that lie in pages have the colours of pictures, in each of the style
// sheet's themes. drawn.css tells which of the sheet's colours is an ink's.
func TestPagesHaveTheSameInks(t *testing.T) {
	const sheets = "../server/web/src/site/chart/"
	read := func(name string) string {
		text, err := os.ReadFile(sheets + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	drawn := map[string]string{}
	for _, m := range regexp.MustCompile(`\.clickql \.(fill|stroke)-(\w+) \{ (fill|stroke): ([^;]+); \}`).FindAllStringSubmatch(read("drawn.css"), -1) {
		if before, known := drawn[m[2]]; m[1] != m[3] || known && before != m[4] {
			t.Errorf("drawn.css: %s", m[0])
		}
		drawn[m[2]] = m[4]
	}
	if got, want := drawn["tint"], "color-mix(in srgb, var(--accent) 16%, var(--paper))"; got != want {
		t.Errorf("tint is %s, want %s", got, want)
	}
	// The sheet's themes: light, dark by choice, dark by the reader's setting.
	blocks := regexp.MustCompile(`color-scheme: (light|dark);([^}]*)\}`).FindAllStringSubmatch(read("palette.css"), -1)
	if len(blocks) != 3 || blocks[0][1] != "light" || blocks[1][1] != "dark" || blocks[2][1] != "dark" {
		t.Fatalf("palette.css has other themes: %q", blocks)
	}
	for _, block := range blocks {
		colors := map[string]string{}
		for _, m := range regexp.MustCompile(`(--\w+): (#[0-9a-f]{6});`).FindAllStringSubmatch(block[2], -1) {
			colors["var("+m[1]+")"] = m[2]
		}
		list := inks.all()
		for _, i := range list {
			if got, want := colors[drawn[i.Name]], i.In(draw.Theme(block[1])); got != want {
				t.Errorf("%s: %s is %q in palette.css, want %s", block[1], i.Name, got, want)
			}
		}
		if len(colors) != len(list) {
			t.Errorf("%s: palette.css has %d colours, pictures have %d", block[1], len(colors), len(list))
		}
	}
}
