package tabular

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Table is a table in memory.
type Table struct {
	Columns []Column
	Rows    [][]any
}

// ErrSeveralLists tells that an object has lists that do not belong together, so
// that it is no one table.
var ErrSeveralLists = errors.New("the answer has several lists side by side, which make no one table; ask for one of them, or take json")

// Flatten makes a table of nested JSON: a row for each object of the innermost
// lists, with what stands around it repeated. Lists of plain values of one length
// in one object are columns beside each other. A column is named as its field,
// with as many of the fields above it as tell it from others.
func Flatten(text []byte) (*Table, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := decode(d)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	records, err := flatten(v, "")
	if err != nil {
		return nil, err
	}
	return tableOf(records), nil
}

// field is a field of an object, in the order in which it was written.
type field struct {
	name  string
	value any // nil, string, bool, json.Number, []any or []field
}

// decode reads one value.
func decode(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		object := []field{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decode(d)
			if err != nil {
				return nil, err
			}
			object = append(object, field{fmt.Sprint(name), v})
		}
		_, err := d.Token()
		return object, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decode(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return token, nil
}

// flatten is the records of a value: fields without nesting, named by their path.
func flatten(v any, path string) ([][]field, error) {
	switch v := v.(type) {
	case []field:
		return flattenObject(v, path)
	case []any:
		var all [][]field
		for _, one := range v {
			records, err := flatten(one, path)
			if err != nil {
				return nil, err
			}
			all = append(all, records...)
		}
		return all, nil
	}
	return [][]field{{{path, v}}}, nil
}

// flattenObject joins the records of an object's fields, of which one at most may
// come to several.
func flattenObject(object []field, path string) ([][]field, error) {
	records := [][]field{{}}
	listed, zipped := false, -1
	for _, f := range object {
		name := f.name
		if path != "" {
			name = path + "." + f.name
		}
		list, isList := f.value.([]any)
		if isList && plainList(list) && zipped >= 0 { // one more column of the same rows
			if len(list) != zipped {
				return nil, ErrSeveralLists
			}
			for i := range records {
				records[i] = append(records[i], field{name, list[i]})
			}
			continue
		}
		found, err := flatten(f.value, name)
		if err != nil {
			return nil, err
		}
		many := isList || len(found) != 1
		if many && listed {
			return nil, ErrSeveralLists
		}
		if isList && plainList(list) {
			zipped = len(list)
		}
		listed = listed || many
		records = product(records, found)
	}
	return records, nil
}

// product puts each record of one list behind each of another.
func product(a, b [][]field) [][]field {
	out := make([][]field, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, slices.Concat(x, y))
		}
	}
	return out
}

// plainList tells a list of values without fields.
func plainList(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool {
		switch v.(type) {
		case []field, []any:
			return true
		}
		return false
	})
}

// tableOf gives records columns, in the order in which they are first seen.
func tableOf(records [][]field) *Table {
	var paths []string
	at := map[string]int{}
	for _, r := range records {
		for _, f := range r {
			if _, known := at[f.name]; !known {
				at[f.name] = len(paths)
				paths = append(paths, f.name)
			}
		}
	}
	t := &Table{Columns: make([]Column, len(paths)), Rows: make([][]any, len(records))}
	for i, r := range records {
		t.Rows[i] = make([]any, len(paths))
		for _, f := range r {
			t.Rows[i][at[f.name]] = f.value
		}
	}
	for i, p := range paths {
		t.Columns[i] = Column{Name: shortName(p, paths), Kind: t.kind(i)}
		for _, row := range t.Rows {
			row[i] = typed(row[i], t.Columns[i].Kind)
		}
	}
	return t
}

// shortName is the end of a path that no other path ends with.
func shortName(path string, paths []string) string {
	parts := strings.Split(path, ".")
	for n := 1; n < len(parts); n++ {
		name := strings.Join(parts[len(parts)-n:], ".")
		same := 0
		for _, p := range paths {
			if p == name || strings.HasSuffix(p, "."+name) {
				same++
			}
		}
		if same == 1 {
			return name
		}
	}
	return path
}

var dateText = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// kind is the narrowest kind that holds all of a column.
func (t *Table) kind(column int) Kind {
	seen := map[Kind]bool{}
	for _, row := range t.Rows {
		switch v := row[column].(type) {
		case nil:
		case bool:
			seen[Truth] = true
		case json.Number:
			if _, err := v.Int64(); err == nil {
				seen[Whole] = true
			} else {
				seen[Real] = true
			}
		case string:
			if _, err := time.Parse(time.DateOnly, v); err == nil && dateText.MatchString(v) {
				seen[Date] = true
			} else {
				seen[Text] = true
			}
		}
	}
	if seen[Whole] && seen[Real] {
		delete(seen, Whole)
	}
	if len(seen) != 1 {
		return Text
	}
	for k := range seen {
		return k
	}
	return Text
}

// typed is a value as its column's kind has it.
func typed(v any, k Kind) any {
	switch v := v.(type) {
	case nil:
		return nil
	case json.Number:
		switch k {
		case Whole:
			n, _ := v.Int64() // kind has looked
			return n
		case Real:
			f, _ := v.Float64() // as above
			return f
		}
		return v.String()
	case bool:
		if k == Truth {
			return v
		}
		return strconv.FormatBool(v)
	case string:
		if k == Date {
			d, _ := time.Parse(time.DateOnly, v) // as above
			return Day(d.Unix() / 86400)
		}
		return v
	}
	return fmt.Sprint(v)
}

// Write writes the table in a format.
func (t *Table) Write(f Format, w io.Writer) error {
	out, err := New(f, w, t.Columns)
	if err != nil {
		return err
	}
	for _, r := range t.Rows {
		if err := out.Row(r...); err != nil {
			return err
		}
	}
	return out.Close()
}

// Print writes the table for a terminal: columns side by side, numbers at their
// right.
func (t *Table) Print(w io.Writer) error {
	cells := make([][]string, 0, len(t.Rows)+1)
	head := make([]string, len(t.Columns))
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = c.Name
	}
	cells = append(cells, head)
	for _, r := range t.Rows {
		line := make([]string, len(r))
		for i, v := range r {
			line[i] = plain(v)
		}
		cells = append(cells, line)
	}
	for _, line := range cells {
		for i, c := range line {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for _, line := range cells {
		for i, c := range line {
			pad := strings.Repeat(" ", widths[i]-len([]rune(c)))
			if k := t.Columns[i].Kind; k == Whole || k == Real {
				c = pad + c
			} else if i < len(line)-1 {
				c += pad
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(c)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
