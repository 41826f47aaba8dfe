package catalog

import (
	"context"
	"fmt"

	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// What `clickql ingest` keeps of the files that it loads, as far as it is read
// here: the one place outside of ingest that knows of it, by the names of tables
// and columns, since the catalog reads databases and not programs.
//
//	clickql_ledger_files    a line for each file and batch, and each failure: kind
//	                        ('downloads'), name, batch, outcome, at
//	clickql_ledger_batches  lines of each batch's life: batch, kind, state, files,
//	                        first_day, last_day, at; its state is the greatest, 5 is
//	                        done; one of downloads without files is a repair of days,
//	                        one of retention has dropped raw rows of old days
//	clickql_ledger_days     what each batch adds to each day: batch, day, rows
//
// A file is done when a batch that has it is, or when a repair has made its day
// anew since anything was heard of it. Exports by day are named by the Unix time of
// the day's midnight and numbered from zero, prefix/1767225600-000000000000.parquet:
// a number that is left out is a file that is not done. What was done with a day's
// files before the day was over (UTC) leaves it open, which is how it is all day
// long with loads by the hour. Other names, such as those of a bulk export, tell no
// day.
const (
	ledgerFiles   = "clickql_ledger_files"
	ledgerBatches = "clickql_ledger_batches"
	ledgerDayRows = "clickql_ledger_days"
)

// Retired is what was dropped from the raw table on purpose, as the ledger says: rows
// of days from the first to the last, which the aggregates have counted. What the raw
// table has of such days, as where files of theirs came later, is a part of them.
type Retired struct {
	Days cube.Range // cube.NoDays for none
	Rows int64
}

const retiredQuery = `SELECT count(), toInt32(min(day)), toInt32(max(day)), -sum(n) FROM (SELECT DISTINCT batch, day, rows AS n FROM %s
	WHERE batch IN (SELECT batch FROM %s WHERE batch IN (SELECT batch FROM %[2]s WHERE kind = 'retention') GROUP BY batch HAVING max(state) = 5))`

// readRetired reads what was dropped; nothing where there is no ledger of days, or the
// account may not read it.
func (r *reader) readRetired(ctx context.Context, there bool) (Retired, error) {
	none := Retired{Days: cube.NoDays}
	if !there {
		return none, nil
	}
	name := func(table string) string { return chschema.Name{Database: r.opts.Database, Table: table}.SQL() }
	var n uint64
	var first, last int32
	var rows int64
	err := r.db.Row(ctx, fmt.Sprintf(retiredQuery, name(ledgerDayRows), name(ledgerBatches)), nil, &n, &first, &last, &rows)
	if reason, ok := chschema.Refused(err); ok {
		r.opts.Log.Debug("the ledger of loads cannot be read: which days were dropped is told by the tables alone", "reason", reason)
		return none, nil
	}
	if err != nil {
		return none, fmt.Errorf("read the ledger of loads in %s: %w", r.opts.Database, err)
	}
	if n == 0 {
		return none, nil
	}
	return Retired{Days: cube.Range{From: cube.Day(first), To: cube.Day(last)}, Rows: rows}, nil
}

// ledgerDays tells of each day that files are named for whether all of them are
// done.
type ledgerDays map[cube.Day]bool

// ledgerQuery has a row for each day: its number, and whether all of its files are
// done. An export is one folder's files of one stamp.
const ledgerQuery = `WITH
	'(?:^|/)([0-9]{10})-[^/]*$' AS stamped,
	'^(.*[0-9]{10})-[^/]*$' AS exported,
	'-([0-9]{12})[.][^/]*$' AS numbered,
	batches AS (
		SELECT batch, max(state) = 5 AS done, toUnixTimestamp(max(at)) AS ended, any(kind) = 'downloads' AND max(files) = 0 AS repairs,
			toInt32(argMax(first_day, state)) AS first, toInt32(argMax(last_day, state)) AS last
		FROM %[2]s GROUP BY batch),
	repaired AS (
		SELECT arrayJoin(range(first, last + 1)) AS day, max(ended) AS remade FROM batches WHERE done AND repairs GROUP BY day),
	named AS (
		SELECT f.name AS name, max(b.done) AS done, max(b.done * b.ended) AS ended, toUnixTimestamp(max(f.at)) AS heard,
			toInt32(intDiv(toUInt32OrZero(extract(f.name, stamped)), 86400)) AS day, toUInt64OrNull(extract(f.name, numbered)) AS number
		FROM (SELECT name, batch, at FROM %[1]s WHERE kind = 'downloads' AND match(name, stamped)) AS f
		LEFT ANY JOIN batches AS b ON f.batch = b.batch
		GROUP BY f.name),
	exports AS (
		SELECT n.day AS day, extract(name, exported) AS export, max(r.remade) AS remade, min(done OR heard <= r.remade) AS all_done,
			max(greatest(ended, r.remade)) AS loaded, ifNull(uniqExact(number) = max(number) + 1, 1) AS no_gap
		FROM named AS n LEFT ANY JOIN repaired AS r ON n.day = r.day
		GROUP BY n.day, export)
SELECT day, toUInt8(min(all_done AND (no_gap OR remade > 0)) AND max(loaded) >= (day + 1) * 86400) FROM exports GROUP BY day`

// readLedger reads which days are done; nil where there is no ledger, or the
// account may not read it.
func (r *reader) readLedger(ctx context.Context, there bool) (ledgerDays, error) {
	if !there {
		return nil, nil
	}
	name := func(table string) string { return chschema.Name{Database: r.opts.Database, Table: table}.SQL() }
	days := ledgerDays{}
	err := r.db.Each(ctx, fmt.Sprintf(ledgerQuery, name(ledgerFiles), name(ledgerBatches)), nil, func(row func(...any) error) error {
		var day int32
		var done uint8
		err := row(&day, &done)
		days[cube.Day(day)] = done == 1
		return err
	})
	if reason, ok := chschema.Refused(err); ok {
		r.opts.Log.Debug("the ledger of loads cannot be read: which days are settled is told by their totals", "reason", reason)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the ledger of loads in %s: %w", r.opts.Database, err)
	}
	return days, nil
}
