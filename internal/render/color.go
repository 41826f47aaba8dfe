package render

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"

	"clickql/internal/draw"
	"clickql/internal/fault"
)

// badgeColors are the names that shields.io gives its colours, which go before
// those of CSS.
var badgeColors = map[string]string{
	"brightgreen": "#4c1", "green": "#97ca00", "yellowgreen": "#a4a61d", "yellow": "#dfb317",
	"orange": "#fe7d37", "red": "#e05d44", "blue": "#007ec6", "grey": "#555", "gray": "#555",
	"lightgrey": "#9f9f9f", "lightgray": "#9f9f9f", "success": "#4c1", "important": "#fe7d37",
	"critical": "#e05d44", "informational": "#007ec6", "inactive": "#9f9f9f", "clickhouse": "#faff69",
}

// The forms of a colour beside names: three or six hexadecimal digits, and CSS's
// functions.
var (
	hexColor = regexp.MustCompile(`^#?([0-9a-f]{3}|[0-9a-f]{6})$`)
	rgbColor = regexp.MustCompile(`^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$`)
	hslColor = regexp.MustCompile(`^hsl\(\s*(\d{1,3})\s*,\s*(\d{1,3})%\s*,\s*(\d{1,3})%\s*\)$`)
)

// ParseColor reads a colour: a name that shields.io or CSS knows, clickhouse,
// three or six hexadecimal digits with or without #, rgb(r,g,b) or hsl(h,s%,l%).
// It gives the colour as #rgb or #rrggbb. The error is a *fault.Error with
// BadUserInput.
func ParseColor(text string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	if c, ok := badgeColors[name]; ok {
		return c, nil
	}
	if c, ok := colornames.Map[name]; ok {
		return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B), nil
	}
	if m := hexColor.FindStringSubmatch(name); m != nil {
		return "#" + m[1], nil
	}
	if m := rgbColor.FindStringSubmatch(name); m != nil {
		return fmt.Sprintf("#%02x%02x%02x", upTo(m[1], 255), upTo(m[2], 255), upTo(m[3], 255)), nil
	}
	if m := hslColor.FindStringSubmatch(name); m != nil {
		return hsl(float64(upTo(m[1], 360)), float64(upTo(m[2], 100))/100, float64(upTo(m[3], 100))/100), nil
	}
	return "", fault.BadInput("%q is not a colour; write a name such as blue, hexadecimal digits such as 2563eb, rgb(37,99,235) or hsl(221,83%%,53%%)", draw.Clean(text, maxLabel))
}

// upTo is a number of at most three digits, or most where it is more.
func upTo(digits string, most int) int {
	n, _ := strconv.Atoi(digits) // the pattern has checked it
	return min(n, most)
}

// hsl is a colour by hue, saturation and lightness (CSS Color 4, section 7.1).
func hsl(hue, saturation, lightness float64) string {
	one := func(n float64) int {
		k := math.Mod(n+hue/30, 12)
		a := saturation * min(lightness, 1-lightness)
		return int(math.Round(255 * (lightness - a*max(-1, min(k-3, 9-k, 1)))))
	}
	return fmt.Sprintf("#%02x%02x%02x", one(0), one(8), one(4))
}
