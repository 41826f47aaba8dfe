package ingest

import (
	"context"
	"maps"
	"slices"
	"time"
)

// dayLine is what a batch adds to a day of the raw table: the sum over the
// batches that are done is what the table should hold. A repair takes rows away
// too.
type dayLine struct {
	Batch string    `ch:"batch"`
	Day   time.Time `ch:"day"`
	Rows  int64     `ch:"rows"`
}

// recordDays notes what a batch adds to each day, before it is done.
func (l ledger) recordDays(ctx context.Context, batch string, rows map[day]int64) error {
	lines := make([]dayLine, 0, len(rows))
	for _, d := range slices.Sorted(maps.Keys(rows)) {
		lines = append(lines, dayLine{batch, d.time(), rows[d]})
	}
	return write(ctx, l, ledgerDays, "days", lines)
}

// loadedDays is what the ledger says that the raw table should hold by day.
func (l ledger) loadedDays(ctx context.Context) (map[day]int64, error) {
	days, err := readDays(ctx, l.s, statement{
		// A line that was written twice because its answer was lost counts once.
		SQL: `SELECT day, sum(n) FROM (SELECT DISTINCT batch, day, rows AS n FROM ` + l.table(ledgerDays) + ` WHERE batch IN
				` + l.done() + `) GROUP BY day`,
	})
	return days, failing(err, "read the ledger's days")
}
