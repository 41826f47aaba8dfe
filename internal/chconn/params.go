package chconn

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// WithParameters gives a context whose queries carry the values for their
// typed placeholders {name:Type}. The kinds of value are those of Parameters.
func WithParameters(ctx context.Context, values map[string]any) (context.Context, error) {
	p, err := Parameters(values)
	if err != nil {
		return nil, err
	}
	return clickhouse.Context(ctx, clickhouse.WithParameters(p)), nil
}

// Parameters writes values in the text form that the server reads typed query
// parameters from, the same over both protocols: strings of any bytes, whole
// numbers, booleans, lists of strings or of int64, and values that are written
// by their String method (days, for Date). Other kinds are an error.
func Parameters(values map[string]any) (clickhouse.Parameters, error) {
	p := make(clickhouse.Parameters, len(values))
	for name, v := range values {
		text, err := parameterText(v)
		if err != nil {
			return nil, fmt.Errorf("write query parameter %s: %w", name, err)
		}
		p[name] = text
	}
	return p, nil
}

// parameterText writes one value.
func parameterText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return escaped.Replace(v), nil
	case []string:
		return listOf(v, Literal), nil
	case []int64:
		return listOf(v, func(n int64) string { return strconv.FormatInt(n, 10) }), nil
	case int, int32, int64, uint32, uint64, bool:
		return fmt.Sprint(v), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case fmt.Stringer:
		return escaped.Replace(v.String()), nil
	}
	return "", fmt.Errorf("a %T has no text form", v)
}

// listOf writes an array.
func listOf[T any](values []T, text func(T) string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = text(v)
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// escaped writes a string as the format TabSeparated does, which is how the
// server reads a parameter of a plain type: a raw tab or line feed would end it.
var escaped = strings.NewReplacer(
	`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`,
)

// quoted is what stands between the quotes of a string literal.
var quoted = strings.NewReplacer(
	`\`, `\\`, `'`, `\'`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`,
)

// Literal writes a string as a SQL literal. It is for DDL, which takes no
// parameters; what comes from users goes into parameters.
func Literal(s string) string { return "'" + quoted.Replace(s) + "'" }

// plainIdent matches names that need no quotes. Keywords among them are none
// that ClickHouse refuses as a qualified name.
var plainIdent = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Ident quotes an identifier where it needs quotes.
func Ident(name string) string {
	if plainIdent.MatchString(name) {
		return name
	}
	return "`" + strings.NewReplacer("\\", `\\`, "`", "\\`").Replace(name) + "`"
}
