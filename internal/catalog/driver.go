package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Conn is what the catalog needs of a connection to ClickHouse. Only SELECT is
// ever sent, and no setting: an account that may only read is enough.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) driver.Row
}

// params are values of typed query parameters by name: string or []string.
type params map[string]any

// database reads from ClickHouse.
type database struct{ conn Conn }

// each runs a query and calls scan for every row.
func (d database) each(ctx context.Context, query string, p params, scan func(row func(dest ...any) error) error) (err error) {
	rows, err := d.conn.Query(withParams(ctx, p), query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// row runs a query for its one row.
func (d database) row(ctx context.Context, query string, p params, dest ...any) error {
	return d.conn.QueryRow(withParams(ctx, p), query).Scan(dest...)
}

// threads is how many threads the server lets one query use.
func (d database) threads(ctx context.Context) (int, error) {
	var n uint64
	if err := d.row(ctx, "SELECT toUInt64(getSetting('max_threads'))", nil, &n); err != nil {
		return 0, fmt.Errorf("ask how many threads a query may use: %w", err)
	}
	return int(n), nil
}

// withParams gives the context that carries the parameters' values in the text
// form that the server reads them from.
func withParams(ctx context.Context, p params) context.Context {
	if len(p) == 0 {
		return ctx
	}
	texts := make(clickhouse.Parameters, len(p))
	for name, v := range p {
		switch v := v.(type) {
		case []string:
			items := make([]string, len(v))
			for i, s := range v {
				items[i] = "'" + literal.Replace(s) + "'"
			}
			texts[name] = "[" + strings.Join(items, ",") + "]"
		case string:
			texts[name] = plain.Replace(v)
		default:
			texts[name] = fmt.Sprint(v)
		}
	}
	return clickhouse.Context(ctx, clickhouse.WithParameters(texts))
}

// plain writes a parameter of a plain type, literal what stands between quotes.
var (
	plain   = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)
	literal = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)
)

// Codes of ClickHouse exceptions that mean that the account may not see
// something, or that the server is too old to have it.
const (
	codeUnknownColumn = 47
	codeUnknownTable  = 60
	// Codes that concern everything and not one table.
	codeUnknownDatabase = 81
	codeAuthentication  = 516
	codeReadonly        = 164
	codeDenied          = 497
)

// unseen reports that the account may not read what it asked for.
func unseen(err error) bool {
	var ex *clickhouse.Exception
	if !errors.As(err, &ex) {
		return err != nil && (strings.Contains(err.Error(), "ACCESS_DENIED") || strings.Contains(err.Error(), "Code: 497"))
	}
	switch ex.Code {
	case codeDenied, codeReadonly, codeUnknownTable, codeUnknownColumn:
		return true
	}
	return false
}

// refused is the server's own reason for not answering a query; ok is false for
// anything else, such as a connection that broke or a context that is done.
func refused(err error) (reason string, ok bool) {
	var ex *clickhouse.Exception
	if !errors.As(err, &ex) || ex.Code == codeAuthentication || ex.Code == codeUnknownDatabase {
		return "", false
	}
	reason, _, _ = strings.Cut(ex.Message, "\n")
	return fmt.Sprintf("%s (code %d)", strings.TrimSpace(reason), ex.Code), true
}

// escapedIdent is what stands between the quotes of an identifier.
var escapedIdent = strings.NewReplacer(`\`, `\\`, "`", "\\`")

// Ident quotes an identifier for ClickHouse.
func Ident(name string) string { return "`" + escapedIdent.Replace(name) + "`" }

// qualified quotes a table's full name.
func qualified(database, name string) string { return Ident(database) + "." + Ident(name) }
