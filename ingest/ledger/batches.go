package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"clickql/ingest/session"
	"clickql/internal/cube"
)

// Batch is one line of a batch's life.
type Batch struct {
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

// Record writes a line of a batch's life.
func (l Ledger) Record(ctx context.Context, b Batch, state State, reason string) error {
	b.State, b.Reason, b.Epoch, b.Owner, b.At = uint8(state), reason, l.S.Epoch, l.Owner, l.Now().UTC()
	return Write(ctx, l, Batches, state.String(), []Batch{b})
}

// Batches reads the last line of each batch, in the order of planning. The lines
// may be chosen by a WHERE, and the batches by a HAVING.
func (l Ledger) Batches(ctx context.Context, where, having string) ([]Batch, error) {
	all, err := session.Structs[Batch](ctx, l.S, session.SQL(`SELECT batch, any(b.kind) AS kind, max(b.state) AS state,
			argMax(b.reason, b.state) AS reason, argMax(b.epoch, b.state) AS epoch, argMax(b.owner, b.state) AS owner,
			max(b.files) AS files, max(b.bytes) AS bytes, max(b.rows) AS rows, max(b.stored) AS stored, max(b.rejected) AS rejected,
			argMax(b.first_day, b.state) AS first_day, argMax(b.last_day, b.state) AS last_day, max(b.seconds) AS seconds,
			argMax(b.at, b.state) AS at
		FROM `+l.Table(Batches)+` AS b `+where+` GROUP BY batch `+having+` ORDER BY batch`))
	return all, session.Wrap(err, "read the ledger's batches")
}

// Open lists the batches that are not final, oldest first.
func (l Ledger) Open(ctx context.Context) ([]Batch, error) {
	return l.Batches(ctx, "", "HAVING state < 5")
}

// Done is the query of the batches whose state is Done: of which a line says so
// and none says Failed. It costs a fraction of grouping all lines.
func (l Ledger) Done() string {
	batches := l.Table(Batches)
	return "(SELECT batch FROM " + batches + " WHERE state = 5 AND batch NOT IN (SELECT batch FROM " + batches + " WHERE state = 6))"
}

// What says what a batch does. Only batches of files have files.
func (b Batch) What() string {
	if b.Kind != string(Downloads) || b.Files > 0 {
		return b.Kind
	}
	return "repair of " + Span{From: cube.DayOf(b.FirstDay), To: cube.DayOf(b.LastDay)}.String()
}

// Again says how the work of a batch that is given up is done anew.
func (b Batch) Again() string {
	if b.Files == 0 {
		return "run that command again"
	}
	return "the next " + Kind(b.Kind).Command() + " loads its files again"
}

// State is how far a batch has come. A batch's state is the greatest that the
// ledger holds of it, so the order of its lines, and every clock, is without
// meaning. Failed is greater than Publishing: a line of a writer that has been
// taken over cannot revive a batch that was given up. It is only written for
// batches that have not begun to publish, or cannot any more (withdraw).
type State uint8

// The states in the order of a batch's life.
const (
	Planned    State = 1 // its files are chosen
	Staging    State = 2 // private tables are being filled
	Staged     State = 3 // private tables are complete and agree with the footers
	Publishing State = 4 // the private tables' partitions are being moved
	Done       State = 5 // everything is public
	Failed     State = 6 // given up, with nothing public; its files may be planned again
)

// String is the state's name in the ledger and in messages.
func (s State) String() string {
	switch s {
	case Planned:
		return "planned"
	case Staging:
		return "staging"
	case Staged:
		return "staged"
	case Publishing:
		return "publishing"
	case Done:
		return "done"
	case Failed:
		return "failed"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// Final reports that nothing is left to do for the batch.
func (s State) Final() bool { return s == Done || s == Failed }

// recovery is what a new writer does with a batch that it finds.
type recovery int

// What there is to do.
const (
	LeaveAlone  recovery = iota // finished; at most its private tables are left over
	GiveUp                      // nothing of it is public: drop its private tables, plan its files again
	RollForward                 // part of it may be public: finish publishing
)

// JudgeBatch decides by the state alone. Only a batch whose state is
// Publishing can have made anything public, since the state is written first.
func JudgeBatch(s State) recovery {
	switch s {
	case Done, Failed:
		return LeaveAlone
	case Publishing:
		return RollForward
	default:
		return GiveUp
	}
}

// Loads is what the ledger says of downloads as a whole.
type Loads struct {
	Files      int      // loaded, by name
	Lines      int      // about batches that publish or are done: grows with every load
	Publishing int      // batches
	Stored     []uint64 // rows of each batch of files that is done, in the order of planning; not of repairs
	Rows       uint64   // stored rows that should be in the tables
}

// Loads reads the ledger; a database without one has loaded nothing.
func (l Ledger) Loads(ctx context.Context) (Loads, error) {
	var all Loads
	batches, err := l.Batches(ctx, "", "HAVING state IN (4, 5)")
	if session.Gone(err) {
		return all, nil
	}
	if err != nil {
		return all, err
	}
	for _, b := range batches {
		switch {
		case Kind(b.Kind) != Downloads:
			continue
		case State(b.State) == Publishing:
			all.Publishing++
		default:
			if b.Rows > 0 {
				all.Stored = append(all.Stored, b.Stored)
			}
			all.Lines++
		}
		all.Lines++
	}
	in, err := l.InTables(ctx, Downloads)
	all.Files, all.Rows = int(in.Files), in.Rows
	return all, err
}

// Retention is the kind of a batch that drops raw rows of old days on purpose.
const Retention = "retention"

// RetiredDays are the rows of each day that were dropped from the raw table on purpose.
func (l Ledger) RetiredDays(ctx context.Context) (map[cube.Day]int64, error) {
	days, err := session.ReadDays(ctx, l.S, session.SQL(`SELECT day, -sum(n) FROM (SELECT DISTINCT batch, day, rows AS n FROM `+l.Table(Days)+` WHERE batch IN
				(SELECT batch FROM `+l.Table(Batches)+` WHERE kind = {kind:String}) AND batch IN `+l.Done()+`) GROUP BY day`, "kind", Retention))
	return days, session.Wrap(err, "read from the ledger which days were dropped")
}

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

// LoadedDays is what the ledger says that the raw table should hold by day. Of a day
// of which more was dropped than was ever loaded, since somebody else had put rows into
// the table, it is nothing.
func (l Ledger) LoadedDays(ctx context.Context) (map[cube.Day]int64, error) {
	days, err := session.ReadDays(ctx, l.S, session.Statement{
		// A line that was written twice because its answer was lost counts once.
		SQL: "SELECT day, n FROM " + l.dayRows(),
	})
	return days, session.Wrap(err, "read the ledger's days")
}

// dayRows is the query of LoadedDays.
func (l Ledger) dayRows() string {
	return "(SELECT day, greatest(0, sum(rows)) AS n FROM (SELECT DISTINCT batch, day, rows FROM " + l.Table(Days) + " WHERE batch IN " + l.Done() + ") GROUP BY day)"
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
