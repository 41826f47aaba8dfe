package catalog

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// tableInfo is a table as system.tables and system.columns describe it.
type tableInfo struct {
	database, name, uuid               string
	engine, engineFull                 string
	sortingKey, primaryKey             string
	partitionKey, asSelect, definition string
	// shard is the database that a Distributed table reads which names none.
	shard       string
	rows, bytes uint64 // 0 where the database does not tell
	columns     []columnInfo
}

type columnInfo struct {
	name, typ    string
	uncompressed uint64
}

func (t *tableInfo) full() string { return t.database + "." + t.name }

// types is the type of each column.
func (t *tableInfo) types() map[string]string {
	m := make(map[string]string, len(t.columns))
	for _, c := range t.columns {
		m[c.name] = c.typ
	}
	return m
}

// schema is every table of some databases, by database.name.
type schema map[string]*tableInfo

const tablesQuery = `SELECT database, name, toString(uuid), engine, engine_full, sorting_key, primary_key, partition_key,
	as_select, create_table_query, ifNull(total_rows, 0), ifNull(total_bytes, 0)
FROM system.tables WHERE database IN {databases:Array(String)} AND NOT is_temporary ORDER BY database, name`

const columnsQuery = `SELECT database, table, name, type, data_uncompressed_bytes
FROM system.columns WHERE database IN {databases:Array(String)} ORDER BY database, table, position`

// readSchema reads the tables of a database, and of the databases that its
// Distributed tables point into.
func readSchema(ctx context.Context, db database, name string) (schema, error) {
	if err := mustExist(ctx, db, name); err != nil {
		return nil, err
	}
	s := schema{}
	if err := s.read(ctx, db, []string{name}); err != nil {
		return nil, err
	}
	if err := s.findShards(ctx, db); err != nil {
		return nil, err
	}
	if elsewhere := s.referred(name); len(elsewhere) > 0 {
		if err := s.read(ctx, db, elsewhere); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// mustExist is an error where there is no such database to be seen.
func mustExist(ctx context.Context, db database, name string) error {
	var n uint64
	err := db.row(ctx, `SELECT count() FROM system.databases WHERE name = {name:String}`, params{"name": name}, &n)
	switch {
	case err != nil && !unseen(err):
		return fmt.Errorf("look for the database %s: %w", name, err)
	case err == nil && n == 0:
		return fmt.Errorf("find the database %s: it does not exist or the account may not see it; "+
			"name another one in the DSN, or create it with `clickql schema apply`", name)
	}
	return nil
}

// read adds the tables of the databases.
func (s schema) read(ctx context.Context, db database, databases []string) error {
	p := params{"databases": databases}
	err := db.each(ctx, tablesQuery, p, func(row func(...any) error) error {
		t := new(tableInfo)
		if err := row(&t.database, &t.name, &t.uuid, &t.engine, &t.engineFull, &t.sortingKey, &t.primaryKey,
			&t.partitionKey, &t.asSelect, &t.definition, &t.rows, &t.bytes); err != nil {
			return err
		}
		s[t.full()] = t
		return nil
	})
	if err != nil {
		return fmt.Errorf("read system.tables: %w", err)
	}
	err = db.each(ctx, columnsQuery, p, func(row func(...any) error) error {
		var database, table string
		var c columnInfo
		if err := row(&database, &table, &c.name, &c.typ, &c.uncompressed); err != nil {
			return err
		}
		if t := s[database+"."+table]; t != nil {
			t.columns = append(t.columns, c)
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
func (s schema) findShards(ctx context.Context, db database) error {
	nameless := map[string][]*tableInfo{}
	for _, t := range s {
		if cluster, target, ok := t.distributed(); ok && strings.HasPrefix(target, ".") {
			nameless[cluster] = append(nameless[cluster], t)
		}
	}
	if len(nameless) == 0 {
		return nil
	}
	err := db.each(ctx, shardsQuery, params{"clusters": slices.Sorted(maps.Keys(nameless))}, func(row func(...any) error) error {
		var cluster, database string
		if err := row(&cluster, &database); err != nil {
			return err
		}
		for _, t := range nameless[cluster] {
			t.shard = database
		}
		return nil
	})
	if err != nil && !unseen(err) {
		return fmt.Errorf("read system.clusters: %w", err)
	}
	for _, tables := range nameless {
		for _, t := range tables {
			t.shard = cmp.Or(t.shard, t.database)
		}
	}
	return nil
}

// referred lists the other databases that Distributed tables point into.
func (s schema) referred(name string) []string {
	found := map[string]bool{}
	for _, t := range s {
		if _, target, ok := t.distributed(); ok {
			if database, _, _ := strings.Cut(target, "."); database != name && database != "" {
				found[database] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// distributed is the cluster and the target (database.table) of a Distributed
// table; the database is empty where it is each shard's own and not yet known.
func (t *tableInfo) distributed() (cluster, target string, ok bool) {
	if t.engine != "Distributed" {
		return "", "", false
	}
	args := engineArguments(t.engineFull)
	if len(args) < 3 {
		return "", "", false
	}
	return argument(args[0]), cmp.Or(argument(args[1]), t.shard) + "." + argument(args[2]), true
}

// argument is an engine's argument without quotes.
func argument(ts []token) string {
	if len(ts) == 1 {
		return ts[0].text
	}
	return ""
}

// physical is the table that stores the rows, as far as it can be seen: itself,
// a Distributed table's target, or a materialized view's inner table. An error
// says why it cannot be known.
func (s schema) physical(t *tableInfo) (*tableInfo, error) {
	switch t.engine {
	case "Distributed":
		cluster, target, _ := t.distributed()
		if at := s[target]; at != nil && at != t {
			return at, nil
		}
		return nil, fmt.Errorf("it is distributed over the cluster %s, and the definition of %s there cannot be seen from here", cluster, target)
	case "MaterializedView":
		for _, name := range []string{".inner_id." + t.uuid, ".inner." + t.name} {
			if at := s[t.database+"."+name]; at != nil {
				return at, nil
			}
		}
		return nil, fmt.Errorf("its inner table cannot be seen")
	}
	return t, nil
}

// target is the table that a materialized view writes into (database.table),
// and whether it is the view's own inner table.
func (s schema) target(view *tableInfo) (full string, inner bool) {
	ts := tokens(view.definition)
	for i, t := range ts {
		if t.sign("(") || t.is("AS") || t.is("ENGINE") {
			break
		}
		if !t.is("TO") || i+1 >= len(ts) {
			continue
		}
		if i+3 < len(ts) && ts[i+2].sign(".") {
			return ts[i+1].text + "." + ts[i+3].text, false
		}
		return view.database + "." + ts[i+1].text, false
	}
	if at, err := s.physical(view); err == nil {
		return at.full(), true
	}
	return "", false
}

// sorted lists the tables by full name.
func (s schema) sorted() []*tableInfo {
	return slices.SortedFunc(maps.Values(s), func(a, b *tableInfo) int { return strings.Compare(a.full(), b.full()) })
}
