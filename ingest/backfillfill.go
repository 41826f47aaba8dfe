package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clickql/internal/chconn"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// dayRange is a run of days that one statement computes; without days where the
// source has none.
type dayRange struct {
	n     int
	days  span
	dated bool
}

// Bounds of a range: so many rows that its groups fit into memory or spill
// little, and so few ranges that their tables are a bearable number.
const (
	rangeRows = 64 << 20
	maxRanges = 400
)

// carryOut prepares, fills history in ranges, and publishes.
func (b *backfiller) carryOut(ctx context.Context, own *session) error {
	ready, err := b.readReady(ctx, own)
	if err != nil {
		return err
	}
	if ready == nil {
		b.cfg.Progress.phase("waiting for the writer")
		err := b.asWriter(ctx, func(ctx context.Context, w *writer) error {
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
	b.cfg.Progress.phase("waiting for the writer")
	return b.asWriter(ctx, func(ctx context.Context, w *writer) error {
		if err := b.publish(ctx, w); err != nil {
			return err
		}
		// The lock goes with the database, which its holder must not take for a loss.
		return b.remove(context.WithoutCancel(ctx), w.s)
	})
}

// fillRanges computes each range of history that is not there yet.
func (b *backfiller) fillRanges(ctx context.Context, s *session, ready readyLine) error {
	snapshot := tableID{b.fill(), fillSnapshot}
	rows, err := s.count(ctx, snapshot.String())
	if err != nil {
		return fmt.Errorf("count the rows of %s: %w", snapshot, err)
	}
	ranges, err := b.ranges(ctx, s, snapshot, ready, max(rangeRows, rows/maxRanges))
	if err != nil {
		return err
	}
	b.cfg.Progress.begin(len(ranges), rows, 0)
	b.cfg.Progress.phase("computing history")
	for _, r := range ranges {
		if err := b.fillRange(ctx, s, ready, r); err != nil {
			return fmt.Errorf("compute %s of %s: %w; run this again to carry on", r, b.plan.Table, withMemoryRemedy(err, "allow more with --max-memory"))
		}
	}
	return nil
}

// String names the range.
func (r dayRange) String() string {
	if !r.dated {
		return "all"
	}
	return r.days.from.String() + " to " + r.days.to.String()
}

// ranges cuts the snapshot, which does not change, into runs of days.
func (b *backfiller) ranges(ctx context.Context, s *session, snapshot tableID, ready readyLine, most uint64) ([]dayRange, error) {
	dated := ready.Source == b.d.Base.Table || slices.Contains(ready.Key, b.tables.day)
	if !dated {
		return []dayRange{{}}, nil
	}
	var ranges []dayRange
	var held uint64
	day := chconn.Ident(b.tables.day)
	err := s.each(ctx, statement{SQL: "SELECT " + day + ", count() FROM " + snapshot.String() + " GROUP BY " + day + " ORDER BY " + day,
		Settings: map[string]any{"max_threads": b.cfg.Threads}},
		func(rows driver.Rows) error {
			var t time.Time
			var n uint64
			if err := rows.Scan(&t, &n); err != nil {
				return err
			}
			d := dayOf(t)
			if last := len(ranges) - 1; last >= 0 && held+n <= most {
				ranges[last].days.to, held = d, held+n
				return nil
			}
			ranges, held = append(ranges, dayRange{n: len(ranges), days: span{d, d}, dated: true}), n
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("count the days of %s: %w", snapshot, err)
	}
	return ranges, nil
}

// fillRange computes one range into a table of its own, which gets its final
// name when it is complete: so it is there whole or not at all. The table's first
// name holds the epoch, so that a command that was taken over cannot add to it.
func (b *backfiller) fillRange(ctx context.Context, s *session, ready readyLine, r dayRange) error {
	done := tableID{b.fill(), fmt.Sprintf("%s%05d", fillDone, r.n)}
	there, err := uuidOf(ctx, s, done)
	if err != nil {
		return err
	}
	condition, params := "", map[string]any{}
	if r.dated {
		day := chconn.Ident(b.tables.day)
		condition, params = day+" >= {first:Date} AND "+day+" <= {last:Date}", map[string]any{"first": r.days.from.String(), "last": r.days.to.String()}
	}
	if there != "" {
		return b.passed(ctx, s, condition, params)
	}
	part := tableID{b.fill(), fmt.Sprintf("part_%05d_%08d", r.n, s.epoch)}
	if err := s.run(ctx, b.creating(part.String())); err != nil {
		return err
	}
	f := fill{View: b.view, Target: target{Staged: part.Table}}
	source, from := target{Staged: fillSnapshot, Key: ready.Key}, (*cover)(nil)
	if ready.Source != b.d.Base.Table {
		from = &cover{Staged: fillSnapshot, Key: ready.Key, Count: unquote(strings.TrimSuffix(strings.TrimPrefix(ready.Count, "sum("), ")"))}
	}
	err = compute(ctx, s, b.fill(), f, from, source, condition, statement{Params: params, Settings: b.cfg.filling(1, nil), Rows: func(n uint64) {
		b.cfg.Progress.update(func(p *Snapshot) { p.RowsDone += n })
	}})
	if err == nil {
		err = s.run(ctx, "RENAME TABLE "+part.String()+" TO "+done.String())
	}
	return err
}

// passed counts the rows of a range that is there already.
func (b *backfiller) passed(ctx context.Context, s *session, condition string, params map[string]any) error {
	where := ""
	if condition != "" {
		where = " WHERE " + condition
	}
	var rows uint64
	err := s.row(ctx, statement{SQL: "SELECT count() FROM " + name(b.fill(), fillSnapshot) + where, Params: params}, &rows)
	b.cfg.Progress.update(func(p *Snapshot) { p.RowsDone += rows })
	return err
}

// publish puts history and what has arrived together, compares them with the raw
// table, and puts the result in place. Somebody else's INSERT in between is seen
// in the raw table: then it is done again, since arrivals are still collected.
func (b *backfiller) publish(ctx context.Context, w *writer) error {
	for n := 1; n <= maxPrepare; n++ {
		agrees, err := b.tryPublish(ctx, w, n)
		if err != nil || agrees {
			return err
		}
	}
	return fmt.Errorf("backfill %s: something inserts into %s all the time, so that there is no instant to compare them at; stop it for a moment and run this again", b.plan.Table, b.d.Base)
}

// tryPublish is one attempt; false where somebody inserted meanwhile.
func (b *backfiller) tryPublish(ctx context.Context, w *writer, n int) (agrees bool, err error) {
	before, err := w.p.whole(ctx, b.d.Base.tableID, "count()")
	if err != nil {
		return false, err
	}
	// What is counted has arrived once the INSERTs that run now have ended.
	if err := b.awaitInserts(ctx, w.s); err != nil {
		return false, err
	}
	at := w.passage(batchLine{Batch: batchName(w.s.epoch, n), Kind: "backfill"}, 1)
	swaps, err := b.assemble(ctx, at)
	if err != nil {
		return false, at.abandon(ctx, err)
	}
	differs, err := b.compare(ctx, w.s, tableID{at.stage, swaps[0].Staged})
	if err != nil {
		return false, at.abandon(ctx, err)
	}
	if differs != "" {
		now, err := w.p.whole(ctx, b.d.Base.tableID, "count()")
		if err == nil && now == before {
			return false, at.abandon(ctx, fmt.Errorf("backfill %s: what was computed does not agree with the raw table: %s; something was taken out of or put into %s otherwise than by an INSERT or a load: drop what is prepared with --discard, and run this again",
				b.plan.Table, differs, b.d.Base))
		}
		give := at.abandon(ctx, errInserted)
		if err != nil || give != errInserted { //nolint:errorlint // returned as it is
			return false, err
		}
		return false, nil
	}
	b.cfg.Progress.phase("publishing")
	if err := at.publishSwaps(ctx, swaps); err != nil {
		return false, err
	}
	differs, err = b.compare(ctx, w.s, b.table)
	return differs == "", err
}

// errInserted gives an attempt up because the raw table changed.
var errInserted = fileError("the raw table changed while the aggregate was put together")

// assemble builds the whole aggregate in a private database, by hard links.
func (b *backfiller) assemble(ctx context.Context, at *passage) ([]swapLine, error) {
	if err := at.record(ctx, Planned, ""); err != nil {
		return nil, err
	}
	s := at.w.s
	if err := createStage(ctx, s, at.stage, at.line.Batch); err != nil {
		return nil, err
	}
	next := tableID{at.stage, successor(b.table.Table)}
	if err := s.run(ctx, b.creating(next.String())); err != nil {
		return nil, fmt.Errorf("create the successor of %s: %w", b.table, err)
	}
	parts, err := b.finished(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, part := range append(parts, fillArrivals) {
		if err := takePartitions(ctx, s, tableID{b.fill(), part}, next, false); err != nil {
			return nil, err
		}
	}
	l, err := at.w.p.swapOf(ctx, at.line.Batch, at.stage, next.Table, b.table)
	swaps := []swapLine{l}
	if b.sql != "" {
		swaps = append(swaps, swapLine{Batch: at.line.Batch, Verb: string(define), Database: b.cfg.Database, Table: b.view.Table, SQL: b.sql, At: b.cfg.Now()})
	}
	return swaps, err
}

// finished lists the tables of the ranges that are there.
func (b *backfiller) finished(ctx context.Context, s *session) ([]string, error) {
	parts, err := s.texts(ctx, statement{
		SQL:    "SELECT name FROM system.tables WHERE database = {database:String} AND startsWith(name, {prefix:String}) ORDER BY name",
		Params: map[string]any{"database": b.fill(), "prefix": fillDone},
	})
	return parts, failing(err, "list what is computed of %s", b.plan.Table)
}

// compare says how a table differs from the raw table; empty where it does not.
func (b *backfiller) compare(ctx context.Context, s *session, id tableID) (string, error) {
	c, err := b.checked(ctx, s, id)
	if err != nil {
		return "", err
	}
	b.tables = newObserver(s, b.cfg)
	inRaw, err := b.tables.observe(ctx, b.tables.rawTable())
	if err != nil {
		return "", err
	}
	found, err := b.tables.observe(ctx, c)
	if err != nil {
		return "", err
	}
	want := fold(c.grain, inRaw.counts)
	if c.grain == FirstLast {
		if found.ends != want.ends {
			return fmt.Sprintf("it has the days %s to %s, the raw table %s to %s", found.ends[0], found.ends[1], want.ends[0], want.ends[1]), nil
		}
		return "", nil
	}
	for _, p := range differing(found.counts, want.counts) {
		return fmt.Sprintf("it counts %d downloads of %s, the raw table %d", found.counts[p], c.grain.write(p), want.counts[p]), nil
	}
	return "", nil
}
