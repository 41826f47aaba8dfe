package ddl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// Apply creates what the database lacks, and says what that was, an entry for
// each object in the order of creation; nothing where all is there. It drops
// and overwrites nothing: what is there and differs is for package check to name. A
// connection that may be made before the database exists is Unselected. Aggregates
// by columns that the raw table lacks wait for these (Waiting), and a view that is
// created on the landing table fills the others.
func Apply(ctx context.Context, conn *chconn.Conn, o Options) (created []string, err error) {
	shards, err := shardsOf(ctx, conn, o.Cluster)
	switch {
	case err != nil:
		return nil, err
	case shards > 1:
		return applySharded(ctx, conn, o, shards)
	}
	return create(ctx, conn, o, shards, statements)
}

// writing writes statements for a raw table that has some columns.
type writing func(o Options, has func(column string) bool) []Statement

// create runs those of the statements whose objects the database lacks; on a cluster of
// so many shards where some host lacks them.
func create(ctx context.Context, conn *chconn.Conn, o Options, shards uint64, statements writing) (created []string, err error) {
	have, err := Read(ctx, conn, o)
	if err != nil {
		return nil, err
	}
	if o.Cluster != "" {
		if err := disjoint(ctx, chschema.DB{Conn: conn}, o, shards); err != nil {
			return nil, err
		}
	}
	todo, err := have.todo(o, statements(o, have.stores))
	for _, s := range todo {
		if err := conn.Exec(ctx, s.SQL); err != nil {
			return created, s.failed(err)
		}
		what := s.Kind + " " + s.Object
		if _, some := have.partlyThere(s, o); some {
			what += " on the hosts that lacked it"
		}
		created = append(created, what)
	}
	return created, err
}

// todo are the statements that create what is missing of a schema, then, of a cluster,
// what else some host lacks. What cannot be told how to create comes with an error.
func (p *Present) todo(o Options, schema []Statement) (list []Statement, err error) {
	for _, s := range schema {
		if p.has(s, o.database()) || len(p.waitsFor(s.Name(o.database()))) > 0 {
			continue
		}
		if some, is := p.partlyThere(s, o); is && some.replicated {
			if s, err = some.joined(o, s); err != nil {
				return nil, err
			}
		}
		list = append(list, s)
	}
	more, err := p.joining(o, schema)
	return append(list, more...), err
}

// Waiting lists the columns, in their order, that the raw table lacks and some
// aggregate counts by: without them Apply creates none of these.
func (p *Present) Waiting() []string {
	var columns []string
	for _, c := range downloadColumns() {
		if slices.ContainsFunc(Derived(), func(t Table) bool { return slices.Contains(p.waitsFor(t.Name), c.Name) }) {
			columns = append(columns, c.Name)
		}
	}
	return columns
}

// waitsFor lists the columns that an aggregate, or its view, counts by and the raw
// table lacks.
func (p *Present) waitsFor(name string) (columns []string) {
	t, known := Lookup(strings.TrimSuffix(name, "_mv"))
	if !known || !t.Derived() {
		return nil
	}
	for _, c := range t.Key() {
		if _, computed := t.computed[c]; !computed && !p.stores(c) {
			columns = append(columns, c)
		}
	}
	return columns
}

// stores reports that the raw table has the column, or is not there and will have.
func (p *Present) stores(column string) bool {
	raw := p.Tables[RawTable]
	return raw == nil || raw.Types()[column] != ""
}

// Unfilled names the aggregates among what Apply has created that lack history:
// a view counts what arrives after it, and the raw table has rows from before.
func Unfilled(ctx context.Context, conn *chconn.Conn, o Options, created []string) ([]string, error) {
	var fresh []string
	for _, t := range Derived() {
		if slices.Contains(created, "view "+o.database()+"."+t.View()) {
			fresh = append(fresh, t.Name)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	var downloads uint64
	err := conn.QueryRow(ctx, "SELECT count() FROM "+qualified(o.database(), RawTable)).Scan(&downloads)
	if err != nil || downloads == 0 {
		return nil, err
	}
	return fresh, nil
}

// CreateDatabase creates the database alone, where it is missing.
func CreateDatabase(ctx context.Context, conn *chconn.Conn, o Options) error {
	if err := conn.Exec(ctx, createDatabase(o)); err != nil {
		return fmt.Errorf("create database %s: %w", o.database(), err)
	}
	return nil
}
