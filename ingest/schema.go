package ingest

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"clickql/internal/chconn"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// definition is what the server says about a table or view.
type definition struct {
	Engine, EngineFull, SortingKey, PartitionKey string
	// Create is its whole DDL, as the server writes it.
	Create  string
	Columns []targetColumn
	// Views are fired by an insert into it.
	Views []tableID
	// Select and Target are a view's.
	Select string
	Target tableID
}

// schema reads definitions, a database at a time, and keeps them.
type schema struct {
	s         *session
	databases map[string]map[string]*definition
}

// newSchema has read nothing yet.
func newSchema(s *session) *schema {
	return &schema{s: s, databases: map[string]map[string]*definition{}}
}

// table is the definition of a table or view.
func (sc *schema) table(ctx context.Context, id tableID) (*definition, error) {
	if sc.databases[id.Database] == nil {
		if err := sc.read(ctx, id.Database); err != nil {
			return nil, fmt.Errorf("read the tables of database %s: %w", id.Database, err)
		}
	}
	def := sc.databases[id.Database][id.Table]
	if def == nil {
		return nil, fmt.Errorf("load into %s: there is no such table: create it with clickql schema apply", id)
	}
	return def, nil
}

// read reads one database.
func (sc *schema) read(ctx context.Context, database string) error {
	tables := map[string]*definition{}
	params := map[string]any{"database": database}
	err := sc.s.each(ctx, statement{
		SQL: `SELECT name, engine, engine_full, sorting_key, partition_key, dependencies_database, dependencies_table,
				as_select, create_table_query, toString(uuid)
			FROM system.tables WHERE database = {database:String}`,
		Params: params,
	}, func(rows driver.Rows) error {
		var table string
		var d definition
		var databases, names []string
		var uuid string
		err := rows.Scan(&table, &d.Engine, &d.EngineFull, &d.SortingKey, &d.PartitionKey, &databases, &names, &d.Select, &d.Create, &uuid)
		if d.Engine == "MaterializedView" {
			d.Target = viewTarget(database, d.Create, uuid)
		}
		for i := range databases {
			d.Views = append(d.Views, tableID{databases[i], names[i]})
		}
		tables[table] = &d
		return err
	})
	if err != nil {
		return err
	}
	err = sc.s.each(ctx, statement{
		SQL:    "SELECT table, name, type, default_kind FROM system.columns WHERE database = {database:String} ORDER BY table, position",
		Params: params,
	}, func(rows driver.Rows) error {
		var table string
		var c targetColumn
		if err := rows.Scan(&table, &c.Name, &c.Type, &c.Default); err != nil {
			return err
		}
		if d := tables[table]; d != nil {
			d.Columns = append(d.Columns, c)
		}
		return nil
	})
	sc.databases[database] = tables
	return err
}

// viewTo finds the table that a view writes to.
var viewTo = regexp.MustCompile(`^CREATE MATERIALIZED VIEW ` + identifier + `\.` + identifier + ` TO (` + identifier + `)\.(` + identifier + `)[ (]`)

// viewTarget is the table that a view writes to: the one that its DDL names, or
// the inner table that goes by its UUID. The columns of system.tables that say
// so are missing from older servers.
func viewTarget(database, create, uuid string) tableID {
	if m := viewTo.FindStringSubmatch(create); m != nil {
		return tableID{unquote(m[1]), unquote(m[2])}
	}
	return tableID{database, ".inner_id." + uuid}
}

// end reads a smallest or greatest value over a whole table.
func (d *definition) end(i item) string {
	for _, c := range d.Columns {
		if c.Name == i.Name && strings.HasPrefix(c.Type, "AggregateFunction(") {
			return i.Func + "Merge(" + chconn.Ident(i.Name) + ")"
		}
	}
	return i.Func + "(" + chconn.Ident(i.Name) + ")"
}
