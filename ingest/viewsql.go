package ingest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"clickql/internal/chconn"
)

// shape is a view's SELECT where it is understood: a plain GROUP BY of columns
// and functions of one column, with counts, smallest and greatest values. Such
// a view can be computed from any table whose key holds its columns.
type shape struct {
	Keys   []item // in the order of the SELECT
	Counts []string
	Ends   []item // min(column) or max(column)
}

// item is one selected expression of one column.
type item struct {
	Name   string // its alias
	Func   string // function applied to the column; empty for none
	Column string
	// Elements of the column where it is a tuple that is grouped by element by
	// element; 0 where it is grouped by as it is.
	Elements int
}

// expr writes the item over a table that has its column.
func (i item) expr() string {
	switch {
	case i.Elements > 0:
		return "tuple(" + i.groups() + ")"
	case i.Func == "":
		return chconn.Ident(i.Column)
	}
	return i.Func + "(" + chconn.Ident(i.Column) + ")"
}

// groups writes the item as GROUP BY takes it.
func (i item) groups() string {
	if i.Elements == 0 {
		return i.expr()
	}
	elements := make([]string, i.Elements)
	for e := range elements {
		elements[e] = chconn.Ident(i.Column) + "." + strconv.Itoa(e+1)
	}
	return strings.Join(elements, ", ")
}

// tuplesApart is the shape with its tuples grouped by element by element, which
// takes a quarter less time than grouping by the tuple. columns are the base's.
func (s shape) tuplesApart(columns []targetColumn) shape {
	s.Keys = slices.Clone(s.Keys)
	for n, k := range s.Keys {
		for _, c := range columns {
			inner, isTuple := strings.CutPrefix(c.Type, "Tuple(")
			if c.Name == k.Column && k.Func == "" && isTuple && !strings.ContainsAny(inner, "'`") && !strings.Contains(inner, "Tuple(") {
				s.Keys[n].Elements = len(splitTop(strings.TrimSuffix(inner, ")")))
			}
		}
	}
	return s
}

// columns lists what the shape needs of its source.
func (s shape) columns() []string {
	var columns []string
	for _, i := range append(append([]item{}, s.Keys...), s.Ends...) {
		if !slices.Contains(columns, i.Column) {
			columns = append(columns, i.Column)
		}
	}
	return columns
}

const identifier = "(?:[A-Za-z_][A-Za-z0-9_]*|`(?:[^`\\\\]|\\\\.)+`)"

// The server writes a view's SELECT in one form, which these patterns match
// whole; whatever differs is not understood, which costs time, not rightness.
var (
	plainSelect = regexp.MustCompile(`^SELECT (.+) FROM (` + identifier + `\.` + identifier + `) GROUP BY (.+)$`)
	plainItem   = regexp.MustCompile(`^(` + identifier + `)$`)
	funcItem    = regexp.MustCompile(`^(\w+)\((` + identifier + `)\) AS (` + identifier + `)$`)
	countItem   = regexp.MustCompile(`^count\(\) AS (` + identifier + `)$`)
)

// pureFunctions of one column give the same for equal values.
var pureFunctions = []string{"toStartOfMonth", "toStartOfYear", "toStartOfWeek", "toStartOfQuarter", "toMonday",
	"toYYYYMM", "toYear", "toDate", "lower", "upper", "length"}

// parseShape understands a view's SELECT from source, or returns nil.
func parseShape(sql string, source tableID) *shape {
	m := plainSelect.FindStringSubmatch(sql)
	if m == nil || m[2] != source.String() && unquote(m[2]) != source.Database+"."+source.Table {
		return nil
	}
	var s shape
	names := map[string]bool{}
	for _, text := range splitTop(m[1]) {
		switch {
		case plainItem.MatchString(text):
			n := unquote(text)
			s.Keys = append(s.Keys, item{Name: n, Column: n})
			names[n] = true
		case countItem.MatchString(text):
			s.Counts = append(s.Counts, unquote(countItem.FindStringSubmatch(text)[1]))
		case funcItem.MatchString(text):
			f := funcItem.FindStringSubmatch(text)
			i := item{Func: f[1], Column: unquote(f[2]), Name: unquote(f[3])}
			switch {
			case i.Func == "min" || i.Func == "max":
				s.Ends = append(s.Ends, i)
			case slices.Contains(pureFunctions, i.Func) && i.Name != i.Column:
				s.Keys = append(s.Keys, i)
				names[i.Name] = true
			default:
				return nil
			}
		default:
			return nil
		}
	}
	grouped := splitTop(m[3])
	for _, g := range grouped {
		if !plainItem.MatchString(g) || !names[unquote(g)] {
			return nil
		}
	}
	if len(grouped) != len(s.Keys) || s.shadows() {
		return nil
	}
	return &s
}

// shadows reports that an alias hides a column that another item needs, so
// that the server may read the item otherwise than it looks.
func (s shape) shadows() bool {
	aliases := map[string]bool{}
	for _, i := range append(append([]item{}, s.Keys...), s.Ends...) {
		if i.Func != "" {
			aliases[i.Name] = true
		}
	}
	for _, c := range s.columns() {
		if aliases[c] {
			return true
		}
	}
	return false
}

// unquote removes backticks, and the backslashes that escape within them.
func unquote(identifier string) string { return backticks.ReplaceAllString(identifier, "$1") }

// backticks matches what unquote removes.
var backticks = regexp.MustCompile("\\\\(.)|`")

// splitTop splits at commas outside parentheses, quotes and brackets.
func splitTop(list string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(list[start:i]))
				start = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(list[start:]))
}

// redirect rewrites a SELECT that is not understood so that it reads another
// table in its source's place. The source's name must stand in it exactly once:
// otherwise it cannot be told which of them the view is fired by.
func redirect(sql string, source tableID, to string) (string, error) {
	forms := []string{source.String(), "`" + source.Database + "`.`" + source.Table + "`"}
	at, length := -1, 0
	for i, inText := range outsideStrings(sql) {
		if inText {
			continue
		}
		for _, f := range forms {
			if !nameAt(sql, i, f) {
				continue
			}
			if at >= 0 {
				return "", fmt.Errorf("it names %s more than once", source)
			}
			at, length = i, len(f)
			break
		}
	}
	if at < 0 {
		return "", fmt.Errorf("it does not name %s", source)
	}
	alias := ""
	if rest := strings.TrimSpace(sql[at+length:]); !strings.HasPrefix(rest, "AS ") {
		alias = " AS " + chconn.Ident(source.Table)
	}
	return sql[:at] + to + alias + sql[at+length:], nil
}

// outsideStrings tells for each byte whether it stands within a string literal.
func outsideStrings(sql string) []bool {
	in := make([]bool, len(sql))
	open := false
	for i := 0; i < len(sql); i++ {
		switch {
		case open && sql[i] == '\\' && i+1 < len(sql):
			in[i], in[i+1] = true, true
			i++
			continue
		case sql[i] == '\'':
			open = !open
			in[i] = true
			continue
		}
		in[i] = open
	}
	return in
}

// nameAt reports that a qualified name stands at i, not as part of a longer one.
func nameAt(sql string, i int, name string) bool {
	if !strings.HasPrefix(sql[i:], name) {
		return false
	}
	word := func(c byte) bool {
		return c == '_' || c == '.' || c == '`' || c >= '0' && c <= '9' || c|32 >= 'a' && c|32 <= 'z'
	}
	if i > 0 && word(sql[i-1]) {
		return false
	}
	end := i + len(name)
	return end == len(sql) || !word(sql[end])
}

// same reports that two shapes compute the same columns.
func (s shape) same(o shape) bool {
	items := func(s shape) map[item]bool {
		m := map[item]bool{}
		for _, i := range append(append([]item{}, s.Keys...), s.Ends...) {
			m[i] = true
		}
		for _, c := range s.Counts {
			m[item{Name: c, Func: "count"}] = true
		}
		return m
	}
	a, b := items(s), items(o)
	for i := range a {
		if !b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
