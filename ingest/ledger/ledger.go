package ledger

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"clickql/ingest/session"
)

// The ledger's tables. Lines are only ever added, but for totals, of which the newest
// replace those before; a line that is written twice because its answer was lost means
// the same as once.
const (
	Batches = "clickql_ledger_batches"
	Files   = "clickql_ledger_files"
	Days    = "clickql_ledger_days"
	Moves   = "clickql_ledger_steps"
	Swaps   = "clickql_ledger_swaps"
	Totals  = "clickql_ledger_totals"
)

// ledgerTables are the structures of the ledger's tables in the order of their
// creation.
var ledgerTables = []struct{ name, structure string }{
	{Batches, `(
			batch String, kind LowCardinality(String), state UInt8, reason String, epoch UInt64, owner String,
			files UInt64, bytes UInt64, rows UInt64, stored UInt64, rejected UInt64,
			first_day Date, last_day Date, seconds Float64, at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (batch, state) COMMENT 'clickql ingest: the life of each batch; its state is the greatest'`},
	{Files, `(
			kind LowCardinality(String), name String, generation String, batch String,
			outcome Enum8('planned' = 1, 'counted' = 2, 'failed' = 3), reason String,
			bytes UInt64, rows UInt64, rejected Map(LowCardinality(String), UInt64), at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (kind, name, generation, batch) COMMENT 'clickql ingest: which batch each file went into, and which files failed'`},
	{Days, `(
			batch String, day Date, rows Int64
		) ENGINE = MergeTree ORDER BY (day, batch) COMMENT 'clickql ingest: rows that each batch adds to each day of the downloads; those of batches in state 5 count'`},
	{Moves, `(
			batch String, target_database String, target_table String, partition String, staged_table String,
			witness String, before Int64, delta Int64, at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (batch, target_database, target_table, partition) COMMENT 'clickql ingest: totals of each partition before and by each move'`},
	{Swaps, `(
			batch String, n UInt32, verb LowCardinality(String), target_database String, target_table String, staged_table String,
			uuid String, witness String, before Int64, sql String, at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (batch, n) COMMENT 'clickql ingest: the tables that each repair, backfill and promotion puts in place'`},
	{Totals, `(
			table_uuid String, partition String, definition String, witness String, parts Array(String), totals Array(Int64), at DateTime64(3, 'UTC')
		) ENGINE = ReplacingMergeTree ORDER BY (table_uuid, partition, definition, witness) SETTINGS index_granularity = 256
		COMMENT 'clickql ingest: what the parts of partitions add up to, by their names and contents; a line that is lost costs reading'`},
}

// Ledger is the ledger of a session's database.
type Ledger struct {
	S     *session.Session
	Owner string // of the lines that are written
	Now   func() time.Time
	// Shared tells that replicas keep the ledger, as they do what it speaks of.
	Shared bool
}

// Of is the ledger for who only reads it.
func Of(s *session.Session) Ledger { return Ledger{S: s} }

// Create creates what is missing of the ledger.
func (l Ledger) Create(ctx context.Context) error {
	if l.Shared {
		return l.createShared(ctx)
	}
	there, err := l.there(ctx)
	if err != nil {
		return err
	}
	for _, t := range ledgerTables {
		if there[t.name] {
			continue
		}
		if err := l.S.Do(ctx, "CREATE TABLE IF NOT EXISTS "+session.Name(l.S.Database, t.name)+" "+t.structure); err != nil {
			return fmt.Errorf("create the ledger in database %s: %w", l.S.Database, err)
		}
	}
	return nil
}

// there names those of its tables that there are.
func (l Ledger) there(ctx context.Context) (map[string]bool, error) {
	names, err := l.S.Texts(ctx, session.SQL("SELECT name FROM system.tables WHERE database = {database:String} AND startsWith(name, 'clickql_ledger_')", "database", l.S.Database))
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	return there, session.Wrap(err, "look for the ledger in database %s", l.S.Database)
}

// Table is the qualified name of one of the ledger's tables.
func (l Ledger) Table(table string) string { return session.Name(l.S.Database, table) }

// Write adds lines to one of the ledger's tables, all of them or none.
func Write[T any](ctx context.Context, l Ledger, table, note string, lines []T) error {
	return session.Wrap(session.Insert(ctx, l.S, table, note, lines), "write to the ledger %s", table)
}

// batchPattern reads a batch's name: the epoch of the lock under which it was
// planned, and a number within it.
var batchPattern = regexp.MustCompile(`^([0-9]{8})_([0-9]{4,})$`)

// BatchName names a batch. Epochs and numbers only grow, so names sort in the
// order of planning.
func BatchName(epoch uint64, n int) string { return fmt.Sprintf("%08d_%04d", epoch, n) }

// Epoch is the greatest epoch that names a batch; 0 without a ledger.
func (l Ledger) Epoch(ctx context.Context) (uint64, error) {
	var newest string
	err := l.S.Row(ctx, session.SQL("SELECT max(batch) FROM "+l.Table(Batches)), &newest)
	if err != nil && !session.Gone(err) {
		return 0, fmt.Errorf("read the ledger's newest batch: %w", err)
	}
	m := batchPattern.FindStringSubmatch(newest)
	if m == nil {
		return 0, nil
	}
	return strconv.ParseUint(m[1], 10, 64)
}
