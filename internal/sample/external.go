package sample

import (
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/ext"
	chcolumn "github.com/ClickHouse/clickhouse-go/v2/lib/column"
)

// column is one column of a table that is sent along with a query; values is a
// slice of the type's Go form.
type column struct {
	name, typ string
	values    any
}

// columns makes such a table. Whole columns are appended at once: by rows it
// would cost more than drawing the rows that they stand for.
func columns(name string, list ...column) (*ext.Table, error) {
	defs := make([]func(*ext.Table) error, len(list))
	for i, c := range list {
		defs[i] = ext.Column(c.name, chcolumn.Type(c.typ))
	}
	table, err := ext.NewTable(name, defs...)
	if err != nil {
		return nil, fmt.Errorf("make the table %s: %w", name, err)
	}
	for i, c := range list {
		if _, err := table.Block().Columns[i].Append(c.values); err != nil {
			return nil, fmt.Errorf("fill column %s of the table %s: %w", c.name, name, err)
		}
	}
	return table, nil
}
