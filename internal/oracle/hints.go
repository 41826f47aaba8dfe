package oracle

import (
	"regexp"
	"strconv"

	"clickql/internal/cube"
)

// hinted reads a hint: the filter's field, the value that was asked for, and the one
// that it says was meant, if it says so.
var hinted = regexp.MustCompile(`^filter\.(\w+): no download has ("(?:[^"\\]|\\.)*")(?:; did you mean ("(?:[^"\\]|\\.)*")\?)?`)

// Misleads tells what is wrong with a hint; empty where nothing is: no download has
// the value, and some has the one that is said to be meant.
func (d *Data) Misleads(message string) string {
	parts := hinted.FindStringSubmatch(message)
	if parts == nil {
		return "the hint cannot be read"
	}
	for _, dim := range cube.OfProject {
		if dim.FilterField() != parts[1] {
			continue
		}
		given, err := strconv.Unquote(parts[2])
		if err != nil || d.has(dim, given) {
			return "some download has the value"
		}
		if parts[3] == "" {
			return ""
		}
		if meant, err := strconv.Unquote(parts[3]); err != nil || !d.has(dim, meant) {
			return "no download has what is said to be meant"
		}
		return ""
	}
	return "there is no such filter"
}

// has reports that a download has the value.
func (d *Data) has(dim cube.Dimension, value string) bool {
	at := place(dim)
	for _, r := range d.Rows {
		if r.values[at] == value {
			return true
		}
	}
	return false
}
