package ledger

import (
	"context"
	"maps"
	"slices"
	"time"

	"clickql/ingest/session"
	"clickql/internal/cube"
)

// dayLine is what a batch adds to a day of the raw table: the sum over the
// batches that are done is what the table should hold. A repair takes rows away
// too.
type dayLine struct {
	Batch string    `ch:"batch"`
	Day   time.Time `ch:"day"`
	Rows  int64     `ch:"rows"`
}

// RecordDays notes what a batch adds to each day, before it is done.
func (l Ledger) RecordDays(ctx context.Context, batch string, rows map[cube.Day]int64) error {
	lines := make([]dayLine, 0, len(rows))
	for _, d := range slices.Sorted(maps.Keys(rows)) {
		lines = append(lines, dayLine{batch, d.Time(), rows[d]})
	}
	return Write(ctx, l, Days, "days", lines)
}

// LoadedDays is what the ledger says that the raw table should hold by day.
func (l Ledger) LoadedDays(ctx context.Context) (map[cube.Day]int64, error) {
	days, err := session.ReadDays(ctx, l.S, session.Statement{
		// A line that was written twice because its answer was lost counts once.
		SQL: `SELECT day, sum(n) FROM (SELECT DISTINCT batch, day, rows AS n FROM ` + l.Table(Days) + ` WHERE batch IN
				` + l.Done() + `) GROUP BY day`,
	})
	return days, session.Wrap(err, "read the ledger's days")
}

// Span is a run of days, both included.
type Span struct{ From, To cube.Day }

// Holds reports that a day lies in the span.
func (s Span) Holds(d cube.Day) bool { return d >= s.From && d <= s.To }

// String names the days.
func (s Span) String() string {
	if s.From == s.To {
		return s.From.String()
	}
	return s.From.String() + " to " + s.To.String()
}
