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

// definition is what the server says about a table or view.
type definition struct {
	Engine, EngineFull, SortingKey, PartitionKey string
	// Create is its whole DDL, as the server writes it.
	Create  string
	Columns []Column
	// Views are fired by an insert into it.
	Views []ID
	// Select and Target are a view's.
	Select string
	Target ID
}

// Schema reads definitions, a database at a time, and keeps them.
type Schema struct {
	s         *session.Session
	Databases map[string]map[string]*definition
}

// NewSchema has read nothing yet.
func NewSchema(s *session.Session) *Schema {
	return &Schema{s: s, Databases: map[string]map[string]*definition{}}
}

// Table is the definition of a table or view.
func (sc *Schema) Table(ctx context.Context, id ID) (*definition, error) {
	if sc.Databases[id.Database] == nil {
		if err := sc.Read(ctx, id.Database); err != nil {
			return nil, fmt.Errorf("read the tables of database %s: %w", id.Database, err)
		}
	}
	def := sc.Databases[id.Database][id.Table]
	if def == nil {
		return nil, fmt.Errorf("load into %s: there is no such table: create it with clickql schema apply", id)
	}
	return def, nil
}

// Read reads one database.
func (sc *Schema) Read(ctx context.Context, database string) error {
	tables := map[string]*definition{}
	params := map[string]any{"database": database}
	err := sc.s.Each(ctx, session.Statement{
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
			d.Views = append(d.Views, ID{databases[i], names[i]})
		}
		tables[table] = &d
		return err
	})
	if err != nil {
		return err
	}
	err = sc.s.Each(ctx, session.Statement{
		SQL:    "SELECT table, name, type, default_kind FROM system.columns WHERE database = {database:String} ORDER BY table, position",
		Params: params,
	}, func(rows driver.Rows) error {
		var table string
		var c Column
		if err := rows.Scan(&table, &c.Name, &c.Type, &c.Default); err != nil {
			return err
		}
		if d := tables[table]; d != nil {
			d.Columns = append(d.Columns, c)
		}
		return nil
	})
	sc.Databases[database] = tables
	return err
}

// End reads a smallest or greatest value over a whole table.
func (d *definition) End(i Item) string {
	for _, c := range d.Columns {
		if c.Name == i.Name && strings.HasPrefix(c.Type, "AggregateFunction(") {
			return i.Func + "Merge(" + chconn.Ident(i.Name) + ")"
		}
	}
	return i.Func + "(" + chconn.Ident(i.Name) + ")"
}

// viewTarget is the table that a view writes to: the one that its DDL names, or
// the inner table that goes by its UUID.
func viewTarget(database, create, uuid string) ID {
	if named, ok := chschema.NamedTarget(create, database); ok {
		return ID{named.Database, named.Table}
	}
	return ID{database, ".inner_id." + uuid}
}
