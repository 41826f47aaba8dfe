package backfill

import (
	"context"
	"fmt"

	"clickql/ingest/count"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// checked tells how the aggregate, or its like, is read.
func (b *backfiller) checked(ctx context.Context, s *session.Session, id tables.ID) (count.Table, error) {
	c := b.tables.CheckedView(ctx, tables.NewSchema(s), tables.View{Target: id, Grouping: b.view.Grouping})
	if c.Grain == count.Unchecked {
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
	source, inRaw, err := b.source(ctx, s)
	if err != nil {
		return err
	}
	b.plan.Source, b.plan.Downloads = source.Table, inRaw.Total()
	if b.plan.SourceRows, err = s.Count(ctx, source.String()); err != nil {
		return fmt.Errorf("count the rows of %s: %w", source, err)
	}
	// In the raw table's database is the aggregate's place too.
	if _, err := publish.Exchangeable(ctx, s, b.d.Base.ID); err != nil {
		return err
	}
	there, err := publish.Exchangeable(ctx, s, b.table)
	if b.plan.Exists = there != ""; err != nil || !b.plan.Exists {
		return err
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
		err = b.refuseLoss(ctx, s, c.Grain, inRaw)
	}
	if err != nil {
		return err
	}
	ready, err := b.readReady(ctx, s)
	b.plan.Resumes = ready != nil
	return err
}

// refuseLoss refuses to fill anew what holds days before the raw table's first:
// rows are sometimes dropped from it when they are old. Of a table without days
// the others tell.
func (b *backfiller) refuseLoss(ctx context.Context, s *session.Session, g count.Grain, inRaw count.Counts) error {
	views := []tables.View{{Target: b.table, Source: b.d.Base.ID, Grouping: b.view.Grouping}}
	if g != count.ByDay {
		views = b.d.Views
	}
	begin := count.Fold(count.ByDay, inRaw.Counts).Ends[0]
	for _, v := range views {
		c := b.tables.CheckedView(ctx, tables.NewSchema(s), v)
		if v.Source != b.d.Base.ID || stage.InFill(v.Target) || c.Grain != count.ByDay && c.Grain != count.ByMonth {
			continue
		}
		found, err := b.tables.Observe(ctx, c)
		if err != nil {
			return err
		}
		if first := count.Fold(count.ByDay, found.Counts).Ends[0]; first != 0 && first < c.Grain.Period(begin) {
			return fmt.Errorf("backfill %s: the raw table begins on %s, and %s holds downloads of %s: what is older than the raw table would be lost; if those rows are wrong, delete them from %s; if %s need not have them, drop it with its view; and run this again",
				b.plan.Table, begin, c.ID, c.Grain.Write(first), c.ID, b.plan.Table)
		}
	}
	return nil
}

// source is the table to compute history from, and what the raw table holds.
func (b *backfiller) source(ctx context.Context, s *session.Session) (tables.Target, count.Counts, error) {
	best := b.d.Base
	inRaw, err := b.tables.Observe(ctx, b.tables.RawTable())
	if err != nil {
		return best, inRaw, err
	}
	least := uint64(inRaw.Total())
	for _, v := range b.d.Views {
		if v.Target == b.table || !tables.IsCover(b.d, v, b.view) {
			continue
		}
		c := b.tables.CheckedView(ctx, tables.NewSchema(s), v)
		if c.Grain != count.ByDay {
			continue
		}
		rows, err := s.Count(ctx, v.Target.String())
		if err != nil {
			return best, inRaw, fmt.Errorf("count the rows of %s: %w", v.Target, err)
		}
		if rows >= least {
			continue
		}
		found, err := b.tables.Observe(ctx, c)
		if err != nil {
			return best, inRaw, err
		}
		if len(found.Counts.Differing(inRaw.Counts)) == 0 {
			least, best = rows, b.d.Target(v.Target)
		}
	}
	return best, inRaw, nil
}
