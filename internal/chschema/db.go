package chschema

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// Querier runs a query whose typed placeholders get the values (of the kinds that
// chconn.Parameters takes), and calls scan for every row.
type Querier interface {
	Each(ctx context.Context, query string, values map[string]any, scan func(row func(dest ...any) error) error) error
}

// Conn is what DB needs of a connection to ClickHouse. Only SELECT is ever sent,
// and no setting: an account that may only read is enough.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) driver.Row
}

// Server is a connection to one of several servers.
type Server interface {
	Conn
	Addr() string
	Renew()
}

// Several is a connection that leads to several servers, or may.
type Several interface {
	Replicas() []*chconn.Conn
	Avoid(silent, behind []string)
}

// Servers are the servers that a connection may lead to, each by a connection of
// its own; none where it leads to one.
func Servers(conn Conn) (all Several, each []Server) {
	all, ok := conn.(Several)
	if !ok {
		return nil, nil
	}
	for _, one := range all.Replicas() {
		each = append(each, one)
	}
	return all, each
}

// DB is a Querier over a connection.
type DB struct{ Conn Conn }

// Each runs a query and calls scan for every row; an error of scan ends it.
func (d DB) Each(ctx context.Context, query string, values map[string]any, scan func(row func(dest ...any) error) error) (err error) {
	ctx, err = withValues(ctx, values)
	if err != nil {
		return err
	}
	rows, err := d.Conn.Query(ctx, query)
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

// Row runs a query for its one row.
func (d DB) Row(ctx context.Context, query string, values map[string]any, dest ...any) error {
	ctx, err := withValues(ctx, values)
	if err != nil {
		return err
	}
	return d.Conn.QueryRow(ctx, query).Scan(dest...)
}

// withValues leaves the context alone where there are none.
func withValues(ctx context.Context, values map[string]any) (context.Context, error) {
	if len(values) == 0 {
		return ctx, nil
	}
	return chconn.WithParameters(ctx, values)
}

// Codes of exceptions by which a server keeps something from an account, or is
// too old to have it.
const (
	codeUnknownColumn = 47
	codeUnknownTable  = 60
	codeReadonly      = 164
	codeDenied        = 497
)

// Unseen reports that the account may not read what it asked for, or that this
// server has no such thing.
func Unseen(err error) bool {
	switch code, _ := chconn.Code(err); code {
	case codeDenied, codeReadonly, codeUnknownTable, codeUnknownColumn:
		return true
	}
	return false
}

// SpentUntil is when the account may ask again, where an error is that its quota
// is spent.
func SpentUntil(err error) (until time.Time, spent bool) {
	var quota *chconn.QuotaError
	if !errors.As(err, &quota) {
		return time.Time{}, false
	}
	return quota.Until, true
}

// Codes of exceptions that concern everything and not one table.
const (
	codeUnknownDatabase = 81
	codeAuthentication  = 516
)

// Refused is the reason for not answering a query that lies in the query and the
// account, the server's own or that its answer could be wrong; ok is false for
// anything else, such as a connection that broke, a context that is done, or a
// server that is busy or a quota that is spent, which say nothing of the table.
func Refused(err error) (reason string, ok bool) {
	var cut *chconn.CutError
	if errors.As(err, &cut) {
		return cut.Error(), true
	}
	switch chconn.Classify(err) {
	case chconn.Overloaded, chconn.Unavailable:
		return "", false
	}
	var ex *clickhouse.Exception
	if !errors.As(err, &ex) || ex.Code == codeAuthentication || ex.Code == codeUnknownDatabase {
		return "", false
	}
	reason, _, _ = strings.Cut(ex.Message, "\n")
	return fmt.Sprintf("%s (code %d)", strings.TrimSpace(reason), ex.Code), true
}
