// Package outline writes objects of GraphQL types without gqlgen's generated code,
// which takes a goroutine, a field context and forty allocations for every element
// of a list. An outline has only fields that neither wait nor fail; what it lacks
// makes the whole selection the generated code's.
package outline

import (
	"context"
	"io"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Part writes a value, or one selected field of it.
type Part[T any] func(b []byte, v T) []byte

// Field makes the Part for one selection of a field; nil where the field's value
// is not at hand, so that the generated code has to see to it.
type Field[T any] func(op *graphql.OperationContext, f graphql.CollectedField) Part[T]

// Outline is how objects of a GraphQL type are written.
type Outline[T any] struct {
	types  []string // its name, then its interfaces
	fields map[string]Field[T]
}

// Of is the outline of a type: its name, then its interfaces, and its fields.
func Of[T any](types []string, fields map[string]Field[T]) Outline[T] {
	return Outline[T]{types, fields}
}

// compile makes the part that writes objects as selected; nil where something is
// selected that the outline lacks.
func (o Outline[T]) compile(op *graphql.OperationContext, sel ast.SelectionSet) Part[T] {
	collected := graphql.CollectFields(op, sel, o.types)
	keys, parts := make([]string, 0, len(collected)), make([]Part[T], 0, len(collected))
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

// field is the Part for one selected field.
func (o Outline[T]) field(op *graphql.OperationContext, f graphql.CollectedField) Part[T] {
	if f.Name == "__typename" {
		return func(b []byte, _ T) []byte { return AppendString(b, o.types[0]) }
	}
	if known := o.fields[f.Name]; known != nil {
		return known(op, f)
	}
	return nil
}

// Leaf is a field without a selection of its own.
func Leaf[T any](write Part[T]) Field[T] {
	return func(*graphql.OperationContext, graphql.CollectedField) Part[T] { return write }
}

// Object is a field that is an object and never null.
func Object[T, U any](of Outline[U], get func(T) U) Field[T] {
	return func(op *graphql.OperationContext, f graphql.CollectedField) Part[T] {
		write := of.compile(op, f.Selections)
		if write == nil {
			return nil
		}
		return func(b []byte, v T) []byte { return write(b, get(v)) }
	}
}

// List is a field that is a list of objects, none of them null.
func List[T, U any](of Outline[U], get func(T) []U) Field[T] {
	return func(op *graphql.OperationContext, f graphql.CollectedField) Part[T] {
		write := of.compile(op, f.Selections)
		if write == nil {
			return nil
		}
		return func(b []byte, v T) []byte { return AppendList(b, get(v), write) }
	}
}

// AppendList writes a list. Elements of one list are about as long as its first.
func AppendList[T any](b []byte, values []T, write Part[T]) []byte {
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

// One is what writes the object that the field in ctx resolved to: the object
// itself where the generated code has to.
func One[T any](ctx context.Context, of Outline[*T], v *T) any {
	if v == nil {
		return v
	}
	write := of.compile(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field.Selections)
	if write == nil {
		return v
	}
	return ready(func(b []byte) []byte { return write(b, v) })
}

// Many is One for a list.
func Many[T any](ctx context.Context, of Outline[T], list []T) any {
	write := of.compile(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field.Selections)
	if write == nil {
		return list
	}
	return ready(func(b []byte) []byte { return AppendList(b, list, write) })
}

// ready writes what appends to a buffer.
func ready(write func([]byte) []byte) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(write(nil)) })
}
