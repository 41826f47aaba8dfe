package ingest

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// The ledger's tables. Lines are only ever added; a line that is written twice
// because its answer was lost means the same as once.
const (
	ledgerBatches = "clickql_ledger_batches"
	ledgerFiles   = "clickql_ledger_files"
	ledgerDays    = "clickql_ledger_days"
	ledgerMoves   = "clickql_ledger_steps"
	ledgerSwaps   = "clickql_ledger_swaps"
)

// ledgerTables are the structures of the ledger's tables in the order of their
// creation.
var ledgerTables = []struct{ name, structure string }{
	{ledgerBatches, `(
			batch String, kind LowCardinality(String), state UInt8, reason String, epoch UInt64, owner String,
			files UInt64, bytes UInt64, rows UInt64, stored UInt64, rejected UInt64,
			first_day Date, last_day Date, seconds Float64, at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (batch, state) COMMENT 'clickql ingest: the life of each batch; its state is the greatest'`},
	{ledgerFiles, `(
			kind LowCardinality(String), name String, generation String, batch String,
			outcome Enum8('planned' = 1, 'counted' = 2, 'failed' = 3), reason String,
			bytes UInt64, rows UInt64, rejected Map(LowCardinality(String), UInt64), at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (kind, name, generation, batch) COMMENT 'clickql ingest: which batch each file went into, and which files failed'`},
	{ledgerDays, `(
			batch String, day Date, rows Int64
		) ENGINE = MergeTree ORDER BY (day, batch) COMMENT 'clickql ingest: rows that each batch adds to each day of the downloads; those of batches in state 5 count'`},
	{ledgerMoves, `(
			batch String, target_database String, target_table String, partition String, staged_table String,
			witness String, before Int64, delta Int64, at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (batch, target_database, target_table, partition) COMMENT 'clickql ingest: totals of each partition before and by each move'`},
	{ledgerSwaps, `(
			batch String, n UInt32, verb LowCardinality(String), target_database String, target_table String, staged_table String,
			uuid String, witness String, before Int64, sql String, at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (batch, n) COMMENT 'clickql ingest: the tables that each repair, backfill and promotion puts in place'`},
}

// ledger is the ledger of a session's database.
type ledger struct {
	s     *session
	owner string // of the lines that are written
	now   func() time.Time
}

// ledgerOf is the ledger for who only reads it.
func ledgerOf(s *session) ledger { return ledger{s: s} }

// create creates what is missing of the ledger.
func (l ledger) create(ctx context.Context) error {
	for _, t := range ledgerTables {
		if err := l.s.run(ctx, "CREATE TABLE IF NOT EXISTS "+name(l.s.database, t.name)+" "+t.structure); err != nil {
			return fmt.Errorf("create the ledger in database %s: %w", l.s.database, err)
		}
	}
	return nil
}

// table is the qualified name of one of the ledger's tables.
func (l ledger) table(table string) string { return name(l.s.database, table) }

// write adds lines to one of the ledger's tables, all of them or none.
func write[T any](ctx context.Context, l ledger, table, note string, lines []T) error {
	return failing(insert(ctx, l.s, table, note, lines), "write to the ledger %s", table)
}

// batchPattern reads a batch's name: the epoch of the lock under which it was
// planned, and a number within it.
var batchPattern = regexp.MustCompile(`^([0-9]{8})_([0-9]{4,})$`)

// batchName names a batch. Epochs and numbers only grow, so names sort in the
// order of planning.
func batchName(epoch uint64, n int) string { return fmt.Sprintf("%08d_%04d", epoch, n) }

// epoch is the greatest epoch that names a batch; 0 without a ledger.
func (l ledger) epoch(ctx context.Context) (uint64, error) {
	var newest string
	err := l.s.row(ctx, statement{SQL: "SELECT max(batch) FROM " + l.table(ledgerBatches)}, &newest)
	if err != nil && !gone(err) {
		return 0, fmt.Errorf("read the ledger's newest batch: %w", err)
	}
	m := batchPattern.FindStringSubmatch(newest)
	if m == nil {
		return 0, nil
	}
	return strconv.ParseUint(m[1], 10, 64)
}
