package chschema

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/internal/chconn"
)

// Name names a table or view, unquoted.
type Name struct{ Database, Table string }

// String is the name for people.
func (n Name) String() string { return n.Database + "." + n.Table }

// SQL is the name for a statement, quoted where it has to be.
func (n Name) SQL() string { return chconn.Ident(n.Database) + "." + chconn.Ident(n.Table) }

// Compare orders names by database, then table.
func (n Name) Compare(o Name) int {
	return cmp.Or(strings.Compare(n.Database, o.Database), strings.Compare(n.Table, o.Table))
}

// Table is a table, view or dictionary as system.tables and system.columns
// describe it.
type Table struct {
	Name
	UUID   string
	Engine Engine
	// SortingKey, PrimaryKey and PartitionKey are expressions, see KeyColumns.
	SortingKey, PrimaryKey, PartitionKey string
	// Select is what a view computes; Definition the whole statement that creates
	// the table, both as the server formats them.
	Select, Definition string
	// Rows and Bytes are its size; 0 where the server does not tell.
	Rows, Bytes uint64
	// Columns are in the table's order.
	Columns []Column
	// Views are the views that an insert into the table fires, as the server has
	// registered them, as far as the account may see that.
	Views []Name

	shard string // the database that a Distributed table reads which names none
}

// Column is a column of a table.
type Column struct {
	Name, Type string
	// Default is DEFAULT, MATERIALIZED, ALIAS or EPHEMERAL; empty for none.
	Default string
	// Uncompressed is the bytes of its values; 0 where the server does not tell.
	Uncompressed uint64
}

// Types is the type of each column, by the column's name.
func (t *Table) Types() map[string]string {
	m := make(map[string]string, len(t.Columns))
	for _, c := range t.Columns {
		m[c.Name] = c.Type
	}
	return m
}

// Exact is the table and no other one of its name.
func (t *Table) Exact() Exact { return Exact{t.Name, t.UUID} }

// Same is a text that differs for a table that another one was exchanged for, or
// that was altered.
func (t *Table) Same() string {
	return strings.Join([]string{t.String(), t.UUID, t.Engine.Name, t.Definition}, "\x00")
}

// Schema is every table of some databases.
type Schema map[Name]*Table

// Sorted lists the tables by name.
func (s Schema) Sorted() []*Table {
	return slices.SortedFunc(maps.Values(s), func(a, b *Table) int { return a.Compare(b.Name) })
}

// Readers lists the views that an insert into each table fires, by the tables'
// names; tables without any are left out.
func (s Schema) Readers() map[string][]string {
	out := map[string][]string{}
	for name, t := range s {
		for _, view := range t.Views {
			out[name.String()] = append(out[name.String()], view.String())
		}
	}
	return out
}

// Exists reports whether there is such a database to be seen; an account that may
// not ask is told that there is.
func Exists(ctx context.Context, q Querier, database string) (exists bool, err error) {
	var n uint64
	err = q.Each(ctx, "SELECT count() FROM system.databases WHERE name = {database:String}", map[string]any{"database": database},
		func(row func(...any) error) error { return row(&n) })
	switch {
	case Unseen(err):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look for the database %s: %w", database, err)
	}
	return n > 0, nil
}

// Read reads the tables of a database, of others beside it, where there are such,
// and of those that Distributed tables point into.
func Read(ctx context.Context, q Querier, database string, beside ...string) (Schema, error) {
	s := Schema{}
	if err := s.read(ctx, q, append([]string{database}, beside...)); err != nil {
		return nil, err
	}
	if err := s.findShards(ctx, q); err != nil {
		return nil, err
	}
	elsewhere := map[string]bool{}
	for _, t := range s {
		if _, at, ok := t.Distributed(); ok && at.Database != database && at.Database != "" && !slices.Contains(beside, at.Database) {
			elsewhere[at.Database] = true
		}
	}
	if len(elsewhere) > 0 {
		return s, s.read(ctx, q, slices.Sorted(maps.Keys(elsewhere)))
	}
	return s, nil
}

const tablesQuery = `SELECT database, name, toString(uuid), engine, engine_full, sorting_key, primary_key, partition_key,
	as_select, create_table_query, ifNull(total_rows, 0), ifNull(total_bytes, 0), dependencies_database, dependencies_table
FROM system.tables WHERE database IN {databases:Array(String)} AND NOT is_temporary ORDER BY database, name`

const columnsQuery = `SELECT database, table, name, type, default_kind, data_uncompressed_bytes
FROM system.columns WHERE database IN {databases:Array(String)} ORDER BY database, table, position`

// read adds the tables of the databases.
func (s Schema) read(ctx context.Context, q Querier, databases []string) error {
	values := map[string]any{"databases": databases}
	err := q.Each(ctx, tablesQuery, values, func(row func(...any) error) error {
		t := new(Table)
		var in, views []string
		if err := row(&t.Database, &t.Table, &t.UUID, &t.Engine.Name, &t.Engine.Full, &t.SortingKey, &t.PrimaryKey, &t.PartitionKey,
			&t.Select, &t.Definition, &t.Rows, &t.Bytes, &in, &views); err != nil {
			return err
		}
		for i := range views {
			t.Views = append(t.Views, Name{in[i], views[i]})
		}
		s[t.Name] = t
		return nil
	})
	if err != nil {
		return fmt.Errorf("read system.tables: %w", err)
	}
	err = q.Each(ctx, columnsQuery, values, func(row func(...any) error) error {
		var of Name
		var c Column
		if err := row(&of.Database, &of.Table, &c.Name, &c.Type, &c.Default, &c.Uncompressed); err != nil {
			return err
		}
		if t := s[of]; t != nil {
			t.Columns = append(t.Columns, c)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read system.columns: %w", err)
	}
	return nil
}

const shardsQuery = `SELECT cluster, default_database FROM system.clusters WHERE cluster IN {clusters:Array(String)}
ORDER BY is_local DESC, shard_num, replica_num LIMIT 1 BY cluster`

// findShards finds out which database a Distributed table reads that names none:
// the one that its cluster gives each shard, best this server's own. An account
// that may not see the clusters is told of the table's own database, as is one
// whose clusters give none.
func (s Schema) findShards(ctx context.Context, q Querier) error {
	nameless := map[string][]*Table{}
	for _, t := range s {
		if cluster, at, ok := t.Engine.Distributed(); ok && at.Database == "" {
			nameless[cluster] = append(nameless[cluster], t)
		}
	}
	if len(nameless) == 0 {
		return nil
	}
	err := q.Each(ctx, shardsQuery, map[string]any{"clusters": slices.Sorted(maps.Keys(nameless))}, func(row func(...any) error) error {
		var cluster, database string
		if err := row(&cluster, &database); err != nil {
			return err
		}
		for _, t := range nameless[cluster] {
			t.shard = database
		}
		return nil
	})
	if err != nil && !Unseen(err) {
		return fmt.Errorf("read system.clusters: %w", err)
	}
	for _, tables := range nameless {
		for _, t := range tables {
			t.shard = cmp.Or(t.shard, t.Database)
		}
	}
	return nil
}

// Distributed is the cluster and the table there for which a Distributed table
// stands.
func (t *Table) Distributed() (cluster string, at Name, ok bool) {
	cluster, at, ok = t.Engine.Distributed()
	at.Database = cmp.Or(at.Database, t.shard)
	return cluster, at, ok
}

// Stored is the table that stores the rows, as far as it can be seen: itself, a
// Distributed table's target, or a materialized view's inner table. An error says
// why it cannot be known.
func (s Schema) Stored(t *Table) (*Table, error) {
	switch t.Engine.Name {
	case "Distributed":
		cluster, target, _ := t.Distributed()
		if at := s[target]; at != nil && at != t {
			return at, nil
		}
		return nil, fmt.Errorf("it is distributed over the cluster %s, and the definition of %s there cannot be seen from here", cluster, target)
	case "MaterializedView":
		for _, name := range innerNames(t) {
			if at := s[name]; at != nil {
				return at, nil
			}
		}
		return nil, fmt.Errorf("its inner table cannot be seen")
	}
	return t, nil
}
