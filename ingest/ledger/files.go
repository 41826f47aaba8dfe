package ledger

import (
	"context"
	"fmt"
	"time"

	"clickql/ingest/session"
)

// Kind tells what a file holds.
type Kind string

// The kinds of file.
const (
	Downloads Kind = "downloads" // one row is one download, for the table pypi
	Projects  Kind = "projects"  // one row is one uploaded file, for the table projects
	GitHub    Kind = "github"    // one row is one event on GitHub, for the table github_events
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Downloads, Projects, GitHub} }

// Command is the one that loads files of a kind.
func (k Kind) Command() string {
	if k == Downloads {
		return "clickql ingest run"
	}
	return "clickql ingest " + string(k)
}

// outcome is what a line of the files' ledger says.
type outcome string

// The outcomes.
const (
	FilePlanned outcome = "planned" // it belongs to the batch
	FileCounted outcome = "counted" // the batch is staged, with these rejected rows
	FileFailed  outcome = "failed"  // it could not be loaded
)

// File is one line about a file.
type File struct {
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

// RecordFiles writes lines about files, which are of one outcome.
func (l Ledger) RecordFiles(ctx context.Context, lines []File) error {
	if len(lines) == 0 {
		return nil
	}
	return Write(ctx, l, Files, lines[0].Outcome, lines)
}

// ReplacedReason marks a file whose rows a repair has taken out of the tables.
const ReplacedReason = "replaced by the files of a repair"

// InForce is the query of what the ledger holds as loaded: the last that was
// done with each file that a condition chooses. A replaced file stays in the
// ledger, so that it is not loaded again, and is not in the tables.
func (l Ledger) InForce(condition string) string {
	return `(SELECT kind, name, argMax(f.generation, f.batch) AS generation, max(f.batch) AS batch, argMax(f.bytes, f.batch) AS bytes,
			argMax(f.rows, f.batch) AS rows, toBool(argMax(f.reason, f.batch) != '') AS replaced
		FROM ` + l.Table(Files) + ` AS f WHERE outcome = 'planned' AND ` + condition + ` AND f.batch IN
			` + l.Done() + ` GROUP BY kind, name)`
}

// inTables sums up the files of a kind whose rows are in the tables.
type inTables struct {
	Files, Bytes, Rows uint64            // Rows are those that are stored
	Rejected           map[string]uint64 // rows that are not, by reason
}

// InTables adds the ledger's files up.
func (l Ledger) InTables(ctx context.Context, kind Kind) (inTables, error) {
	var t inTables
	params := map[string]any{"kind": string(kind)}
	ofKind := "kind = {kind:String}"
	err := l.S.Row(ctx, session.Statement{SQL: "SELECT count(), sum(bytes), sum(rows) FROM " + l.InForce(ofKind) + " WHERE NOT replaced", Params: params},
		&t.Files, &t.Bytes, &t.Rows)
	if err != nil {
		return t, fmt.Errorf("add up the ledger's files: %w", err)
	}
	type line struct {
		reason string
		n      uint64
	}
	// Few files have rejected rows: only what is in force of those is looked for.
	counted := "SELECT name FROM " + l.Table(Files) + " WHERE kind = {kind:String} AND outcome = 'counted'"
	of := l.InForce(ofKind + " AND name IN (" + counted + ")")
	lines, err := session.Scan(ctx, l.S, session.Statement{
		SQL: `SELECT reason, sum(n) FROM (SELECT DISTINCT batch, name, kv.1 AS reason, kv.2 AS n FROM ` + l.Table(Files) + `
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
	if err != nil || kind != Downloads {
		return t, session.Wrap(err, "add up the rejected rows")
	}
	t.Rows, err = l.storedRows(ctx)
	return t, err
}

// storedRows is how many downloads the raw table should hold. What the batches have
// added to its days, and taken from them, says it: a repair by another mapping than
// a file was loaded with stores other rows of some of its days. Batches from before
// the ledger had days say how many they stored.
func (l Ledger) storedRows(ctx context.Context) (uint64, error) {
	var rows uint64
	err := l.S.Row(ctx, session.SQL(`SELECT toUInt64(greatest(0,
			(SELECT toInt64(sum(n)) FROM `+l.dayRows()+`) +
			(SELECT toInt64(sum(s)) FROM (SELECT batch, max(b.stored) AS s FROM `+l.Table(Batches)+` AS b WHERE b.kind = {kind:String} AND b.batch IN `+l.Done()+`
				AND b.batch NOT IN (SELECT d.batch FROM `+l.Table(Days)+` AS d) GROUP BY batch HAVING max(b.rows) > 0))))`, "kind", string(Downloads)), &rows)
	return rows, session.Wrap(err, "add up the ledger's days")
}

// PlannedFiles are the lines about the files of a batch.
func (l Ledger) PlannedFiles(ctx context.Context, batch string) ([]File, error) {
	return session.Structs[File](ctx, l.S, session.SQL(`SELECT DISTINCT name, generation, bytes, rows FROM `+l.Table(Files)+`
			WHERE batch = {batch:String} AND outcome = 'planned' ORDER BY name`,
		"batch", batch))
}
