package backfill

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/cube"
)

// fillRanges fills the columns of what is kept of the raw table, and computes the
// aggregates from it, range by range.
func (c *columns) fillRanges(ctx context.Context, s *session.Session, ready readyLine) error {
	snapshot := tables.ID{Database: c.private(), Table: fillSnapshot}
	rows, err := s.Count(ctx, snapshot.String())
	if err != nil {
		return fmt.Errorf("count the rows of %s: %w", snapshot, err)
	}
	c.cfg.Progress.Phase("filling columns from files' names")
	if err := c.mutate(ctx, s, snapshot); err != nil {
		return err
	}
	ranges, err := c.ranges(ctx, s, snapshot, ready, max(rangeRows, rows/maxRanges))
	if err != nil {
		return err
	}
	c.cfg.Progress.Begin(len(ranges)*len(c.counts), rows*uint64(len(c.counts)), 0)
	c.cfg.Progress.Phase("computing history")
	for _, r := range ranges {
		if err := c.countRange(ctx, s, snapshot, "", r); err != nil {
			return err
		}
	}
	return nil
}

// mutate lets the server change what is kept. It goes on with that by itself, part by
// part, also after it was killed; what is changed is a function of the row, so that it
// may be asked for twice. Parts without such rows, and all other columns, stay as they
// are, by hard links.
func (c *columns) mutate(ctx context.Context, s *session.Session, snapshot tables.ID) error {
	look := session.SQL("SELECT count(), countIf(NOT is_done), anyIf(latest_fail_reason, NOT is_done) FROM system.mutations WHERE database = {database:String} AND table = {table:String}",
		"database", snapshot.Database, "table", snapshot.Table)
	tick := time.NewTicker(publish.DrainPoll)
	defer tick.Stop()
	for asked := false; ; asked = true {
		var all, open uint64
		var failed string
		if err := s.Row(ctx, look, &all, &open, &failed); err != nil {
			return fmt.Errorf("look how far %s is filled: %w", snapshot, err)
		}
		switch {
		case failed != "":
			return fmt.Errorf("fill %s: the server could not: %s; it tries again until what is prepared is dropped with --discard", snapshot, failed)
		case all == 0 && !asked:
			err := s.Exec(ctx, session.Statement{SQL: "ALTER TABLE " + snapshot.String() + " " + c.update, Settings: map[string]any{"mutations_sync": 0}})
			if err != nil {
				return fmt.Errorf("fill %s: %w", snapshot, err)
			}
		case open == 0:
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// pieceOf names the table of an aggregate's range of what goes by a mark. It holds how
// the aggregate is computed: one that is another by now is computed again.
func (c *columns) pieceOf(mark string, r dayRange, of counted) string {
	return fmt.Sprintf("%s%s%05d_%s", FillDone, mark, r.n, digest(of.target.ID, of.target.Create, of.view.Select))
}

// digest tells apart what tables of the private database are made of, for their names.
func digest(of ...any) string {
	h := fnv.New64a()
	_, _ = fmt.Fprintln(h, of...) // cannot fail
	return fmt.Sprintf("%016x", h.Sum64())
}

// countRange computes a range of every aggregate from what is kept.
func (c *columns) countRange(ctx context.Context, s *session.Session, kept tables.ID, mark string, r dayRange) error {
	for i, of := range c.counts {
		if err := c.countOne(ctx, s, kept, mark, r, i); err != nil {
			return fmt.Errorf("compute %s of %s: %w; run this again to carry on", r, of.target, publish.WithMemoryRemedy(err, "allow more with --max-memory"))
		}
	}
	return nil
}

// countOne computes a range of an aggregate, from the smallest of those before it
// that cover it, or from what is kept.
func (c *columns) countOne(ctx context.Context, s *session.Session, kept tables.ID, mark string, r dayRange, i int) error {
	of := c.counts[i]
	p := piece{name: c.pieceOf(mark, r, of), make: "CREATE TABLE %s AS " + of.target.String() + of.target.AloneEngine(), view: of.view,
		source: tables.Target{Copy: kept.Table, Key: c.d.Base.Key, Columns: c.d.Base.Columns}}
	p.condition, p.params = c.within(r)
	held, err := stage.PartRows(ctx, s, c.private())
	if err != nil {
		return err
	}
	for _, wider := range c.counts[:i] {
		cover := c.d.Cover(wider.view)
		cover.Copy = c.pieceOf(mark, r, wider)
		if tables.IsCover(c.d, wider.view, of.view) && (p.from == nil || held[cover.Copy] < held[p.from.Copy]) {
			p.from, p.condition, p.params, p.rows = &cover, "", map[string]any{}, r.rows
		}
	}
	computed, err := c.compute(ctx, s, p)
	if err == nil && !computed {
		c.done(r.rows)
	}
	return err
}

// tryPublish puts the raw table and the aggregates together, with what has arrived,
// compares each with the public raw table, and puts them in place. What is put in
// place must be made of all that the public tables hold: of each it is seen, before
// the first is exchanged, that nobody has written to it since the attempt began.
func (c *columns) tryPublish(ctx context.Context, w *publish.Writer, n int) (bool, error) {
	if err := c.define(ctx, w.S); err != nil {
		return false, err
	}
	before, err := c.witnesses(ctx, w.S)
	if err != nil {
		return false, err
	}
	// What is in the raw table has arrived once the INSERTs that run now have ended.
	if err := c.awaitInserts(ctx, w.S); err != nil {
		return false, err
	}
	pieces, err := c.finished(ctx, w.S)
	if err != nil {
		return false, err
	}
	return c.attemptAll(ctx, w, n, before, assembly{columns: c, s: w.S, of: []string{fillSnapshot}, pieces: pieces})
}

// attemptAll builds all tables in a batch, and puts them in place if nobody has written to
// the public ones since they held what before says.
func (c *columns) attemptAll(ctx context.Context, w *publish.Writer, n int, before []int64, a assembly) (bool, error) {
	at := w.Passage(ledger.Batch{Batch: ledger.BatchName(w.S.Epoch, n), Kind: "backfill"}, 1)
	a.at = at
	swaps, differs, err := a.build(ctx)
	if err != nil {
		return false, at.Abandon(ctx, err)
	}
	after, err := c.witnesses(ctx, w.S)
	if err != nil {
		return false, at.Abandon(ctx, err)
	}
	if unchanged := slices.Equal(before, after); differs != "" || !unchanged {
		return false, c.giveUp(ctx, at, differs, unchanged)
	}
	if !c.kept {
		for i := range swaps { // one of each table
			swaps[i].Witness, swaps[i].Before = publish.PartsWitness, before[i]
		}
	}
	c.cfg.Progress.Phase("publishing")
	return true, at.PublishSwaps(ctx, swaps)
}

// public lists the tables that are replaced, the raw table first.
func (c *columns) public() []tables.Target {
	all := []tables.Target{c.d.Base}
	for _, of := range c.counts {
		all = append(all, of.target)
	}
	return all
}

// witnesses tell whether anything has been written to the public tables, by any replica.
func (c *columns) witnesses(ctx context.Context, s *session.Session) ([]int64, error) {
	var all []int64
	for _, t := range c.public() {
		if c.kept {
			if err := catchUp(ctx, s, t.ID); err != nil {
				return nil, err
			}
		}
		n, err := publish.Parts(ctx, s, t.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// keptDays are the days that only the aggregates hold: raw rows are sometimes dropped
// when they are old.
func keptDays(held, inRaw map[cube.Day]int64) map[cube.Day]int64 {
	kept := map[cube.Day]int64{}
	for d, n := range held {
		if n != 0 && inRaw[d] == 0 {
			kept[d] = n
		}
	}
	return kept
}
