package ingest

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// replacedReason marks a file whose rows a repair has taken out of the tables.
const replacedReason = "replaced by the files of a repair"

// doneBatches is the query of the batches whose state is Done: of which a line says
// so and none says Failed. It costs a fraction of grouping all lines.
func doneBatches(database string) string {
	batches := name(database, ledgerBatches)
	return "(SELECT batch FROM " + batches + " WHERE state = 5 AND batch NOT IN (SELECT batch FROM " + batches + " WHERE state = 6))"
}

// inForce is the query of what the ledger holds as loaded: the last that was
// done with each file that a condition chooses. A replaced file stays in the
// ledger, so that it is not loaded again, and is not in the tables.
func inForce(database, condition string) string {
	return `(SELECT kind, name, argMax(f.generation, f.batch) AS generation, max(f.batch) AS batch, argMax(f.bytes, f.batch) AS bytes,
			argMax(f.rows, f.batch) AS rows, toBool(argMax(f.reason, f.batch) != '') AS replaced
		FROM ` + name(database, ledgerFiles) + ` AS f WHERE outcome = 'planned' AND ` + condition + ` AND f.batch IN
			` + doneBatches(database) + ` GROUP BY kind, name)`
}

// inTables sums up the files of a kind whose rows are in the tables.
type inTables struct {
	Files, Bytes, Rows uint64            // Rows are those that are stored
	Rejected           map[string]uint64 // rows that are not, by reason
}

// readInTables adds the ledger's files up.
func readInTables(ctx context.Context, s *session, kind Kind) (inTables, error) {
	var t inTables
	params := map[string]any{"kind": string(kind)}
	ofKind := "kind = {kind:String}"
	err := s.row(ctx, statement{SQL: "SELECT count(), sum(bytes), sum(rows) FROM " + inForce(s.database, ofKind) + " WHERE NOT replaced", Params: params},
		&t.Files, &t.Bytes, &t.Rows)
	if err != nil {
		return t, fmt.Errorf("add up the ledger's files: %w", err)
	}
	// Few files have rejected rows: only what is in force of those is looked for.
	counted := "SELECT name FROM " + name(s.database, ledgerFiles) + " WHERE kind = {kind:String} AND outcome = 'counted'"
	of := inForce(s.database, ofKind+" AND name IN ("+counted+")")
	err = s.each(ctx, statement{
		SQL: `SELECT reason, sum(n) FROM (SELECT DISTINCT batch, name, kv.1 AS reason, kv.2 AS n FROM ` + name(s.database, ledgerFiles) + `
			ARRAY JOIN CAST(rejected AS Array(Tuple(String, UInt64))) AS kv
			WHERE kind = {kind:String} AND outcome = 'counted' AND (name, batch) IN (SELECT name, batch FROM ` + of + ` WHERE NOT replaced))
			GROUP BY reason ORDER BY reason`,
		Params: params,
	}, func(rows driver.Rows) error {
		var reason string
		var n uint64
		if err := rows.Scan(&reason, &n); err != nil {
			return err
		}
		if t.Rejected == nil {
			t.Rejected = map[string]uint64{}
		}
		t.Rejected[reason] = n
		t.Rows -= n
		return nil
	})
	if err != nil {
		return t, fmt.Errorf("add up the rejected rows: %w", err)
	}
	return t, nil
}
