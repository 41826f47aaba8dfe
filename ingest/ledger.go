package ingest

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// The ledger's tables. Lines are only ever added; a line that is written twice
// because its answer was lost means the same as once.
const (
	ledgerBatches = "clickql_ledger_batches"
	ledgerFiles   = "clickql_ledger_files"
	ledgerSteps   = "clickql_ledger_steps"
)

// ledgerDDL creates the ledger's tables in a database.
func ledgerDDL(database string) []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS " + name(database, ledgerBatches) + ` (
			batch String, kind LowCardinality(String), state UInt8, reason String, epoch UInt64, owner String,
			files UInt64, bytes UInt64, rows UInt64, stored UInt64, rejected UInt64,
			first_day Date, last_day Date, seconds Float64, at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (batch, state) COMMENT 'clickql ingest: the life of each batch; its state is the greatest'`,
		"CREATE TABLE IF NOT EXISTS " + name(database, ledgerFiles) + ` (
			kind LowCardinality(String), name String, generation String, batch String,
			outcome Enum8('planned' = 1, 'counted' = 2, 'failed' = 3), reason String,
			bytes UInt64, rows UInt64, rejected Map(LowCardinality(String), UInt64), at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (kind, name, generation, batch) COMMENT 'clickql ingest: which batch each file went into, and which files failed'`,
		daysDDL(database),
		"CREATE TABLE IF NOT EXISTS " + name(database, ledgerSteps) + ` (
			batch String, target_database String, target_table String, partition String, staged_table String,
			witness String, before Int64, delta Int64, at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (batch, target_database, target_table, partition) COMMENT 'clickql ingest: totals of each partition before and by each move'`,
		swapsDDL(database),
	}
}

// ensureLedger creates what is missing of the ledger.
func ensureLedger(ctx context.Context, s *session) error {
	for _, sql := range ledgerDDL(s.database) {
		if err := s.run(ctx, sql); err != nil {
			return fmt.Errorf("create the ledger in database %s: %w", s.database, err)
		}
	}
	return nil
}

// batchPattern reads a batch's name: the epoch of the lock under which it was
// planned, and a number within it.
var batchPattern = regexp.MustCompile(`^([0-9]{8})_([0-9]{4,})$`)

// batchName names a batch. Epochs and numbers only grow, so names sort in the
// order of planning.
func batchName(epoch uint64, n int) string { return fmt.Sprintf("%08d_%04d", epoch, n) }

// ledgerEpoch is the greatest epoch that names a batch; 0 without a ledger.
func ledgerEpoch(ctx context.Context, s *session) (uint64, error) {
	var newest string
	err := s.row(ctx, statement{SQL: "SELECT max(batch) FROM " + name(s.database, ledgerBatches)}, &newest)
	if chconn.Classify(err) == chconn.UnknownTable {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the ledger's newest batch: %w", err)
	}
	m := batchPattern.FindStringSubmatch(newest)
	if m == nil {
		return 0, nil
	}
	return strconv.ParseUint(m[1], 10, 64)
}

// batchLine is one line of a batch's life.
type batchLine struct {
	Batch    string    `ch:"batch"`
	Kind     string    `ch:"kind"`
	State    uint8     `ch:"state"`
	Reason   string    `ch:"reason"`
	Epoch    uint64    `ch:"epoch"`
	Owner    string    `ch:"owner"`
	Files    uint64    `ch:"files"`
	Bytes    uint64    `ch:"bytes"`
	Rows     uint64    `ch:"rows"`
	Stored   uint64    `ch:"stored"`
	Rejected uint64    `ch:"rejected"`
	FirstDay time.Time `ch:"first_day"`
	LastDay  time.Time `ch:"last_day"`
	Seconds  float64   `ch:"seconds"`
	At       time.Time `ch:"at"`
}

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

// stepLine is what recovery needs to judge one move.
type stepLine struct {
	Batch     string    `ch:"batch"`
	Database  string    `ch:"target_database"`
	Table     string    `ch:"target_table"`
	Partition string    `ch:"partition"`
	Staged    string    `ch:"staged_table"`
	Witness   string    `ch:"witness"` // the summed expression; empty: idempotent
	Before    int64     `ch:"before"`
	Delta     int64     `ch:"delta"`
	At        time.Time `ch:"at"`
}

// insert writes lines in one block, so all of them or none.
func insert[T any](ctx context.Context, s *session, table string, lines []T) error {
	if len(lines) == 0 {
		return nil
	}
	ctx, end, err := s.begin(ctx, statement{})
	if err != nil {
		return err
	}
	defer end()
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO "+name(s.database, table))
	if err != nil {
		return fmt.Errorf("write to the ledger %s: %w", table, err)
	}
	for i := range lines {
		if err := batch.AppendStruct(&lines[i]); err != nil {
			_ = batch.Abort() // the line's error is the cause
			return fmt.Errorf("write to the ledger %s: %w", table, err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("write to the ledger %s: %w", table, err)
	}
	return nil
}

// openBatches lists the batches that are not final, oldest first.
func openBatches(ctx context.Context, s *session) ([]batchLine, error) {
	return readBatches(ctx, s, "", "HAVING state < 5")
}

// readBatches reads the last line of each batch, in the order of planning. The
// lines may be chosen, and the batches.
func readBatches(ctx context.Context, s *session, where, having string) ([]batchLine, error) {
	var batches []batchLine
	err := s.each(ctx, statement{SQL: `SELECT batch, any(b.kind) AS kind, max(b.state) AS state,
			argMax(b.reason, b.state) AS reason, argMax(b.epoch, b.state) AS epoch, argMax(b.owner, b.state) AS owner,
			max(b.files) AS files, max(b.bytes) AS bytes, max(b.rows) AS rows, max(b.stored) AS stored, max(b.rejected) AS rejected,
			argMax(b.first_day, b.state) AS first_day, argMax(b.last_day, b.state) AS last_day, max(b.seconds) AS seconds,
			argMax(b.at, b.state) AS at
		FROM ` + name(s.database, ledgerBatches) + ` AS b ` + where + ` GROUP BY batch ` + having + ` ORDER BY batch`,
	}, func(rows driver.Rows) error {
		var b batchLine
		if err := rows.ScanStruct(&b); err != nil {
			return err
		}
		batches = append(batches, b)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger's batches: %w", err)
	}
	return batches, nil
}

// readSteps lists the moves of a batch.
func readSteps(ctx context.Context, s *session, batch string) ([]stepLine, error) {
	var steps []stepLine
	err := s.each(ctx, statement{
		SQL: `SELECT DISTINCT batch, target_database, target_table, partition, staged_table, witness, before, delta
			FROM ` + name(s.database, ledgerSteps) + ` WHERE batch = {batch:String} ORDER BY target_database, target_table, partition`,
		Params: map[string]any{"batch": batch},
	}, func(rows driver.Rows) error {
		var l stepLine
		if err := rows.ScanStruct(&l); err != nil {
			return err
		}
		steps = append(steps, l)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the steps of batch %s from the ledger: %w", batch, err)
	}
	return steps, nil
}
