package query

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// Writer writes one statement on one table: the planner's, or by hand one that is
// not about a slice. Identifiers in its SQL come from the catalog, values only as
// typed parameters.
type Writer struct {
	// Table is what is read.
	Table *catalog.Table
	// Extents is read in place of Table where it is not nil.
	Extents *catalog.Extent
	source  string // a subquery that is read in place of Table, where not empty
	// asked are the only projects that are read, by their normalised names; nil for
	// any.
	asked  []string
	params params
	where  []string
}

// On writes a statement on the table.
func On(table *catalog.Table) *Writer { return &Writer{Table: table} }

// Param registers a value (a string, []string, int64 or cube.Day) and returns its
// placeholder.
func (w *Writer) Param(value any) string { return w.params.add(value) }

// Where adds a condition to those that all rows must meet.
func (w *Writer) Where(condition string) { w.where = append(w.where, condition) }

// From is the FROM and WHERE of the statement.
func (w *Writer) From() string {
	if w.source != "" {
		return "\nFROM " + w.source
	}
	s := "\nFROM " + w.read(w.Table)
	if len(w.where) > 0 {
		s += "\nWHERE " + strings.Join(w.where, " AND ")
	}
	return s
}

// read is what stands behind FROM for a table: its name, or where it writes the
// names of projects otherwise, its rows with those as they are asked for. By the
// names as they are written its key finds the projects that are asked for alone.
func (w *Writer) read(t *catalog.Table) string {
	name := catalog.Ident(t.Database) + "." + catalog.Ident(t.Name)
	project := cube.Project.Column()
	if t.Written == nil {
		return name
	}
	var others []string
	for _, column := range slices.Sorted(maps.Keys(t.Types)) {
		if column != project {
			others = append(others, catalog.Ident(column))
		}
	}
	written := "SELECT " + strings.Join(append([]string{project + " AS " + colWritten}, others...), ", ") + " FROM " + name
	if w.asked != nil {
		names := slices.Clone(w.asked)
		for _, n := range w.asked {
			names = append(names, t.Written[n]...)
		}
		written += " WHERE " + project + " IN " + w.Param(names)
	}
	return "(\nSELECT " + strings.Join(append([]string{catalog.AskedName(colWritten) + " AS " + project}, others...), ", ") + "\nFROM (" + written + "))"
}

// Counted is the number of downloads in a group of the table's rows, an Int64.
func (w *Writer) Counted() string { return counted(w.Table) }

// counted is the number of downloads in a group of the table's rows.
func counted(t *catalog.Table) string {
	if t.Raw {
		return "toInt64(count())"
	}
	return signed(t, "sum("+catalog.Ident(t.Count)+")")
}

// signed is a sum of the table's counts as an Int64. Every function costs the
// server time to analyse, so that none stands where the column is one already.
func signed(t *catalog.Table, sum string) string {
	if t.Types[t.Count] == "Int64" {
		return sum
	}
	return "toInt64(" + sum + ")"
}

// Query is the statement with the writer's parameters.
func (w *Writer) Query(sql string) *Query {
	return &Query{Table: w.Table.FullName(), SQL: sql, Params: w.params, EstimatedRows: float64(w.Table.Rows)}
}

// Param is a typed server-side parameter of a query: {Name:Type} in its SQL.
// Value is a string, []string, int64 or cube.Day.
type Param struct {
	Name, Type string
	Value      any
}

// params collects a query's parameters while its SQL is written.
type params []Param

// add registers a value and returns its placeholder.
func (ps *params) add(value any) string {
	name := "p" + strconv.Itoa(len(*ps))
	p := Param{Name: name, Type: typeOf(value), Value: value}
	*ps = append(*ps, p)
	return "{" + p.Name + ":" + p.Type + "}"
}

// typeOf is the ClickHouse type that a parameter's value is sent as.
func typeOf(value any) string {
	switch value.(type) {
	case string:
		return "String"
	case []string:
		return "Array(String)"
	case int64:
		return "Int64"
	case cube.Day:
		return "Date"
	}
	panic(fmt.Sprintf("query: no ClickHouse type for a parameter of Go type %T", value))
}

// literal writes a parameter's value as a ClickHouse literal.
func literal(value any) string {
	switch v := value.(type) {
	case string:
		return quoted(v)
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = quoted(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case int64:
		return strconv.FormatInt(v, 10)
	case cube.Day:
		return "toDate('" + v.String() + "')"
	}
	panic(fmt.Sprintf("query: no ClickHouse literal for Go type %T", value))
}

// quoted is a ClickHouse string literal, right for any bytes.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
