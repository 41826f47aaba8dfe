package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// ledgerDays holds what each batch adds to each day of the raw table: the sum
// over the batches that are done is what the table should hold.
const ledgerDays = "clickql_ledger_days"

// daysDDL creates it.
func daysDDL(database string) string {
	return "CREATE TABLE IF NOT EXISTS " + name(database, ledgerDays) + ` (
			batch String, day Date, rows Int64
		) ENGINE = MergeTree ORDER BY (day, batch) COMMENT 'clickql ingest: rows that each batch adds to each day of the downloads; those of batches in state 5 count'`
}

// dayLine is one line of it. A repair takes rows away too.
type dayLine struct {
	Batch string    `ch:"batch"`
	Day   time.Time `ch:"day"`
	Rows  int64     `ch:"rows"`
}

// recordDays notes what a batch adds to each day, before it is done.
func recordDays(ctx context.Context, s *session, batch string, rows map[day]int64) error {
	lines := make([]dayLine, 0, len(rows))
	for _, d := range slices.Sorted(maps.Keys(rows)) {
		lines = append(lines, dayLine{batch, d.time(), rows[d]})
	}
	return insert(ctx, s, ledgerDays, lines)
}

// stagedDays counts the rows of a staged raw table by day.
func (w *work) stagedDays(ctx context.Context) (map[day]int64, error) {
	days, err := w.r.s.byDay(ctx, statement{SQL: "SELECT toDate(" + quote(w.r.feed.Day) + ") AS day, toInt64(count()) FROM " + name(w.stage, w.r.d.Base.Staged) + " GROUP BY day"})
	if err != nil {
		return nil, fmt.Errorf("count the days of batch %s: %w", w.batch.Name, err)
	}
	return days, nil
}

// recordDays notes by how much a repair changes what the ledger says of its days.
func (rp *repairer) recordDays(ctx context.Context, batch string) error {
	change, err := loadedDays(ctx, rp.v.r.s)
	if err != nil {
		return err
	}
	maps.DeleteFunc(change, func(d day, _ int64) bool { return !rp.within(d) })
	for d := rp.from; d <= rp.to; d++ {
		change[d] = rp.days.raw[d] - change[d]
	}
	maps.DeleteFunc(change, func(_ day, n int64) bool { return n == 0 })
	return recordDays(ctx, rp.v.r.s, batch, change)
}

// loadedDays is what the ledger says that the raw table should hold by day.
func loadedDays(ctx context.Context, s *session) (map[day]int64, error) {
	days, err := s.byDay(ctx, statement{
		// A line that was written twice because its answer was lost counts once.
		SQL: `SELECT day, sum(n) FROM (SELECT DISTINCT batch, day, rows AS n FROM ` + name(s.database, ledgerDays) + ` WHERE batch IN
				` + doneBatches(s.database) + `) GROUP BY day`,
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger's days: %w", err)
	}
	return days, nil
}
