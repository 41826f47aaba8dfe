package backfill

import (
	"context"
	"errors"
	"fmt"

	"clickql/ingest/count"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
)

// publish puts history and what has arrived together, compares them with the raw
// table, and puts the result in place. Somebody else's INSERT in between is seen
// in the raw table: then it is done again, since arrivals are still collected.
func (b *backfiller) publish(ctx context.Context, w *publish.Writer, j job) error {
	for n := 1; n <= maxPrepare; n++ {
		agrees, err := j.tryPublish(ctx, w, n)
		if err != nil || agrees {
			return err
		}
	}
	return fmt.Errorf("backfill %s: something inserts into %s all the time, so that there is no instant to compare them at; stop it for a moment and run this again", b.plan.Table, b.d.Base)
}

// tryPublish is one attempt; false where somebody inserted meanwhile.
func (b *backfiller) tryPublish(ctx context.Context, w *publish.Writer, n int) (agrees bool, err error) {
	before, err := w.P.Whole(ctx, b.d.Base.ID, publish.RowsWitness)
	if err != nil {
		return false, err
	}
	// What is counted has arrived once the INSERTs that run now have ended.
	if err := b.awaitInserts(ctx, w.S); err != nil {
		return false, err
	}
	ranges, err := b.finished(ctx, w.S)
	if err != nil {
		return false, err
	}
	return b.attempt(ctx, w, n, before, append(ranges, fillArrivals))
}

// attempt builds the aggregate from tables of the private database, compares it with the
// raw table, which held some rows before, and puts it in place.
func (b *backfiller) attempt(ctx context.Context, w *publish.Writer, n int, before int64, from []string) (agrees bool, err error) {
	at := w.Passage(ledger.Batch{Batch: ledger.BatchName(w.S.Epoch, n), Kind: "backfill"}, 1)
	next := tables.ID{Database: at.Stage, Table: tables.Successor(b.table.Table)}
	var swaps []ledger.Swap
	if err = b.assemble(ctx, at, next, from); err == nil {
		swaps, err = b.place(ctx, at, next)
	}
	if err != nil {
		return false, at.Abandon(ctx, err)
	}
	differs, err := b.compare(ctx, w.S, next)
	if err != nil {
		return false, at.Abandon(ctx, err)
	}
	if differs != "" {
		now, err := w.P.Whole(ctx, b.d.Base.ID, publish.RowsWitness)
		return false, b.giveUp(ctx, at, differs, err == nil && now == before)
	}
	b.cfg.Progress.Phase("publishing")
	if err := at.PublishSwaps(ctx, swaps); err != nil {
		return false, err
	}
	differs, err = b.compare(ctx, w.S, b.table)
	return differs == "", err
}

// giveUp ends an attempt whose result differs from the raw table. Where that has not
// changed since the attempt began another would be no better.
func (b *backfiller) giveUp(ctx context.Context, at *publish.Passage, differs string, unchanged bool) error {
	if unchanged {
		return at.Abandon(ctx, fmt.Errorf("backfill %s: what was computed does not agree with the raw table: %s; something was taken out of or put into %s otherwise than by an INSERT or a load: drop what is prepared with --discard, and run this again",
			b.plan.Table, differs, b.d.Base))
	}
	if err := at.Abandon(ctx, errInserted); !errors.Is(err, errInserted) {
		return err
	}
	return nil
}

// errInserted gives an attempt up because the raw table changed.
var errInserted = export.FileError("the raw table changed while the aggregate was put together")

// assemble builds the whole aggregate in a private database, by hard links.
func (b *backfiller) assemble(ctx context.Context, at *publish.Passage, next tables.ID, from []string) error {
	if err := at.Record(ctx, ledger.Planned, ""); err != nil {
		return err
	}
	s := at.W.S
	if err := stage.Create(ctx, s, at.Stage, at.Line.Batch); err != nil {
		return err
	}
	if err := s.Do(ctx, b.creating(next.String())); err != nil {
		return fmt.Errorf("create the successor of %s: %w", b.table, err)
	}
	for _, part := range from {
		if err := stage.TakePartitions(ctx, s, tables.ID{Database: b.private(), Table: part}, next, false); err != nil {
			return err
		}
	}
	return nil
}

// place puts the successor in the aggregate's place, and defines the view where there is
// none.
func (b *backfiller) place(ctx context.Context, at *publish.Passage, next tables.ID) ([]ledger.Swap, error) {
	public := tables.Target{ID: b.table} // which may be there, or not yet
	if b.kept {
		public = b.d.Target(b.table)
	}
	swaps, err := at.W.P.SwapsOf(ctx, at.Line.Batch, at.Stage, next.Table, public)
	if b.sql != "" {
		swaps = append(swaps, ledger.Swap{Batch: at.Line.Batch, Verb: string(ledger.Define), Database: b.cfg.Database, Table: b.view.Table, SQL: b.sql, At: b.cfg.Now()})
	}
	return swaps, err
}

// finished lists the tables of the ranges that are there.
func (b *backfiller) finished(ctx context.Context, s *session.Session) ([]string, error) {
	parts, err := s.Texts(ctx, session.SQL("SELECT name FROM system.tables WHERE database = {database:String} AND startsWith(name, {prefix:String}) ORDER BY name",
		"database", b.private(), "prefix", FillDone))
	return parts, session.Wrap(err, "list what is computed of %s", b.plan.Table)
}

// compare says how a table differs from the raw table; empty where it does not.
func (b *backfiller) compare(ctx context.Context, s *session.Session, id tables.ID) (string, error) {
	c, err := b.checked(ctx, s, id)
	if err != nil {
		return "", err
	}
	b.tables = count.NewObserver(s, b.cfg)
	all, err := b.sourced(ctx, b.from)
	if err != nil {
		return "", err
	}
	found, err := b.tables.Observe(ctx, c)
	if err != nil {
		return "", err
	}
	want := count.Fold(c.Grain, all.Counts)
	switch differ := c.Grain.Compare(found, want); {
	case len(differ) == 0:
		return "", nil
	case c.Grain == count.FirstLast:
		return fmt.Sprintf("it has the days %s to %s, the raw table %s to %s", found.Ends[0], found.Ends[1], want.Ends[0], want.Ends[1]), nil
	default:
		return fmt.Sprintf("it counts %d downloads of %s, the raw table %d", differ[0].A, differ[0].Period, differ[0].B), nil
	}
}
