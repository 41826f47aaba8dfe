package graph

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/graph/rounds"
	"clickql/internal/country"
	"clickql/internal/cube"
)

// hint is a word about an answer that is right and most likely not what was meant.
type hint struct {
	// Path is that of the field, in response keys.
	Path    []string `json:"path"`
	Message string   `json:"message"`
}

// maxHints bounds the hints of an answer, maxHinted the values that are looked at.
const maxHints, maxHinted = 10, 100

// hints are about values of filters that the data set has never seen: they count
// nothing, whatever else is asked. A statement is sent only where an answer found
// nothing and the values that there are of its dimension are not in memory.
func (o *operations) hints(ctx context.Context, op *operation) (list []hint) {
	looked := 0
	for _, path := range slices.Sorted(maps.Keys(op.nodes)) {
		filter := argument[map[string]any](op.nodes[path].given, "filter")
		for _, dim := range cube.OfProject {
			for _, text := range sought(dim, filter) {
				if looked++; looked > maxHinted || len(list) == maxHints {
					return list
				}
				if message := o.unseen(ctx, op, dim, text); message != "" {
					list = append(list, hint{strings.Split(strings.TrimPrefix(path, "/"), "/"), "filter." + dim.FilterField() + ": " + message})
				}
			}
		}
	}
	return list
}

// sought are the values that a filter asks for of a dimension, but for versions,
// which each project has of its own, and for what was not reported.
func sought(dim cube.Dimension, filter map[string]any) []string {
	given := argument[map[string]any](filter, dim.FilterField())
	if given == nil || dim == cube.Version {
		return nil
	}
	c := conditionOf(dim, given)
	return slices.DeleteFunc(slices.Clone(c.Values), func(v string) bool { return c.Not || v == "" })
}

// unseen says that the data set has no such value, and what was probably meant;
// empty where it has, or where that cannot be told.
func (o *operations) unseen(ctx context.Context, op *operation, dim cube.Dimension, text string) string {
	if isCountry(dim, text) {
		return ""
	}
	var known *vocabulary
	switch op.EvidenceOf(dim, text) {
	case rounds.Unasked, rounds.Seen:
		return ""
	case rounds.Unclear:
		known = o.known.read(op.Snap.Version, dim)
	case rounds.Nothing:
		known = o.known.learn(ctx, op, dim)
	}
	if known == nil || known.has[text] {
		return ""
	}
	shown := fmt.Sprintf("%.60q", text)
	if meant, ok := known.meant(dim, text); ok {
		return fmt.Sprintf("no download has %s; did you mean %q?", shown, meant)
	}
	if known.cut {
		return ""
	}
	return fmt.Sprintf("no download has %s; there are %s", shown, known.some())
}

// isCountry reports that the value is a country's code: whether the data has it or
// not, nothing else was meant.
func isCountry(dim cube.Dimension, text string) bool {
	return dim == cube.Country && text == strings.ToUpper(text) && country.Name(text) != ""
}

// some are the most downloaded values, as a sentence lists them.
func (v *vocabulary) some() string {
	const most = 5
	var words []string
	for _, value := range v.values {
		if value != "" && len(words) < most {
			words = append(words, fmt.Sprintf("%q", value))
		}
	}
	if len(v.values) > most {
		words = append(words, "and others")
	}
	return strings.Join(words, ", ")
}
