package backfill

import (
	"context"
	"fmt"
	"slices"

	"clickql/ingest/count"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/cube"
)

// checked tells how the aggregate, or its like, is read.
func (b *backfiller) checked(ctx context.Context, s *session.Session, id tables.ID) (count.Table, error) {
	c, err := b.tables.CheckedView(ctx, tables.NewSchema(s), tables.View{Target: id, Grouping: b.view.Grouping})
	switch {
	case err != nil:
		return c, fmt.Errorf("backfill %s: %w", b.plan.Table, err)
	case c.Grain == count.Unchecked:
		return c, fmt.Errorf("backfill %s: it cannot be compared with the raw table: %s", b.plan.Table, c.Reason)
	}
	return c, nil
}

// makePlan chooses the source of history: the smallest table of days that covers
// the aggregate and agrees with the raw table, or else the raw table.
func (b *backfiller) makePlan(ctx context.Context, s *session.Session) error {
	var err error
	if b.cfg, err = b.cfg.WithThreads(ctx, s); err != nil {
		return err
	}
	b.tables = count.NewObserver(s, b.cfg)
	b.cfg.Progress.Phase("choosing where to compute it from")
	h, err := b.history(ctx, s)
	if err != nil {
		return err
	}
	b.plan.Source, b.plan.Downloads = h.source.Table, h.holds.Total()
	if first := h.first(); first != 0 {
		b.plan.From = first.String()
	}
	if b.plan.SourceRows, err = s.Count(ctx, h.source.String()); err != nil {
		return fmt.Errorf("count the rows of %s: %w", h.source, err)
	}
	// In the raw table's database is the aggregate's place too.
	if err := publish.Replaceable(ctx, s, b.d.Base.ID); err != nil {
		return err
	}
	if err := publish.Replaceable(ctx, s, b.table); err != nil {
		return err
	}
	there, err := publish.UUIDOf(ctx, s, b.table)
	if err != nil {
		return err
	}
	if b.plan.Exists = there != ""; !b.plan.Exists {
		return b.tellShort(ctx, s, h)
	}
	c, err := b.checked(ctx, s, b.table)
	if err == nil && c.Count != "" {
		found, err := b.tables.Observe(ctx, c)
		if err != nil && chconn.Classify(err) != chconn.UnknownColumn {
			return err
		}
		now := found.Total()
		b.plan.Now = &now
	}
	if err == nil {
		err = b.refuseLoss(ctx, s, c.Grain, h)
	}
	if err != nil {
		return err
	}
	if b.kept {
		ranges, err := b.finished(ctx, s)
		b.plan.Resumes = len(ranges) > 0
		return err
	}
	ready, err := b.readReady(ctx, s)
	b.plan.Resumes = ready != nil
	return err
}

// refuseLoss refuses to fill anew what holds days before the source's first: rows are
// sometimes dropped from the raw table when they are old. Of a table without days the
// others tell.
func (b *backfiller) refuseLoss(ctx context.Context, s *session.Session, g count.Grain, h history) error {
	views := []tables.View{{Target: b.table, Source: b.d.Base.ID, Grouping: b.view.Grouping}}
	if g != count.ByDay {
		views = b.d.Views
	}
	older, first, err := b.older(ctx, s, views, h.first())
	if err != nil || first == "" {
		return err
	}
	return fmt.Errorf("backfill %s: %s begins on %s, and %s holds downloads of %s: what is older than the raw table would be lost; if those rows are wrong, delete them from %s; if %s need not have them, drop it with its view; and run this again",
		b.plan.Table, h.source, h.first(), older, first, older, b.plan.Table)
}

// tellShort notes of a new aggregate of which days it will not tell, as their raw rows
// have been dropped. One without days is refused: it would pass for all downloads.
func (b *backfiller) tellShort(ctx context.Context, s *session.Session, h history) error {
	older, first, err := b.older(ctx, s, b.d.Views, h.first())
	if err != nil || first == "" {
		return err
	}
	if !slices.ContainsFunc(b.view.Grouping.Keys, func(k tables.Item) bool { return k.Column == b.tables.Day }) {
		return fmt.Errorf("backfill %s: %s begins on %s, and %s holds downloads of %s: what is older than the raw table would be lost, and the rest pass for all; give it days (--key with date), or bring the raw rows back from a backup first",
			b.plan.Table, h.source, h.first(), older, first)
	}
	b.plan.Lacks = first
	return nil
}

// older is a table of days or months that holds downloads from before a day, and the
// first of them.
func (b *backfiller) older(ctx context.Context, s *session.Session, views []tables.View, begin cube.Day) (older tables.ID, first string, err error) {
	for _, v := range views {
		c, err := b.tables.CheckedView(ctx, tables.NewSchema(s), v)
		if err != nil {
			return older, "", err
		}
		if v.Source != b.d.Base.ID || stage.InFill(v.Target) || c.Grain != count.ByDay && c.Grain != count.ByMonth {
			continue
		}
		found, err := b.tables.Observe(ctx, c)
		if err != nil {
			return older, "", err
		}
		if day := count.Fold(count.ByDay, found.Counts).Ends[0]; day != 0 && day < c.Grain.Period(begin) {
			return c.ID, c.Grain.Write(day), nil
		}
	}
	return older, "", nil
}

// history is where an aggregate is computed from.
type history struct {
	source tables.Target
	inRaw  count.Counts
	// holds is what the source counts: what the raw table does or, of an aggregate,
	// with what was dropped from it on purpose.
	holds count.Counts
}

// first is the first day of the source.
func (h history) first() cube.Day { return count.Fold(count.ByDay, h.holds.Counts).Ends[0] }

// history chooses the table to compute history from.
func (b *backfiller) history(ctx context.Context, s *session.Session) (history, error) {
	inRaw, err := b.tables.Observe(ctx, b.tables.RawTable())
	if err != nil {
		return history{}, err
	}
	h := history{b.d.Base, inRaw, inRaw}
	ever, err := b.tables.Ever(ctx, inRaw)
	if err != nil {
		return h, err
	}
	reaches := ever.Total() > inRaw.Total() // an aggregate reaches back farther
	least := uint64(inRaw.Total())
	for _, v := range b.d.Views {
		if v.Target == b.table || !tables.IsCover(b.d, v, b.view) {
			continue
		}
		c, err := b.tables.CheckedView(ctx, tables.NewSchema(s), v)
		if err != nil {
			return h, err
		}
		if c.Grain != count.ByDay {
			continue
		}
		rows, err := s.Count(ctx, v.Target.String())
		if err != nil {
			return h, fmt.Errorf("count the rows of %s: %w", v.Target, err)
		}
		if rows >= least && (!reaches || h.source.ID != b.d.Base.ID) {
			continue
		}
		found, err := b.tables.Observe(ctx, c)
		if err != nil {
			return h, err
		}
		if len(found.Counts.Differing(ever.Counts)) == 0 {
			least, h.source, h.holds = rows, b.d.Target(v.Target), ever
		}
	}
	return h, nil
}

// sourced is what an aggregate has to count that was computed from a table.
func (b *backfiller) sourced(ctx context.Context, from string) (count.Counts, error) {
	inRaw, err := b.tables.Observe(ctx, b.tables.RawTable())
	if err != nil || from == b.d.Base.Table {
		return inRaw, err
	}
	return b.tables.Ever(ctx, inRaw)
}
