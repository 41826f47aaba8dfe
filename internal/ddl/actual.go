package ddl

import (
	"context"
	"fmt"

	"clickql/internal/chconn"
	"clickql/internal/country"
)

// actual is what a database holds.
type actual struct {
	exists    bool
	tables    map[string]actualTable // views and dictionaries too
	countries bool                   // no country is missing
}

// actualTable is one object as system.tables and system.columns tell of it.
type actualTable struct {
	name, engine, sortingKey, partitionKey string
	asSelect, create                       string
	columns                                map[string]string // type by name
}

// readActual reads what the database holds; with a cluster, what it holds on
// every host of it.
func readActual(ctx context.Context, conn *chconn.Conn, o Options) (*actual, error) {
	database := o.database()
	a := &actual{tables: map[string]actualTable{}}
	ctx, err := chconn.WithParameters(ctx, map[string]any{"database": database})
	if err != nil {
		return nil, err
	}
	var n uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM system.databases WHERE name = {database:String}").Scan(&n); err != nil {
		return nil, fmt.Errorf("look for database %s: %w", database, err)
	}
	if a.exists = n > 0; !a.exists {
		return a, nil
	}
	if err := a.readTables(ctx, conn); err != nil {
		return nil, fmt.Errorf("read the tables of database %s: %w", database, err)
	}
	if err := a.readColumns(ctx, conn); err != nil {
		return nil, fmt.Errorf("read the columns of database %s: %w", database, err)
	}
	if err := a.readCountries(ctx, conn, database); err != nil {
		return nil, fmt.Errorf("read %s.countries: %w", database, err)
	}
	if o.Cluster != "" {
		return a, a.keepOnAllHosts(ctx, conn, o.Cluster)
	}
	return a, nil
}

func (a *actual) readTables(ctx context.Context, conn *chconn.Conn) error {
	rows, err := conn.Query(ctx, `SELECT name, engine, sorting_key, partition_key, as_select, create_table_query
		FROM system.tables WHERE database = {database:String} AND NOT is_temporary`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		t := actualTable{columns: map[string]string{}}
		if err := rows.Scan(&t.name, &t.engine, &t.sortingKey, &t.partitionKey, &t.asSelect, &t.create); err != nil {
			return err
		}
		a.tables[t.name] = t
	}
	return rows.Err()
}

func (a *actual) readColumns(ctx context.Context, conn *chconn.Conn) error {
	rows, err := conn.Query(ctx, "SELECT table, name, type FROM system.columns WHERE database = {database:String}")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var table, name, typ string
		if err := rows.Scan(&table, &name, &typ); err != nil {
			return err
		}
		if t, ok := a.tables[table]; ok {
			t.columns[name] = typ
		}
	}
	return rows.Err()
}

func (a *actual) readCountries(ctx context.Context, conn *chconn.Conn, database string) error {
	t := a.tables["countries"]
	if t.columns["code"] == "" || t.columns["name"] == "" {
		return nil
	}
	var codes []string
	for _, c := range country.All() {
		codes = append(codes, c.Code)
	}
	ctx, err := chconn.WithParameters(ctx, map[string]any{"codes": codes})
	if err != nil {
		return err
	}
	var n uint64
	err = conn.QueryRow(ctx, "SELECT uniqExact(code) FROM "+qualified(database, "countries")+" WHERE code IN {codes:Array(String)}").Scan(&n)
	a.countries = n == uint64(len(codes))
	return err
}

// has reports that what the statement creates is there.
func (a *actual) has(s Statement, database string) bool {
	switch s.Kind {
	case "database":
		return a.exists
	case "rows":
		return a.countries
	default:
		_, ok := a.tables[s.name(database)]
		return ok
	}
}
