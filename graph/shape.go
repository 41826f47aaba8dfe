package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"clickql/internal/query"
)

// shapeLimits refuses operations that are nested too deep or select too many
// fields, before anything is done for them.
type shapeLimits struct{ limits Limits }

// ExtensionName names the extension to gqlgen.
func (shapeLimits) ExtensionName() string { return "ShapeLimits" }

// Validate finds nothing wrong.
func (shapeLimits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses what is beyond the limits.
func (s shapeLimits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	m := measure{doc: op.Doc, fragments: map[string]shape{}}
	got := m.of(op.Operation.SelectionSet)
	var over *query.Error
	switch {
	case got.depth > s.limits.Depth:
		over = overLimit(CodeTooDeep, got.depth, s.limits.Depth,
			"the operation is nested %d levels deep; at most %d are allowed", got.depth, s.limits.Depth)
	case got.aliases > s.limits.Aliases:
		over = overLimit(CodeTooWide, got.aliases, s.limits.Aliases,
			"the operation renames %d fields; at most %d aliases are allowed", got.aliases, s.limits.Aliases)
	case got.fields > s.limits.Fields:
		over = overLimit(CodeTooWide, got.fields, s.limits.Fields,
			"the operation selects %d fields; at most %d are allowed", got.fields, s.limits.Fields)
	default:
		return nil
	}
	err := gqlerror.Wrap(over)
	// The transport takes the status from this code; present replaces it.
	errcode.Set(err, errcode.ValidationFailed)
	return err
}

// shape is how deep a selection is nested, how many fields it has, and how many
// of them are renamed, with fragments written out.
type shape struct{ depth, fields, aliases int }

// manyFields is where counting stops, so that fragments of fragments cannot
// overflow.
const manyFields = 1 << 30

// measure measures a document, each fragment once.
type measure struct {
	doc       *ast.QueryDocument
	fragments map[string]shape
}

// of is the shape of a selection.
func (m measure) of(sel ast.SelectionSet) (all shape) {
	for _, s := range sel {
		var one shape
		switch s := s.(type) {
		case *ast.Field:
			one = m.of(s.SelectionSet)
			one.depth++
			one.fields++
			if s.Alias != s.Name {
				one.aliases++
			}
		case *ast.InlineFragment:
			one = m.of(s.SelectionSet)
		case *ast.FragmentSpread:
			one = m.fragment(s.Name)
		}
		all.depth = max(all.depth, one.depth)
		all.fields = min(all.fields+one.fields, manyFields)
		all.aliases = min(all.aliases+one.aliases, manyFields)
	}
	return all
}

// fragment is the shape of a named fragment. Validation has made sure that it
// exists and is not part of itself.
func (m measure) fragment(name string) shape {
	if known, ok := m.fragments[name]; ok {
		return known
	}
	found := shape{}
	if f := m.doc.Fragments.ForName(name); f != nil {
		found = m.of(f.SelectionSet)
	}
	m.fragments[name] = found
	return found
}
