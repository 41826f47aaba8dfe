package ddl

import (
	"cmp"
	"fmt"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// Options says where the tables are.
type Options struct {
	// Database holds the tables; empty for chconn.DefaultDatabase.
	Database string
	// Cluster names a cluster of the server's configuration to create the
	// tables on; empty for the one server. The tables are then replicated.
	Cluster string
	// sharded tells that the database is of one shard of several.
	sharded bool
}

// database is the name of the database, unquoted.
func (o Options) database() string { return cmp.Or(o.Database, chconn.DefaultDatabase) }

// onCluster is the clause that runs a statement on every host of the cluster.
func (o Options) onCluster() string {
	if o.Cluster == "" {
		return ""
	}
	return " ON CLUSTER " + chconn.Ident(o.Cluster)
}

// qualified is a quoted name with its database.
func qualified(database, name string) string {
	return chschema.Name{Database: database, Table: name}.SQL()
}

// Statement is one step towards the whole schema.
type Statement struct {
	// Kind is "database", "table", "view", "dictionary" or "rows".
	Kind string
	// Object is the object's name with its database, unquoted.
	Object string
	// SQL does nothing where the object is there.
	SQL string
}

// Name is the object's name without its database.
func (s Statement) Name(database string) string {
	return strings.TrimPrefix(s.Object, database+".")
}

// Statements lists what creates everything, in an order that works.
func Statements(o Options) []Statement {
	return statements(o, all)
}

// all says of a raw table that it has every column.
func all(string) bool { return true }

// statements are those for a raw table with some of the columns.
func statements(o Options, has func(column string) bool) []Statement {
	db := o.database()
	list := []Statement{{Kind: "database", Object: db, SQL: createDatabase(o)}}
	for _, t := range Tables() {
		list = append(list, Statement{Kind: "table", Object: db + "." + t.Name, SQL: t.Create(o, t.Name)})
	}
	list = append(list, Statement{Kind: "rows", Object: db + ".countries", SQL: insertCountries(db)})
	for _, d := range Dictionaries() {
		list = append(list, Statement{Kind: "dictionary", Object: db + "." + d.Name, SQL: d.create(o)})
	}
	// Views come last: from each one's creation on the rows that arrive are
	// counted, and by then every table that they go to is there.
	for _, t := range Derived() {
		list = append(list, t.view(o))
	}
	list = append(list, landingStatements(o, has)...)
	return append(list, GitHubViews(o)...)
}

// Print writes the complete DDL, each statement ended by a semicolon and a
// blank line. It may be run again.
func Print(o Options) string {
	var b strings.Builder
	for _, s := range Statements(o) {
		b.WriteString(s.SQL)
		b.WriteString(";\n\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// createDatabase creates the database. Its engine must know tables by UUID:
// loading exchanges tables in one step.
func createDatabase(o Options) string {
	return "CREATE DATABASE IF NOT EXISTS " + chconn.Ident(o.database()) + o.onCluster() + " ENGINE = Atomic"
}

// Create is the statement that creates a table of this shape under a name in
// the database of o.
func (t Table) Create(o Options, name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS %s%s\n%s\nENGINE = %s\n", qualified(o.database(), name), o.onCluster(), listed(t.Columns, Column.Definition), t.engine(o))
	if t.PartitionBy != "" {
		fmt.Fprintf(&b, "PARTITION BY %s\n", t.PartitionBy)
	}
	fmt.Fprintf(&b, "ORDER BY %s\n", Tuple(t.OrderBy))
	if t.Settings != "" {
		fmt.Fprintf(&b, "SETTINGS %s\n", t.Settings)
	}
	fmt.Fprintf(&b, "COMMENT %s", chconn.Literal(t.Comment))
	return b.String()
}

// Tuple writes a key. A single column stands without parentheses: the server
// would show them as a part of the sorting key.
func Tuple(columns []string) string {
	if len(columns) == 1 {
		return columns[0]
	}
	return "(" + strings.Join(columns, ", ") + ")"
}

// engine is the engine for one node or for a cluster. The replication path is
// the server's default, which holds the table's UUID: paths made of names break
// when tables are exchanged.
func (t Table) engine(o Options) string {
	switch {
	case o.Cluster == "":
		return t.Engine
	case o.sharded && t.everywhere():
		return t.replicatedEverywhere()
	}
	return "Replicated" + t.Engine
}

// listed writes columns in parentheses, one to a line.
func listed(columns []Column, write func(Column) string) string {
	lines := make([]string, len(columns))
	for i, c := range columns {
		lines[i] = "    " + write(c)
	}
	return "(\n" + strings.Join(lines, ",\n") + "\n)"
}

// Definition is the column as CREATE TABLE and ADD COLUMN take it.
func (c Column) Definition() string {
	s := chconn.Ident(c.Name) + " " + c.Type
	if c.Default != "" {
		s += " DEFAULT " + c.Default
	}
	s += " COMMENT " + chconn.Literal(c.Comment)
	if c.Codec != "" {
		s += " CODEC(" + c.Codec + ")"
	}
	return s
}

// CreateView is the statement that creates the materialized view which fills a
// derived table in the database of o.
func (t Table) CreateView(o Options) string { return t.view(o).SQL }

func (t Table) view(o Options) Statement {
	return o.view(t.View(), t.Name, t.Select(qualified(o.database(), RawTable)), "Fills "+t.Name+" from "+RawTable)
}

// view creates a materialized view into a table.
func (o Options) view(name, to, selects, comment string) Statement {
	db := o.database()
	return Statement{Kind: "view", Object: db + "." + name, SQL: fmt.Sprintf("CREATE MATERIALIZED VIEW IF NOT EXISTS %s%s TO %s\nAS %s\nCOMMENT %s",
		qualified(db, name), o.onCluster(), qualified(db, to), selects, chconn.Literal(comment))}
}

// create creates the dictionary. It reads its own server as the user default
// without a password, which servers allow from the machine itself: a statement
// that anyone may read with SHOW CREATE is no place for a password.
func (d Dictionary) create(o Options) string {
	columns := listed(d.Columns, func(c Column) string { return chconn.Ident(c.Name) + " " + c.Type })
	return fmt.Sprintf("CREATE DICTIONARY IF NOT EXISTS %s%s\n%s\nPRIMARY KEY %s\nSOURCE(CLICKHOUSE(QUERY %s))\nLIFETIME(MIN 0 MAX 300)\nLAYOUT(COMPLEX_KEY_HASHED())\nCOMMENT %s",
		qualified(o.database(), d.Name), o.onCluster(), columns, d.Key, chconn.Literal(d.query(o.database())), chconn.Literal(d.Comment))
}
