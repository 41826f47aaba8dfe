package render

import (
	"regexp"
	"strconv"
	"strings"
)

// badgeColors are the names that shields.io gives its colours.
var badgeColors = map[string]string{
	"brightgreen": "#4c1", "green": "#97ca00", "yellowgreen": "#a4a61d", "yellow": "#dfb317",
	"orange": "#fe7d37", "red": "#e05d44", "blue": "#007ec6", "grey": "#555", "gray": "#555",
	"lightgrey": "#9f9f9f", "lightgray": "#9f9f9f", "success": "#4c1", "important": "#fe7d37",
	"critical": "#e05d44", "informational": "#007ec6", "inactive": "#9f9f9f", "clickhouse": "#faff69",
}

// hexColor is a colour of three or six hexadecimal digits.
var hexColor = regexp.MustCompile(`^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)

// ParseColor reads a badge's colour: a name that shields.io knows, clickhouse,
// or three or six hexadecimal digits with or without #. It gives the colour as
// #rgb or #rrggbb. The error is a *query.Error with BadUserInput.
func ParseColor(text string) (string, error) {
	if c, ok := badgeColors[strings.ToLower(text)]; ok {
		return c, nil
	}
	if m := hexColor.FindStringSubmatch(text); m != nil {
		return "#" + strings.ToLower(m[1]), nil
	}
	return "", badInput("%q is not a colour; write a name such as blue, or hexadecimal digits such as 2563eb", clean(text, maxText))
}

// brightness is how light a colour of ParseColor's form looks, 0 to 1
// (W3C, Techniques for Accessibility Evaluation, 2.2).
func brightness(color string) float64 {
	hex := color[1:]
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	v, _ := strconv.ParseUint(hex, 16, 32) // ParseColor has checked it
	r, g, b := float64(v>>16), float64(v>>8&255), float64(v&255)
	return (299*r + 587*g + 114*b) / 255_000
}
