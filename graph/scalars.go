package graph

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"clickql/graph/coerce"
	"clickql/graph/outline"
	"clickql/internal/cube"
)

// MarshalDate writes a day as the scalar Date, YYYY-MM-DD.
func MarshalDate(d cube.Day) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(outline.AppendDate(make([]byte, 0, 12), d))
	})
}

// MarshalDateTime writes an instant as the scalar DateTime, in UTC.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(outline.AppendDateTime(make([]byte, 0, 40), t))
	})
}

// UnmarshalDate reads the scalar Date from a text.
func UnmarshalDate(v any) (cube.Day, error) { return cube.ParseDay(fmt.Sprint(v)) }

// UnmarshalDateTime reads the scalar DateTime from a text.
func UnmarshalDateTime(v any) (time.Time, error) { return time.Parse(time.RFC3339, fmt.Sprint(v)) }

// scalars are how the scalars of the schema that are not GraphQL's own are read.
var scalars = map[string]coerce.Scalar{
	"Date": {Wants: "a day, written YYYY-MM-DD", Read: func(kind ast.ValueKind, raw string) (any, error) {
		text, err := coerce.Text(kind, raw)
		if err != nil {
			return nil, err
		}
		return UnmarshalDate(text)
	}},
	"DateTime": {Wants: "an instant as RFC 3339 writes it, such as 2024-08-12T09:30:00Z", Read: func(kind ast.ValueKind, raw string) (any, error) {
		text, err := coerce.Text(kind, raw)
		if err != nil {
			return nil, err
		}
		return UnmarshalDateTime(text)
	}},
	"_Any": {Wants: "an object with __typename and the fields of a key", Read: func(ast.ValueKind, string) (any, error) {
		return nil, errors.New("it has no fields")
	}, Parts: func(object map[string]any) (any, error) { return object, nil }},
	"Int64": {Wants: "a whole number of 64 bits", Read: func(kind ast.ValueKind, raw string) (any, error) {
		return coerce.Integer(kind, raw, 64)
	}},
}
