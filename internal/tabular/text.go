package tabular

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// csvWriter writes CSV as RFC 4180 has it, with a header.
type csvWriter struct {
	w      *csv.Writer
	record []string
}

func newCSV(w io.Writer, columns []Column) (Writer, error) {
	c := &csvWriter{w: csv.NewWriter(w), record: make([]string, len(columns))}
	for i, col := range columns {
		c.record[i] = col.Name
	}
	return c, c.w.Write(c.record)
}

func (c *csvWriter) Row(values ...any) error {
	for i, v := range values {
		c.record[i] = plain(v)
	}
	return c.w.Write(c.record)
}

func (c *csvWriter) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// plain is a value as text; nil is empty.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}

// jsonWriter writes an object for each row, its names in the order of the
// columns.
type jsonWriter struct {
	w                  io.Writer
	columns            []Column
	open, between, end string

	buf   *bufio.Writer
	begun bool
}

func (j *jsonWriter) begin() {
	if j.buf == nil {
		j.buf = bufio.NewWriter(j.w)
		_, _ = j.buf.WriteString(j.open) // an error stays, and is Flush's
	}
}

func (j *jsonWriter) Row(values ...any) error {
	j.begin()
	if j.begun {
		_, _ = j.buf.WriteString(j.between) // as above
	}
	j.begun = true
	separator := byte('{')
	for i, v := range values {
		if d, ok := v.(Day); ok {
			v = d.String()
		}
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("write %s: %w", j.columns[i].Name, err)
		}
		_ = j.buf.WriteByte(separator) // as above
		_, _ = j.buf.WriteString(strconv.Quote(j.columns[i].Name) + ":")
		_, _ = j.buf.Write(text)
		separator = ','
	}
	return j.buf.WriteByte('}')
}

func (j *jsonWriter) Close() error {
	j.begin()
	if j.begun || j.open != "" {
		_, _ = j.buf.WriteString(j.end) // as above
	}
	return j.buf.Flush()
}
