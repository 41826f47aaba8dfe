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
)

// dayRange is a run of days that one statement computes; without days where the
// source has none.
type dayRange struct {
	n     int
	days  ledger.Span
	dated bool
}

// Bounds of a range: so many rows that its groups fit into memory or spill
// little, and so few ranges that their tables are a bearable number.
const (
	rangeRows = 64 << 20
	maxRanges = 400
)

// carryOut prepares, fills history in ranges, and publishes.
func (b *backfiller) carryOut(ctx context.Context, own *session.Session) error {
	ready, err := b.readReady(ctx, own)
	if err != nil {
		return err
	}
	if ready == nil {
		b.cfg.Progress.Phase("waiting for the writer")
		err := b.asWriter(ctx, func(ctx context.Context, w *publish.Writer) error {
			ready, err = b.prepare(ctx, w)
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := b.fillRanges(ctx, own, *ready); err != nil {
		return err
	}
	b.cfg.Progress.Phase("waiting for the writer")
	return b.asWriter(ctx, func(ctx context.Context, w *publish.Writer) error {
		if err := b.publish(ctx, w); err != nil {
			return err
		}
		// The lock goes with the database, which its holder must not take for a loss.
		return b.remove(context.WithoutCancel(ctx), w.S)
	})
}

// fillRanges computes each range of history that is not there yet.
func (b *backfiller) fillRanges(ctx context.Context, s *session.Session, ready readyLine) error {
	snapshot := tables.ID{Database: b.fill(), Table: fillSnapshot}
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
		if err := b.fillRange(ctx, s, ready, r); err != nil {
			return fmt.Errorf("compute %s of %s: %w; run this again to carry on", r, b.plan.Table, publish.WithMemoryRemedy(err, "allow more with --max-memory"))
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
	var held uint64
	date := chconn.Ident(b.tables.Day)
	days, err := session.ReadDays(ctx, s, session.Statement{SQL: "SELECT " + date + ", toInt64(count()) FROM " + snapshot.String() + " GROUP BY " + date,
		Settings: map[string]any{"max_threads": b.cfg.Threads}})
	for _, d := range slices.Sorted(maps.Keys(days)) {
		n := uint64(days[d])
		if last := len(ranges) - 1; last >= 0 && held+n <= most {
			ranges[last].days.To, held = d, held+n
			continue
		}
		ranges, held = append(ranges, dayRange{n: len(ranges), days: ledger.Span{From: d, To: d}, dated: true}), n
	}
	return ranges, session.Wrap(err, "count the days of %s", snapshot)
}

// fillRange computes one range into a table of its own, which gets its final
// name when it is complete: so it is there whole or not at all. The table's first
// name holds the epoch, so that a command that was taken over cannot add to it.
func (b *backfiller) fillRange(ctx context.Context, s *session.Session, ready readyLine, r dayRange) error {
	done := tables.ID{Database: b.fill(), Table: fmt.Sprintf("%s%05d", FillDone, r.n)}
	there, err := publish.UUIDOf(ctx, s, done)
	if err != nil {
		return err
	}
	condition, params := "", map[string]any{}
	if r.dated {
		day := chconn.Ident(b.tables.Day)
		condition, params = day+" >= {first:Date} AND "+day+" <= {last:Date}", map[string]any{"first": r.days.From.String(), "last": r.days.To.String()}
	}
	if there != "" {
		return b.passed(ctx, s, condition, params)
	}
	part := tables.ID{Database: b.fill(), Table: fmt.Sprintf("part_%05d_%08d", r.n, s.Epoch)}
	if err := s.Do(ctx, b.creating(part.String())); err != nil {
		return err
	}
	f := tables.Fill{View: b.view, Target: tables.Target{Copy: part.Table}}
	source, from := tables.Target{Copy: fillSnapshot, Key: ready.Key}, (*tables.Cover)(nil)
	if ready.Source != b.d.Base.Table {
		from = &tables.Cover{Copy: fillSnapshot, Key: ready.Key, Count: tables.Unquote(strings.TrimSuffix(strings.TrimPrefix(ready.Count, "sum("), ")"))}
	}
	err = stage.Compute(ctx, s, b.fill(), f, from, source, condition, session.Statement{Params: params, Settings: b.cfg.Filling(1, nil), Rows: func(n uint64) {
		b.cfg.Progress.Update(func(p *config.Snapshot) { p.RowsDone += n })
	}})
	if err == nil {
		err = s.Do(ctx, "RENAME TABLE "+part.String()+" TO "+done.String())
	}
	return err
}

// passed counts the rows of a range that is there already.
func (b *backfiller) passed(ctx context.Context, s *session.Session, condition string, params map[string]any) error {
	where := ""
	if condition != "" {
		where = " WHERE " + condition
	}
	var rows uint64
	err := s.Row(ctx, session.Statement{SQL: "SELECT count() FROM " + session.Name(b.fill(), fillSnapshot) + where, Params: params}, &rows)
	b.cfg.Progress.Update(func(p *config.Snapshot) { p.RowsDone += rows })
	return err
}
