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

// hints are about values of filters that the data set has never seen, versions that
// the projects never had: they count nothing, or leave nothing out, whatever else is
// asked. A statement is sent only where an answer found nothing, or something was to
// be left out, and the values that there are of its dimension are not in memory.
func (o *operations) hints(ctx context.Context, op *operation) (list []hint) {
	looked := 0
	for _, path := range slices.Sorted(maps.Keys(op.nodes)) {
		filter := argument[map[string]any](op.nodes[path].given, "filter")
		for _, dim := range cube.OfProject {
			for _, term := range termsOf(dim, filter) {
				if looked++; looked > maxHinted || len(list) == maxHints {
					return list
				}
				if message := o.unseen(ctx, op, term); message != "" {
					list = append(list, hint{strings.Split(strings.TrimPrefix(path, "/"), "/"), "filter." + dim.FilterField() + ": " + message})
				}
			}
		}
	}
	return list
}

// termsOf are what a filter says of a dimension, but for what was not reported.
func termsOf(dim cube.Dimension, filter map[string]any) (terms []rounds.Term) {
	given := argument[map[string]any](filter, dim.FilterField())
	if given == nil {
		return nil
	}
	if text := optional[string](given, "specifier"); text != nil {
		return []rounds.Term{{Dim: dim, Text: *text, How: rounds.Matched}}
	}
	c, how := conditionOf(dim, given), rounds.Only
	if c.Not {
		how = rounds.Without
	}
	for _, v := range c.Values {
		if v != "" {
			terms = append(terms, rounds.Term{Dim: dim, Text: v, How: how})
		}
	}
	return terms
}

// unseen says that there is no such value, and what was probably meant; empty where
// there is, or where that cannot be told.
func (o *operations) unseen(ctx context.Context, op *operation, t rounds.Term) string {
	if isCountry(t.Dim, t.Text) {
		return ""
	}
	evidence, projects := op.EvidenceOf(t)
	var known *vocabulary
	switch {
	case evidence == rounds.Unasked || evidence == rounds.Seen, t.Dim == cube.Version && projects == nil:
		return ""
	case evidence == rounds.Unclear && t.How == rounds.Only:
		if t.Dim != cube.Version {
			known, _, _ = o.known.Get(op.Snap.Version, string(t.Dim))
		}
	case t.Dim == cube.Version:
		known = op.vocabularyOf(ctx, cube.Slice{Projects: projects, AllTime: true}, cube.Version)
	default:
		known = o.learn(ctx, op, t.Dim)
	}
	if known == nil || known.has[t.Text] || t.How == rounds.Matched && len(known.values) == 0 {
		return ""
	}
	said := denied(t, projects)
	if meant, ok := known.meant(t.Dim, t.Text); ok && t.How != rounds.Matched {
		return fmt.Sprintf("%s; did you mean %q?", said, meant)
	}
	if known.cut || len(known.values) == 0 {
		return said
	}
	return fmt.Sprintf("%s; there are %s", said, known.some())
}

// denied says that no download is what a term asks for.
func denied(t rounds.Term, projects []string) string {
	text, of := fmt.Sprintf("%.60q", t.Text), ""
	if t.Dim == cube.Version {
		of = " of " + strings.Join(projects, ", ")
	}
	switch t.How {
	case rounds.Matched:
		return "no version" + of + " is " + text
	case rounds.Without:
		return "no download" + of + " has " + text + ", so nothing is left out"
	default:
		return "no download" + of + " has " + text
	}
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
