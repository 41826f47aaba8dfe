package catalog

import (
	"context"
	"fmt"
)

const unchangedQuery = `SELECT toInt64(max(greatest(max_block_number, if(length(splitByChar('_', name)) > 4, toInt64OrZero(splitByChar('_', name)[-1]), 0)))),
	(SELECT toString(any(uuid)) FROM system.tables WHERE database = {database:String} AND name = {table:String})
FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active`

// Unchanged reports that the table, one of a snapshot with a LastBlock, has got
// no rows since the snapshot was taken. Block numbers only grow: where none is
// new now, none was at any time before, and what was read by then is what the
// snapshot tells of.
func (c *Catalog) Unchanged(ctx context.Context, t *Table) (bool, error) {
	var last int64
	var uuid string
	p := params{"database": t.Database, "table": t.Name}
	if err := c.reader.db.row(ctx, unchangedQuery, p, &last, &uuid); err != nil {
		return false, fmt.Errorf("look whether %s has changed: %w", t.FullName(), err)
	}
	return t.LastBlock > 0 && last <= t.LastBlock && uuid == t.uuid, nil
}
