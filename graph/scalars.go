package graph

import (
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/query"
)

// MarshalDate writes a day as the scalar Date, YYYY-MM-DD.
func MarshalDate(d catalog.Day) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(appendDate(make([]byte, 0, 12), d))
	})
}

// UnmarshalDate reads the scalar Date.
func UnmarshalDate(v any) (catalog.Day, error) {
	text, ok := v.(string)
	if !ok {
		return 0, badInput("a Date is a string written YYYY-MM-DD")
	}
	d, err := catalog.ParseDay(text)
	if err != nil {
		return 0, badInput("%s", err)
	}
	return d, nil
}

// MarshalDateTime writes an instant as the scalar DateTime, in UTC.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(appendDateTime(make([]byte, 0, 40), t))
	})
}

// UnmarshalDateTime reads the scalar DateTime (RFC 3339).
func UnmarshalDateTime(v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, badInput("a DateTime is a string written as RFC 3339 says")
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, badInput("%q is not an instant written as RFC 3339 says, such as 2024-08-12T09:30:00Z", text)
	}
	return t, nil
}

// MarshalInt64 writes the scalar Int64, a JSON number.
func MarshalInt64(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [20]byte
		_, _ = w.Write(strconv.AppendInt(buf[:0], n, 10))
	})
}

// UnmarshalInt64 reads the scalar Int64 from a number.
func UnmarshalInt64(v any) (int64, error) {
	switch v.(type) {
	case nil, string:
		return 0, badInput("an Int64 is a whole number of 64 bits, not %T", v)
	}
	n, err := graphql.UnmarshalInt64(v)
	if err != nil {
		return 0, badInput("an Int64 is a whole number of 64 bits")
	}
	return n, nil
}

// MarshalDimension writes a value of the enum Dimension.
func MarshalDimension(d catalog.Dimension) graphql.Marshaler {
	return graphql.MarshalString(string(d))
}

// UnmarshalDimension reads a value of the enum Dimension.
func UnmarshalDimension(v any) (catalog.Dimension, error) {
	text, _ := v.(string)
	if d := catalog.Dimension(text); d.Known() {
		return d, nil
	}
	return "", badInput("%v is not a Dimension; there are %v", v, cube.Dimensions)
}

// MarshalInterval writes a value of the enum Interval.
func MarshalInterval(i query.Interval) graphql.Marshaler {
	return graphql.MarshalString(string(i))
}

// UnmarshalInterval reads a value of the enum Interval.
func UnmarshalInterval(v any) (query.Interval, error) {
	text, _ := v.(string)
	if i := query.Interval(text); slices.Contains(cube.Intervals, i) {
		return i, nil
	}
	return "", badInput("%v is not an Interval; there are %v", v, cube.Intervals)
}
