package backfill

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// dayRange is a run of days that one statement computes; without days where the
// source has none.
type dayRange struct {
	n     int
	days  ledger.Span
	dated bool
	rows  uint64 // of dated ones
}

// Bounds of a range: so many rows that its groups fit into memory or spill
// little, and so few ranges that their tables are a bearable number.
const (
	rangeRows = 64 << 20
	maxRanges = 400
)

// job is what is between what all backfills have in common.
type job interface {
	// begin sees to it that what is to be computed from is kept.
	begin(ctx context.Context, own *session.Session) (*readyLine, error)
	// fillRanges computes what is not computed yet from what is kept.
	fillRanges(ctx context.Context, s *session.Session, ready readyLine) error
	// tryPublish puts it in place together with what has arrived, in a batch of that
	// number; false where somebody inserted meanwhile.
	tryPublish(ctx context.Context, w *publish.Writer, n int) (bool, error)
}

// carryOut prepares, fills history in ranges, and publishes.
func (b *backfiller) carryOut(ctx context.Context, own *session.Session, j job) error {
	ready, err := j.begin(ctx, own)
	if err != nil {
		return err
	}
	b.from = ready.Source
	if err := j.fillRanges(ctx, own, *ready); err != nil {
		return err
	}
	b.cfg.Progress.Phase("waiting for the writer")
	return b.asWriter(ctx, func(ctx context.Context, w *publish.Writer) error {
		if err := b.publish(ctx, w, j); err != nil {
			return err
		}
		// The lock goes with the database, which its holder must not take for a loss.
		return b.remove(context.WithoutCancel(ctx), w.S)
	})
}

// fillRanges computes each range of history that is not there yet.
func (b *backfiller) fillRanges(ctx context.Context, s *session.Session, ready readyLine) error {
	snapshot := tables.ID{Database: b.private(), Table: fillSnapshot}
	rows, err := s.Count(ctx, snapshot.String())
	if err != nil {
		return fmt.Errorf("count the rows of %s: %w", snapshot, err)
	}
	ranges, err := b.ranges(ctx, s, snapshot, ready, max(rangeRows, rows/maxRanges))
	if err != nil {
		return err
	}
	b.cfg.Progress.Begin(len(ranges), rows, 0)
	b.cfg.Progress.Phase("computing history")
	for _, r := range ranges {
		if err := b.fillRange(ctx, s, ready, r, snapshot, fmt.Sprintf("%s%05d", FillDone, r.n)); err != nil {
			return err
		}
	}
	return nil
}

// String names the range.
func (r dayRange) String() string {
	if !r.dated {
		return "all"
	}
	return r.days.From.String() + " to " + r.days.To.String()
}

// ranges cuts the snapshot, which does not change, into runs of days.
func (b *backfiller) ranges(ctx context.Context, s *session.Session, snapshot tables.ID, ready readyLine, most uint64) ([]dayRange, error) {
	dated := ready.Source == b.d.Base.Table || slices.Contains(ready.Key, b.tables.Day)
	if !dated {
		return []dayRange{{}}, nil
	}
	var ranges []dayRange
	date := chconn.Ident(b.tables.Day)
	days, err := session.ReadDays(ctx, s, session.Statement{SQL: "SELECT " + date + ", toInt64(count()) FROM " + snapshot.String() + " GROUP BY " + date,
		Settings: map[string]any{"max_threads": b.cfg.Threads}})
	for _, d := range slices.Sorted(maps.Keys(days)) {
		n := uint64(days[d])
		if last := len(ranges) - 1; last >= 0 && ranges[last].rows+n <= most {
			ranges[last].days.To, ranges[last].rows = d, ranges[last].rows+n
			continue
		}
		ranges = append(ranges, dayRange{n: len(ranges), days: ledger.Span{From: d, To: d}, dated: true, rows: n})
	}
	return ranges, session.Wrap(err, "count the days of %s", snapshot)
}

// within is the condition that chooses a range's rows; empty for all.
func (b *backfiller) within(r dayRange) (condition string, params map[string]any) {
	if !r.dated {
		return "", map[string]any{}
	}
	day := chconn.Ident(b.tables.Day)
	return day + " >= {first:Date} AND " + day + " <= {last:Date}", map[string]any{"first": r.days.From.String(), "last": r.days.To.String()}
}

// fillRange computes one range of a snapshot into a table of a name.
func (b *backfiller) fillRange(ctx context.Context, s *session.Session, ready readyLine, r dayRange, snapshot tables.ID, name string) error {
	p := piece{name: name, make: b.make, view: b.view, source: tables.Target{Copy: snapshot.Table, Key: ready.Key}}
	p.condition, p.params = b.within(r)
	if ready.Source != b.d.Base.Table {
		p.from = &tables.Cover{Copy: snapshot.Table, Key: ready.Key, Count: chschema.Unquoted(strings.TrimSuffix(strings.TrimPrefix(ready.Count, "sum("), ")"))}
	}
	computed, err := b.compute(ctx, s, p)
	if err == nil && !computed {
		err = b.passed(ctx, s, snapshot, p.condition, p.params)
	}
	if err != nil {
		return fmt.Errorf("compute %s of %s: %w; run this again to carry on", r, b.plan.Table, publish.WithMemoryRemedy(err, "allow more with --max-memory"))
	}
	return nil
}

// piece is a table of the private database that one statement computes.
type piece struct {
	name      string // that it gets when it is complete
	make      string // creates it; %s is its name
	view      tables.View
	from      *tables.Cover // nil where it is computed from source
	source    tables.Target
	condition string // chooses the rows; empty for all
	params    map[string]any
	rows      uint64 // that it stands for, where it reads others; 0 for those that it reads
}

// compute computes a piece into a table that gets its final name when it is complete:
// so it is there whole or not at all. The table's first name holds the epoch, so that
// a command that was taken over cannot add to it. False where it was there.
func (b *backfiller) compute(ctx context.Context, s *session.Session, p piece) (bool, error) {
	done := tables.ID{Database: b.private(), Table: p.name}
	there, err := publish.UUIDOf(ctx, s, done)
	if err != nil || there != "" {
		return false, err
	}
	part := b.unfinished(s, p.name)
	if err := s.Do(ctx, strings.Replace(p.make, "%s", part.String(), 1)); err != nil {
		return false, err
	}
	f := tables.Fill{View: p.view, Target: tables.Target{Copy: part.Table}}
	err = stage.Compute(ctx, s, b.private(), f, p.from, p.source, p.condition, session.Statement{Params: p.params, Settings: b.cfg.Filling(1, nil), Rows: func(n uint64) {
		if p.rows == 0 {
			b.done(n)
		}
	}})
	if err == nil {
		b.done(p.rows)
		err = s.Do(ctx, "RENAME TABLE "+part.String()+" TO "+done.String())
	}
	return true, err
}

// done counts rows of what is to be computed.
func (b *backfiller) done(rows uint64) {
	b.cfg.Progress.Update(func(p *config.Snapshot) { p.RowsDone += rows })
}

// unfinished is what a table of the private database is called until it is complete.
func (b *backfiller) unfinished(s *session.Session, name string) tables.ID {
	return tables.ID{Database: b.private(), Table: fmt.Sprintf("part_%08d_%s", s.Epoch, name)}
}

// passed counts the rows of a snapshot's range that is there already.
func (b *backfiller) passed(ctx context.Context, s *session.Session, snapshot tables.ID, condition string, params map[string]any) error {
	where := ""
	if condition != "" {
		where = " WHERE " + condition
	}
	var rows uint64
	err := s.Row(ctx, session.Statement{SQL: "SELECT count() FROM " + snapshot.String() + where, Params: params}, &rows)
	b.done(rows)
	return err
}
