package query

import (
	"fmt"
	"strconv"
	"strings"

	"clickql/internal/cube"
)

// Param is a typed server-side parameter of a query: {Name:Type} in its SQL.
// Value is a string, []string, int64 or catalog.Day.
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

// Text is the query's SQL with its parameters written in, to read and to run by
// hand. What runs here is SQL with Params, never this text.
func (q *Query) Text() string {
	pairs := make([]string, 0, 2*len(q.Params))
	for _, p := range q.Params {
		pairs = append(pairs, "{"+p.Name+":"+p.Type+"}", literal(p.Value))
	}
	return strings.NewReplacer(pairs...).Replace(q.SQL)
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
