package oracle

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"clickql/internal/cube"
)

// hinted reads a hint: the filter's field, the value that was asked for, and the one
// that it says was meant, if it says so. One about versions names the projects.
var hinted = regexp.MustCompile(`^filter\.(\w+): no (download|version)(?: of ([^"]*?))? (?:has|is) ("(?:[^"\\]|\\.)*")(?:, so nothing is left out)?(?:; did you mean ("(?:[^"\\]|\\.)*")\?)?`)

// Misleads tells what is wrong with a hint; empty where nothing is: no download has
// the value, and some has the one that is said to be meant.
func (d *Data) Misleads(message string) string {
	parts := hinted.FindStringSubmatch(message)
	if parts == nil {
		return "the hint cannot be read"
	}
	field, what, of, given, meant := parts[1], parts[2], strings.Split(parts[3], ", "), unquoted(parts[4]), parts[5]
	at := slices.IndexFunc(cube.OfProject, func(d cube.Dimension) bool { return d.FilterField() == field })
	if at < 0 {
		return "there is no such filter"
	}
	dim := cube.OfProject[at]
	if dim != cube.Version {
		of = nil
	}
	switch {
	case what == "version" && d.matches(of, given):
		return "some version is so"
	case what == "download" && d.has(dim, given, of):
		return "some download has the value"
	case meant != "" && !d.has(dim, unquoted(meant), of):
		return "no download has what is said to be meant"
	}
	return ""
}

// unquoted is a quoted text; itself where it is none.
func unquoted(text string) string {
	if plain, err := strconv.Unquote(text); err == nil {
		return plain
	}
	return text
}

// matches reports that a specifier holds for a version of the projects.
func (d *Data) matches(of []string, specifier string) bool {
	lists := slices.Concat(specifiers[specifier][0], specifiers[specifier][1])
	return slices.ContainsFunc(lists, func(version string) bool { return d.has(cube.Version, version, of) })
}

// has reports that a download, of some projects or with nil of any, has the value.
func (d *Data) has(dim cube.Dimension, value string, of []string) bool {
	at := place(dim)
	return slices.ContainsFunc(d.Rows, func(r *Row) bool {
		return r.values[at] == value && (of == nil || slices.Contains(of, r.Of(cube.Project)))
	})
}
