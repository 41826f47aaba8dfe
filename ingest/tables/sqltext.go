package tables

import (
	"fmt"
	"regexp"
	"strings"

	"clickql/internal/chconn"
)

// redirect rewrites a SELECT that is not understood so that it reads another
// table in its source's place. The source's name must stand in it exactly once:
// otherwise it cannot be told which of them the view is fired by.
func redirect(sql string, source ID, to string) (string, error) {
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

// TopLevel finds a text outside brackets and quotes.
func TopLevel(sql, text string) int {
	depth, quoted := 0, byte(0)
	for i := 0; i < len(sql); i++ {
		switch c := sql[i]; {
		case quoted != 0 && c == '\\':
			i++
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '\'' || c == '`':
			quoted = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.HasPrefix(sql[i:], text):
			return i
		}
	}
	return -1
}

const identifier = "(?:[A-Za-z_][A-Za-z0-9_]*|`(?:[^`\\\\]|\\\\.)+`)"

// Unquote removes backticks, and the backslashes that escape within them.
func Unquote(identifier string) string { return backticks.ReplaceAllString(identifier, "$1") }

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
