package catalog

import (
	"context"
	"fmt"
)

const readersQuery = `SELECT database || '.' || name, arrayMap((d, t) -> d || '.' || t, dependencies_database, dependencies_table)
FROM system.tables WHERE database = {database:String} AND notEmpty(dependencies_table)`

// Readers lists the materialized views that are computed from each table of the
// database, by the table's full name, as far as the account may see them.
func Readers(ctx context.Context, conn Conn, name string) (map[string][]string, error) {
	out := map[string][]string{}
	err := database{conn}.each(ctx, readersQuery, params{"database": name}, func(row func(...any) error) error {
		var table string
		var views []string
		if err := row(&table, &views); err != nil {
			return err
		}
		out[table] = views
		return nil
	})
	if unseen(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for the views of %s: %w", name, err)
	}
	return out, nil
}
