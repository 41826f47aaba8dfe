package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Series is the GraphQL type of that name. It writes itself, with its points:
// nothing below it can fail or wait, and the generated code takes a goroutine,
// a field context and forty allocations for every point. Its slices are shared
// between answers: read only.
type Series struct {
	Interval query.Interval
	Dates    []catalog.Day
	Totals   []int64
	// Missing are the days of the range of which nothing is loaded.
	Missing []catalog.Day
}

// Point is the GraphQL type of that name: one row of a Series, which writes it.
type Point struct {
	Date  catalog.Day
	Total int64
}

// Points is the field of that name.
func (s *Series) Points() []Point {
	points := make([]Point, len(s.Dates))
	for i, d := range s.Dates {
		points[i] = Point{d, s.Totals[i]}
	}
	return points
}

// pointBytes is about what a selected point or its parts take as JSON.
const pointBytes = 40

// MarshalGQLContext writes the fields that the field in ctx selects.
func (s *Series) MarshalGQLContext(ctx context.Context, w io.Writer) error {
	op := graphql.GetOperationContext(ctx)
	fields := graphql.CollectFields(op, graphql.GetFieldContext(ctx).Field.Selections, []string{"Series"})
	b := append(make([]byte, 0, pointBytes*(len(s.Dates)+2)), '{')
	for i, f := range fields {
		b = appendKey(b, i, f.Alias)
		switch f.Name {
		case "__typename":
			b = append(b, `"Series"`...)
		case "interval":
			b = strconv.AppendQuote(b, string(s.Interval))
		case "dates":
			b = appendDates(b, s.Dates)
		case "totals":
			b = appendList(b, len(s.Totals), func(b []byte, i int) []byte { return strconv.AppendInt(b, s.Totals[i], 10) })
		case "missing":
			b = appendDates(b, s.Missing)
		case "points":
			of := graphql.CollectFields(op, f.Selections, []string{"Point"})
			b = appendList(b, len(s.Dates), func(b []byte, i int) []byte { return s.appendPoint(b, i, of) })
		default:
			return fmt.Errorf("write Series: there is no field %s", f.Name)
		}
	}
	_, err := w.Write(append(b, '}'))
	return err
}

// appendPoint writes the selected fields of one point.
func (s *Series) appendPoint(b []byte, at int, fields []graphql.CollectedField) []byte {
	b = append(b, '{')
	for i, f := range fields {
		b = appendKey(b, i, f.Alias)
		switch f.Name {
		case "date":
			b = appendDate(b, s.Dates[at])
		case "total":
			b = strconv.AppendInt(b, s.Totals[at], 10)
		default: // __typename: validation knows no other
			b = append(b, `"Point"`...)
		}
	}
	return append(b, '}')
}

// UnmarshalGQLContext is there because gqlgen takes only a type that has it for
// one that writes itself. A Series is never read.
func (s *Series) UnmarshalGQLContext(context.Context, any) error {
	return errors.New("read Series: it is no input")
}

// appendKey writes the i-th key of an object. Response keys are GraphQL names
// and need no escaping.
func appendKey(b []byte, i int, key string) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	b = append(append(append(b, '"'), key...), '"', ':')
	return b
}

// appendList writes a list of n elements.
func appendList(b []byte, n int, element func(b []byte, i int) []byte) []byte {
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(b, i)
	}
	return append(b, ']')
}

// appendDates writes a list of the scalar Date.
func appendDates(b []byte, days []catalog.Day) []byte {
	return appendList(b, len(days), func(b []byte, i int) []byte { return appendDate(b, days[i]) })
}

// appendDate writes the scalar Date.
func appendDate(b []byte, d catalog.Day) []byte {
	b = append(b, '"')
	b = d.Time().AppendFormat(b, time.DateOnly)
	return append(b, '"')
}
