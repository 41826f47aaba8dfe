package load

import (
	"context"
	"maps"
	"slices"

	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
)

// prepare finds out what a load fills, and takes the server's own number of
// threads where none is given.
func (l *loader) prepare(ctx context.Context) (err error) {
	table, sc := l.cfg.Table(l.kind), tables.NewSchema(l.w.S)
	if l.feed, err = export.ReadFeed(ctx, sc, l.kind, table); err != nil {
		return err
	}
	if l.d, err = sc.Read(ctx, table); err != nil {
		return err
	}
	if err := l.d.Takes(l.feed.Columns[0].Name, l.feed.Day); err != nil {
		return err
	}
	l.cfg, err = l.cfg.WithThreads(ctx, l.w.S)
	return err
}

// recordStaged notes what the complete stage holds.
func (l *loader) recordStaged(ctx context.Context, p prepared) error {
	line := &p.at.Line
	line.Stored, line.Rejected = p.counts.Stored, p.counts.RejectedRows()
	if l.feed.Day != "" && p.counts.Stored > 0 {
		days, err := l.stager(p.it, p.at).StoredDays(ctx)
		if err != nil {
			return err
		}
		if err := l.w.Ledger.RecordDays(ctx, p.it.batch.Name, days); err != nil {
			return err
		}
		line.FirstDay, line.LastDay = slices.Min(slices.Collect(maps.Keys(days))).Time(), slices.Max(slices.Collect(maps.Keys(days))).Time()
	}
	if err := l.w.Ledger.RecordFiles(ctx, p.it.batch.Rejected(l.kind, p.counts.Rejected, l.cfg.Now())); err != nil {
		return err
	}
	return p.at.Record(ctx, ledger.Staged, "")
}

// passage is the present attempt at a batch.
func (l *loader) passage(it *queued) *publish.Passage {
	b := it.batch
	return l.w.Passage(ledger.Batch{Batch: b.Name, Kind: string(l.kind), Files: uint64(len(b.Files)), Bytes: uint64(b.Bytes), Rows: b.Rows}, it.attempt)
}

// stager fills the private database of an attempt.
func (l *loader) stager(it *queued, at *publish.Passage) *stage.Stager {
	return stage.New(l.w.S, l.cfg, l.feed, l.d, it.batch, at.Stage, at.Meter)
}

// stageAll does all for a batch that leaves nothing in public. claimed, where
// given, is told as soon as the private database is there; it may bound the rest.
func (l *loader) stageAll(ctx context.Context, it *queued, at *publish.Passage, claimed func(context.Context, *stage.Stager) (context.Context, error)) (counts stage.Counts, err error) {
	l.cfg.Progress.Phase("loading")
	at.Meter = l.cfg.Progress.StartBatch(it.batch.Rows, len(l.d.Views)+1)
	st := l.stager(it, at)
	if err := stage.Create(ctx, l.w.S, at.Stage, it.batch.Name); err != nil {
		return counts, err
	}
	if claimed != nil {
		if ctx, err = claimed(ctx, st); err != nil {
			return counts, err
		}
	}
	if err := session.InOrder(ctx, at.Recording(ledger.Staging), st.CreateAndFillRaw); err != nil {
		return counts, err
	}
	if counts.Stored, err = st.Stored(ctx); err != nil {
		return counts, err
	}
	err = session.InOrder(ctx,
		func(ctx context.Context) error {
			return st.FillAggregates(ctx, func(ctx context.Context) error { return st.Explain(ctx, &counts) })
		},
		// Here and not while publishing, which is one batch after another.
		func(ctx context.Context) error { return stage.OnePart(ctx, l.w.S, at.Stage) },
		func(ctx context.Context) error { return st.Check(ctx, &counts) })
	return counts, err
}

// forAnyone is the reason of a planned batch that helpers may prepare.
const forAnyone = "waiting for whoever prepares it first"

// recordPlanned writes a batch and its files into the ledger.
func (l *loader) recordPlanned(ctx context.Context, it *queued) error {
	at := l.passage(it)
	if err := l.w.Ledger.Record(ctx, at.Line, ledger.Planned, forAnyone); err != nil {
		return err
	}
	return l.w.Ledger.RecordFiles(ctx, it.batch.Planned(l.kind, at.Began))
}
