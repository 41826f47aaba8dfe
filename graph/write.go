package graph

import (
	"context"
	"io"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// part writes a value, or one selected field of it.
type part[T any] func(b []byte, v T) []byte

// fieldWriter makes the part for one selection of a field; nil where the field's value
// is not at hand, so that the generated code has to see to it.
type fieldWriter[T any] func(op *graphql.OperationContext, f graphql.CollectedField) part[T]

// outline is how objects of a GraphQL type are written without the generated
// code, which takes a goroutine, a field context and forty allocations for every
// element of a list. It has only fields that neither wait nor fail; what it
// lacks makes the whole selection the generated code's.
type outline[T any] struct {
	types  []string // its name, then its interfaces
	fields map[string]fieldWriter[T]
}

// compile makes the part that writes objects as selected; nil where something is
// selected that the outline lacks.
func (o outline[T]) compile(op *graphql.OperationContext, sel ast.SelectionSet) part[T] {
	collected := graphql.CollectFields(op, sel, o.types)
	keys, parts := make([]string, 0, len(collected)), make([]part[T], 0, len(collected))
	for _, f := range collected {
		write := o.field(op, f)
		if write == nil || f.IsDeferred() {
			return nil
		}
		key := `,"` + f.Alias + `":` // a GraphQL name needs no escaping
		if len(keys) == 0 {
			key = key[1:]
		}
		keys, parts = append(keys, key), append(parts, write)
	}
	return func(b []byte, v T) []byte {
		b = append(b, '{')
		for i, write := range parts {
			b = write(append(b, keys[i]...), v)
		}
		return append(b, '}')
	}
}

// field is the part for one selected field.
func (o outline[T]) field(op *graphql.OperationContext, f graphql.CollectedField) part[T] {
	if f.Name == "__typename" {
		return func(b []byte, _ T) []byte { return appendString(b, o.types[0]) }
	}
	if known := o.fields[f.Name]; known != nil {
		return known(op, f)
	}
	return nil
}

// leafOf is a field without a selection of its own.
func leafOf[T any](write part[T]) fieldWriter[T] {
	return func(*graphql.OperationContext, graphql.CollectedField) part[T] { return write }
}

// objectOf is a field that is an object and never null.
func objectOf[T, U any](of outline[U], get func(T) U) fieldWriter[T] {
	return func(op *graphql.OperationContext, f graphql.CollectedField) part[T] {
		write := of.compile(op, f.Selections)
		if write == nil {
			return nil
		}
		return func(b []byte, v T) []byte { return write(b, get(v)) }
	}
}

// listOf is a field that is a list of objects, none of them null.
func listOf[T, U any](of outline[U], get func(T) []U) fieldWriter[T] {
	return func(op *graphql.OperationContext, f graphql.CollectedField) part[T] {
		write := of.compile(op, f.Selections)
		if write == nil {
			return nil
		}
		return func(b []byte, v T) []byte { return appendList(b, get(v), write) }
	}
}

// appendList writes a list. Elements of one list are about as long as its first.
func appendList[T any](b []byte, values []T, write part[T]) []byte {
	start := len(b)
	b = append(b, '[')
	for i, v := range values {
		if i == 1 {
			b = slices.Grow(b, (len(b)-start+len("  "))*len(values))
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = write(b, v)
	}
	return append(b, ']')
}

// writers has values written by outlines where they can be.
type writers struct{}

// ExtensionName names the extension to gqlgen.
func (writers) ExtensionName() string { return "Writers" }

// Validate finds nothing wrong.
func (writers) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptField resolves a field, and gives for values that have an outline
// what writes them: gqlgen takes it as it is.
func (writers) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	res, err := next(ctx)
	if err != nil || res == nil {
		return res, err
	}
	if err := arrived(ctx, res); err != nil {
		return nil, err
	}
	switch v := res.(type) {
	case *Series:
		return one(ctx, seriesOutline, v), nil
	case []Point:
		return many(ctx, pointOutline, v), nil
	case []*Slice:
		return many(ctx, sliceOutline, v), nil
	case []*ReleaseGroup:
		return many(ctx, groupOutline, v), nil
	case []*ProjectRanking:
		return many(ctx, rankingOutline, v), nil
	case *ProjectConnection:
		return one(ctx, projectsOutline, v), nil
	case *ProjectRankingConnection:
		return one(ctx, rankingsOutline, v), nil
	case *ReleaseConnection:
		return one(ctx, releasesOutline, v), nil
	}
	return res, nil
}

// arrived counts the elements of a list that the field in ctx resolved to, where
// nobody knew before how many there are.
func arrived(ctx context.Context, res any) error {
	n := 0
	switch v := res.(type) {
	case []*Slice:
		n = len(v)
	case []*ReleaseGroup:
		n = len(v)
	case []*ProjectRanking:
		n = len(v)
	case *ReleaseConnection:
		if v != nil {
			n = len(v.Edges)
		}
	case []*Project:
		n = len(v)
	}
	if n < 2 {
		return nil
	}
	op := operationOf(ctx)
	if op == nil {
		return nil
	}
	return op.size.arrived(pathOf(ctx), n)
}

// one is what writes the object that the field in ctx resolved to: the object
// itself where the generated code has to.
func one[T any](ctx context.Context, of outline[*T], v *T) any {
	if v == nil {
		return v
	}
	write := of.compile(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field.Selections)
	if write == nil {
		return v
	}
	return ready(func(b []byte) []byte { return write(b, v) })
}

// many is one for a list.
func many[T any](ctx context.Context, of outline[T], list []T) any {
	write := of.compile(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field.Selections)
	if write == nil {
		return list
	}
	return ready(func(b []byte) []byte { return appendList(b, list, write) })
}

// ready writes what appends to a buffer.
func ready(write func([]byte) []byte) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(write(nil)) })
}
