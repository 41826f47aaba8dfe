package draw

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Theme chooses the colours of a picture.
type Theme string

// The themes. Auto follows the reader's own setting (prefers-color-scheme)
// through CSS inside the SVG, which browsers and GitHub honour in <img>, too. A
// PNG cannot follow: Auto is Light there.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Ink is a colour by its role, in the light and in the dark theme, each #rgb or
// #rrggbb. The zero Ink paints nothing.
type Ink struct{ Name, Light, Dark string }

// In is the ink's colour in a theme; Auto is light where nothing says otherwise.
func (i Ink) In(t Theme) string {
	if t == Dark {
		return i.Dark
	}
	return i.Light
}

// RGB reads a colour of an Ink's form.
func RGB(color string) (r, g, b uint8) {
	hex := strings.TrimPrefix(color, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	v, _ := strconv.ParseUint(hex, 16, 32) // a constant of ours, or checked where it came in
	return uint8(v >> 16), uint8(v >> 8), uint8(v)
}

// Mix is the opaque colour of part of one ink over another: a fill that lets
// nothing shine through, so that what is behind does not change it.
func Mix(name string, over, paper Ink, part float64) Ink {
	mix := func(a, b string) string {
		r1, g1, b1 := RGB(a)
		r2, g2, b2 := RGB(b)
		one := func(x, y uint8) int { return int(float64(x)*part + float64(y)*(1-part) + .5) }
		return fmt.Sprintf("#%02x%02x%02x", one(r1, r2), one(g1, g2), one(b1, b2))
	}
	return Ink{name, mix(over.Light, paper.Light), mix(over.Dark, paper.Dark)}
}

// Brightness is how light a colour looks, 0 to 1 (W3C, Techniques for
// Accessibility Evaluation, 2.2).
func Brightness(color string) float64 {
	r, g, b := RGB(color)
	return (299*float64(r) + 587*float64(g) + 114*float64(b)) / 255_000
}

// Contrast is WCAG's ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance).
func Contrast(a, b string) float64 {
	luminance := func(color string) float64 {
		one := func(v uint8) float64 {
			if c := float64(v) / 255; c > .04045 {
				return math.Pow((c+.055)/1.055, 2.4)
			}
			return float64(v) / 255 / 12.92
		}
		r, g, b := RGB(color)
		return .2126*one(r) + .7152*one(g) + .0722*one(b) + .05
	}
	x, y := luminance(a), luminance(b)
	return max(x, y) / min(x, y)
}

// StyleSheet is the CSS that gives the inks their colours of a theme inside
// elements of class clickql below a selector (empty for anywhere): for a page
// that has pictures within it. The rules name no other class.
func StyleSheet(below string, theme Theme, inks []Ink) string {
	if below != "" {
		below += " "
	}
	var css strings.Builder
	for _, i := range inks {
		fmt.Fprintf(&css, "%[1]s.clickql .fill-%[2]s{fill:%[3]s}%[1]s.clickql .stroke-%[2]s{stroke:%[3]s}", below, i.Name, i.In(theme))
	}
	return css.String()
}
