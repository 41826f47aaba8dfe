package tables

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/ingest/session"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// Schema reads what the server says of tables, a database at a time, and keeps it.
type Schema struct {
	s    *session.Session
	read map[string]chschema.Schema
}

// NewSchema has read nothing yet.
func NewSchema(s *session.Session) *Schema {
	return &Schema{s: s, read: map[string]chschema.Schema{}}
}

// Of names a table of the session's own database.
func (sc *Schema) Of(table string) ID { return ID{sc.s.Database, table} }

// querier runs chschema's statements in a session.
type querier struct{ s *session.Session }

// Each calls scan for every row.
func (q querier) Each(ctx context.Context, query string, values map[string]any, scan func(row func(dest ...any) error) error) error {
	return q.s.Each(ctx, session.Statement{SQL: query, Params: values}, func(rows driver.Rows) error { return scan(rows.Scan) })
}

// Find is what the server says of a table or view; nil where there is none.
func (sc *Schema) Find(ctx context.Context, id ID) (*chschema.Table, error) {
	if sc.read[id.Database] == nil {
		all, err := chschema.Read(ctx, querier{sc.s}, id.Database)
		if err != nil {
			return nil, fmt.Errorf("read the tables of database %s: %w", id.Database, err)
		}
		sc.read[id.Database] = all
	}
	return sc.read[id.Database][chschema.Name(id)], nil
}

// Table is Find for a table that must be there.
func (sc *Schema) Table(ctx context.Context, id ID) (*chschema.Table, error) {
	t, err := sc.Find(ctx, id)
	if err == nil && t == nil {
		err = Missing(id)
	}
	return t, err
}

// Missing is the refusal to use a table that is not there.
func Missing(id ID) error {
	return fmt.Errorf("load into %s: there is no such table: create it with clickql schema apply", id)
}

// target is the table that a view writes to.
func (sc *Schema) target(view *chschema.Table) ID {
	to, _ := sc.read[view.Database].Target(view)
	return ID(to)
}

// End reads a smallest or greatest value over a whole table.
func End(t *chschema.Table, i Item) string {
	if strings.HasPrefix(t.Types()[i.Name], "AggregateFunction(") {
		return i.Func + "Merge(" + chconn.Ident(i.Name) + ")"
	}
	return i.Func + "(" + chconn.Ident(i.Name) + ")"
}
