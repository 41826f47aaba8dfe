package ingest

import (
	"context"
	"fmt"
	"time"
)

// Kind tells what a file holds.
type Kind string

// The kinds of file.
const (
	Downloads Kind = "downloads" // one row is one download, for the table pypi
	Projects  Kind = "projects"  // one row is one uploaded file, for the table projects
)

// outcome is what a line of the files' ledger says.
type outcome string

const (
	filePlanned outcome = "planned" // it belongs to the batch
	fileCounted outcome = "counted" // the batch is staged, with these rejected rows
	fileFailed  outcome = "failed"  // it could not be loaded
)

// fileLine is one line about a file.
type fileLine struct {
	Kind       string            `ch:"kind"`
	Name       string            `ch:"name"`
	Generation string            `ch:"generation"`
	Batch      string            `ch:"batch"`
	Outcome    string            `ch:"outcome"`
	Reason     string            `ch:"reason"`
	Bytes      uint64            `ch:"bytes"`
	Rows       uint64            `ch:"rows"`
	Rejected   map[string]uint64 `ch:"rejected"`
	At         time.Time         `ch:"at"`
}

// recordFiles writes lines about files, which are of one outcome.
func (l ledger) recordFiles(ctx context.Context, lines []fileLine) error {
	if len(lines) == 0 {
		return nil
	}
	return write(ctx, l, ledgerFiles, lines[0].Outcome, lines)
}

// replacedReason marks a file whose rows a repair has taken out of the tables.
const replacedReason = "replaced by the files of a repair"

// inForce is the query of what the ledger holds as loaded: the last that was
// done with each file that a condition chooses. A replaced file stays in the
// ledger, so that it is not loaded again, and is not in the tables.
func (l ledger) inForce(condition string) string {
	return `(SELECT kind, name, argMax(f.generation, f.batch) AS generation, max(f.batch) AS batch, argMax(f.bytes, f.batch) AS bytes,
			argMax(f.rows, f.batch) AS rows, toBool(argMax(f.reason, f.batch) != '') AS replaced
		FROM ` + l.table(ledgerFiles) + ` AS f WHERE outcome = 'planned' AND ` + condition + ` AND f.batch IN
			` + l.done() + ` GROUP BY kind, name)`
}

// inTables sums up the files of a kind whose rows are in the tables.
type inTables struct {
	Files, Bytes, Rows uint64            // Rows are those that are stored
	Rejected           map[string]uint64 // rows that are not, by reason
}

// inTables adds the ledger's files up.
func (l ledger) inTables(ctx context.Context, kind Kind) (inTables, error) {
	var t inTables
	params := map[string]any{"kind": string(kind)}
	ofKind := "kind = {kind:String}"
	err := l.s.row(ctx, statement{SQL: "SELECT count(), sum(bytes), sum(rows) FROM " + l.inForce(ofKind) + " WHERE NOT replaced", Params: params},
		&t.Files, &t.Bytes, &t.Rows)
	if err != nil {
		return t, fmt.Errorf("add up the ledger's files: %w", err)
	}
	type line struct {
		reason string
		n      uint64
	}
	// Few files have rejected rows: only what is in force of those is looked for.
	counted := "SELECT name FROM " + l.table(ledgerFiles) + " WHERE kind = {kind:String} AND outcome = 'counted'"
	of := l.inForce(ofKind + " AND name IN (" + counted + ")")
	lines, err := scanAll(ctx, l.s, statement{
		SQL: `SELECT reason, sum(n) FROM (SELECT DISTINCT batch, name, kv.1 AS reason, kv.2 AS n FROM ` + l.table(ledgerFiles) + `
			ARRAY JOIN CAST(rejected AS Array(Tuple(String, UInt64))) AS kv
			WHERE kind = {kind:String} AND outcome = 'counted' AND (name, batch) IN (SELECT name, batch FROM ` + of + ` WHERE NOT replaced))
			GROUP BY reason ORDER BY reason`,
		Params: params,
	}, func(l *line) []any { return []any{&l.reason, &l.n} })
	for _, l := range lines {
		if t.Rejected == nil {
			t.Rejected = map[string]uint64{}
		}
		t.Rejected[l.reason] = l.n
		t.Rows -= l.n
	}
	return t, failing(err, "add up the rejected rows")
}

// plannedFiles are the lines about the files of a batch.
func (l ledger) plannedFiles(ctx context.Context, batch string) ([]fileLine, error) {
	return structs[fileLine](ctx, l.s, statement{
		SQL: `SELECT DISTINCT name, generation, bytes, rows FROM ` + l.table(ledgerFiles) + `
			WHERE batch = {batch:String} AND outcome = 'planned' ORDER BY name`,
		Params: map[string]any{"batch": batch},
	})
}
