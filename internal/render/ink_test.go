package render

import (
	"math"
	"strconv"
	"testing"
)

// linear is a colour's red, green and blue as light (sRGB, IEC 61966-2-1).
func linear(t *testing.T, hex string) [3]float64 {
	t.Helper()
	var out [3]float64
	for i := range out {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatalf("%s: %v", hex, err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			out[i] = c / 12.92
		} else {
			out[i] = math.Pow((c+.055)/1.055, 2.4)
		}
	}
	return out
}

// contrast is WCAG's contrast ratio.
func contrast(t *testing.T, a, b string) float64 {
	lum := func(c [3]float64) float64 { return .2126*c[0] + .7152*c[1] + .0722*c[2] + .05 }
	x, y := lum(linear(t, a)), lum(linear(t, b))
	return max(x, y) / min(x, y)
}

func TestContrast(t *testing.T) {
	for _, i := range append(palette[:], rest) {
		if c := contrast(t, i.light, paper.light); c < 3 {
			t.Errorf("%s %s on light paper: %.2f", i.name, i.light, c)
		}
		if c := contrast(t, i.dark, paper.dark); c < 3 {
			t.Errorf("%s %s on dark paper: %.2f", i.name, i.dark, c)
		}
	}
	for _, i := range []ink{strong, muted} {
		if c := contrast(t, i.light, paper.light); c < 4.5 {
			t.Errorf("%s on light paper: %.2f", i.name, c)
		}
		if c := contrast(t, i.dark, paper.dark); c < 4.5 {
			t.Errorf("%s on dark paper: %.2f", i.name, c)
		}
	}
}

// eyes are how people see who lack one kind of cone (Machado, Oliveira and
// Fernandes 2009, severity 1.0).
var eyes = map[string][3][3]float64{
	"all cones":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// oklab is a colour's place in a space where distances are as people see them
// (Ottosson 2020).
func oklab(c [3]float64) [3]float64 {
	for i := range c {
		c[i] = min(max(c[i], 0), 1)
	}
	l := math.Cbrt(.4122214708*c[0] + .5363325363*c[1] + .0514459929*c[2])
	m := math.Cbrt(.2119034982*c[0] + .6806995451*c[1] + .1073969566*c[2])
	s := math.Cbrt(.0883024619*c[0] + .2817188376*c[1] + .6299787005*c[2])
	return [3]float64{.2104542553*l + .7936177850*m - .0040720468*s, 1.9779984951*l - 2.4285922050*m + .4505937099*s, .0259040371*l + .7827717662*m - .8086757660*s}
}

// Any two colours differ for every kind of eye; the first six the most. A
// difference of 0.02 is just noticeable.
func TestPaletteIsToldApart(t *testing.T) {
	for name, matrix := range eyes {
		seen := func(hex string) [3]float64 {
			c := linear(t, hex)
			var out [3]float64
			for i := range out {
				out[i] = matrix[i][0]*c[0] + matrix[i][1]*c[1] + matrix[i][2]*c[2]
			}
			return oklab(out)
		}
		for i, a := range palette {
			for j, b := range palette[:i] {
				least := .055
				if i < 6 {
					least = .08
				}
				for theme, pair := range map[Theme][2]string{Light: {a.light, b.light}, Dark: {a.dark, b.dark}} {
					x, y := seen(pair[0]), seen(pair[1])
					if d := math.Hypot(math.Hypot(x[0]-y[0], x[1]-y[1]), x[2]-y[2]); d < least {
						t.Errorf("%s, %s: colours %d and %d are %.3f apart", theme, name, j, i, d)
					}
				}
			}
		}
	}
}
