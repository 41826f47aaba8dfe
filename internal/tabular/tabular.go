// Package tabular writes tables row by row in the formats that people take
// numbers away in: CSV, JSON, NDJSON, Arrow and Parquet. What it holds in memory
// does not grow with the table.
package tabular

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is what a column holds.
type Kind uint8

// The kinds, each with the Go type of its values; nil is a value of every kind.
const (
	Text  Kind = iota // string
	Whole             // int64
	Real              // float64
	Truth             // bool
	Date              // Day
)

// Day is a calendar day, counted in days since 1970-01-01.
type Day int32

// String writes the day YYYY-MM-DD.
func (d Day) String() string { return time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly) }

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
	// Required tells that no value is nil.
	Required bool
}

// Format is how a table is written: the ending of its files.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	JSON    Format = "json"
	NDJSON  Format = "ndjson"
	Arrow   Format = "arrow"
	Parquet Format = "parquet"
)

// ContentType is the format's media type.
func (f Format) ContentType() string {
	return cmp.Or(mediaTypes[f], "application/octet-stream")
}

var mediaTypes = map[Format]string{
	CSV: "text/csv; charset=utf-8; header=present", JSON: "application/json", NDJSON: "application/x-ndjson",
	Arrow: "application/vnd.apache.arrow.file", Parquet: "application/vnd.apache.parquet",
}

// Writer takes the rows of a table.
type Writer interface {
	// Row writes one row; it has a value for each column, of its kind.
	Row(values ...any) error
	// Close writes what is left. It does not close what is written to.
	Close() error
}

// ErrFormat tells a format that there is none of.
var ErrFormat = errors.New("no such format")

// New writes a table to w. Texts that are no UTF-8, which no format takes, are
// written with U+FFFD in place of what is none.
func New(f Format, w io.Writer, columns []Column) (Writer, error) {
	switch f {
	case CSV:
		return cleaned(newCSV(w, columns))
	case JSON:
		return &jsonWriter{w: w, columns: columns, open: "[", between: ",\n", end: "]\n"}, nil
	case NDJSON:
		return &jsonWriter{w: w, columns: columns, between: "\n", end: "\n"}, nil
	case Arrow, Parquet:
		return cleaned(newColumnar(f, w, columns))
	}
	return nil, fmt.Errorf("write a table as %q: %w", f, ErrFormat)
}

// clean is a writer of texts that are UTF-8; package json sees to that itself.
type clean struct{ Writer }

// cleaned is the writer as a clean one.
func cleaned(w Writer, err error) (Writer, error) {
	if err != nil {
		return nil, err
	}
	return clean{w}, nil
}

// Row writes one row.
func (c clean) Row(values ...any) error {
	for i, v := range values {
		if text, ok := v.(string); ok && !utf8.ValidString(text) {
			values = slices.Clone(values)
			values[i] = strings.ToValidUTF8(text, "\uFFFD")
		}
	}
	return c.Writer.Row(values...)
}
