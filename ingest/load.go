package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
)

// loader is one load, of a writer or of a helper.
type loader struct {
	w       *writer
	cfg     Config
	kind    Kind
	sum     *Summary
	feed    feed
	d       derivation
	batches int // named so far
}

// loadFiles loads what is new of the sources.
func loadFiles(ctx context.Context, w *writer, kind Kind, sum *Summary, sources []string) error {
	began := w.cfg.Now()
	l := &loader{w: w, cfg: w.cfg, kind: kind, sum: sum}
	files, err := l.choose(ctx, sources)
	if err != nil {
		return err
	}
	defer func() { sum.Elapsed, sum.PeakMemory = w.cfg.Now().Sub(began), w.s.peakMemory() }()
	if len(files) == 0 {
		return nil
	}
	if err := l.prepare(ctx); err != nil {
		return err
	}
	if err := l.publishAll(ctx, cut(files, limits{l.cfg.BatchRows, l.cfg.BatchBytes, l.cfg.BatchFiles})); err != nil {
		return err
	}
	l.cfg.Progress.phase("verifying totals")
	if err := w.p.verify(ctx); err != nil {
		return fmt.Errorf("verify the totals of the tables after loading: %w", err)
	}
	return l.reload(ctx)
}

// choose finds what is to be loaded, and sets aside what cannot be.
func (l *loader) choose(ctx context.Context, sources []string) ([]file, error) {
	files, failures, err := newFinder(l.w.s, l.cfg, l.kind).choose(ctx, l.sum, sources)
	if err != nil {
		return nil, err
	}
	var rows uint64
	var bytes int64
	for _, f := range files {
		rows, bytes = rows+f.Rows, bytes+f.Size
	}
	l.cfg.Progress.begin(len(files)+len(failures), rows, bytes)
	for _, f := range failures {
		if err := l.setAside(ctx, f, 0); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// prepare finds out what a load fills, and takes the server's own number of
// threads where none is given.
func (l *loader) prepare(ctx context.Context) (err error) {
	table := l.cfg.table(l.kind)
	if l.feed, err = readFeed(ctx, l.w.s, l.kind, table); err != nil {
		return err
	}
	if l.d, err = readDerivation(ctx, l.w.s, table); err != nil {
		return err
	}
	if err := l.d.takes(l.feed.Columns[0].Name, l.feed.Day); err != nil {
		return err
	}
	l.cfg, err = l.cfg.withThreads(ctx, l.w.s)
	return err
}

// setAside notes that a file cannot be loaded.
func (l *loader) setAside(ctx context.Context, f Failure, rows uint64) error {
	l.cfg.Log.Warn("a file cannot be loaded", "file", f.Object.Name, "reason", f.Reason)
	l.sum.Failed = append(l.sum.Failed, f)
	l.cfg.Progress.failed(1, rows)
	return l.w.ledger.recordFiles(ctx, []fileLine{{Kind: string(l.kind), Name: f.Object.Name, Generation: f.Object.Generation, Outcome: string(fileFailed),
		Reason: f.Reason, Bytes: uint64(f.Object.Size), At: l.cfg.Now().UTC()}})
}

// publishAll makes batches of files public: workers and helpers prepare several
// side by side, and here one after another becomes public. What fails elsewhere
// ends it between two, so that no batch stays half public for that.
func (l *loader) publishAll(outer context.Context, parts [][]file) error {
	q := newQueue(l, parts)
	g, ctx := errgroup.WithContext(outer)
	out := make(chan prepared)
	for range l.cfg.Workers {
		g.Go(func() error { return q.work(ctx, out) })
	}
	g.Go(func() error { return q.watch(ctx, out) })
	g.Go(func() error {
		for !q.empty() {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case p := <-out:
				if err := l.settle(outer, q, p); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return q.giveUp(outer, g.Wait())
}

// settle makes a prepared batch public. Of one with a bad file, that is set
// aside and the others are queued again.
func (l *loader) settle(ctx context.Context, q *queue, p prepared) error {
	defer q.finished(p.it)
	if p.bad == nil {
		if p.remote {
			p.at.meter = l.cfg.Progress.startBatch(p.it.batch.Rows, 1)
		}
		return l.makePublic(ctx, p)
	}
	bad := p.bad.Failure
	rest, rows := p.it.batch.without(bad.Object)
	q.add(rest)
	return l.setAside(ctx, bad, rows)
}

// makePublic takes a prepared batch to done.
func (l *loader) makePublic(ctx context.Context, p prepared) error {
	moves, err := l.planMoves(ctx, p)
	if err != nil {
		p.at.meter.finish(0, false)
		return p.at.abandon(ctx, err)
	}
	l.sum.addRejected(p.counts.Rejected)
	l.cfg.Progress.phase("publishing")
	if err := p.at.publishMoves(ctx, moves); err != nil {
		return fmt.Errorf("%w; what is published stays, and the next ingest run publishes the rest", err)
	}
	b := p.it.batch
	p.at.meter.finish(len(b.Files), true)
	l.cfg.Progress.phase("loading")
	l.sum.Files += len(b.Files)
	l.sum.Batches++
	l.sum.Rows += p.counts.Stored
	l.sum.Bytes += b.Bytes
	return nil
}

// planMoves notes that the batch is staged and plans how it becomes public. What
// was prepared for tables or views that have changed since is refused: a table with
// another structure could not be moved into, and a view that is new would miss the
// batch.
func (l *loader) planMoves(ctx context.Context, p prepared) ([]moveLine, error) {
	if err := l.recordStaged(ctx, p); err != nil {
		return nil, err
	}
	moves, err := l.w.p.planMoves(ctx, p.it.batch.Name, l.d, p.at.stage)
	if err != nil {
		return nil, err
	}
	now, err := readDerivation(ctx, l.w.s, l.d.Base.Table)
	if err == nil && now.fingerprint() != l.d.fingerprint() {
		err = fmt.Errorf("publish batch %s: the tables or views that %s fills were changed while it was being prepared; nothing of it is public: run this again", p.it.batch.Name, l.d.Base)
	}
	return moves, err
}

// recordStaged notes what the complete stage holds.
func (l *loader) recordStaged(ctx context.Context, p prepared) error {
	line := &p.at.line
	line.Stored, line.Rejected = p.counts.Stored, p.counts.rejectedRows()
	if l.feed.Day != "" && p.counts.Stored > 0 {
		days, err := l.stager(p.it, p.at).storedDays(ctx)
		if err != nil {
			return err
		}
		if err := l.w.ledger.recordDays(ctx, p.it.batch.Name, days); err != nil {
			return err
		}
		line.FirstDay, line.LastDay = slices.Min(slices.Collect(maps.Keys(days))).time(), slices.Max(slices.Collect(maps.Keys(days))).time()
	}
	if err := l.w.ledger.recordFiles(ctx, p.it.batch.rejected(l.kind, p.counts.Rejected, l.cfg.Now())); err != nil {
		return err
	}
	return p.at.record(ctx, Staged, "")
}

// reload makes dictionaries over the metadata see what was loaded.
func (l *loader) reload(ctx context.Context) error {
	if l.kind != Projects {
		return nil
	}
	const dictionary = "last_updated_dict"
	var exists uint64
	err := l.w.s.row(ctx, statement{SQL: "SELECT count() FROM system.dictionaries WHERE database = {database:String} AND name = {name:String}",
		Params: map[string]any{"database": l.w.s.database, "name": dictionary}}, &exists)
	if err == nil && exists > 0 {
		err = l.w.s.run(ctx, "SYSTEM RELOAD DICTIONARY "+name(l.w.s.database, dictionary))
	}
	return failing(err, "reload the dictionary %s", dictionary)
}

// passage is the present attempt at a batch.
func (l *loader) passage(it *queued) *passage {
	b := it.batch
	return l.w.passage(batchLine{Batch: b.Name, Kind: string(l.kind), Files: uint64(len(b.Files)), Bytes: uint64(b.Bytes), Rows: b.Rows}, it.attempt)
}

// stager fills the private database of an attempt.
func (l *loader) stager(it *queued, at *passage) *stager {
	return newStager(l.w.s, l.cfg, l.feed, l.d, it.batch, at.stage, at.meter)
}

// stageAll does all for a batch that leaves nothing in public. claimed, where
// given, is told as soon as the private database is there; it may bound the rest.
func (l *loader) stageAll(ctx context.Context, it *queued, at *passage, claimed func(context.Context, *stager) (context.Context, error)) (counts staged, err error) {
	l.cfg.Progress.phase("loading")
	at.meter = l.cfg.Progress.startBatch(it.batch.Rows, len(l.d.Views)+1)
	st := l.stager(it, at)
	if err := createStage(ctx, l.w.s, at.stage, it.batch.Name); err != nil {
		return counts, err
	}
	if claimed != nil {
		if ctx, err = claimed(ctx, st); err != nil {
			return counts, err
		}
	}
	if err := at.record(ctx, Staging, ""); err != nil {
		return counts, err
	}
	if err := st.createTables(ctx); err != nil {
		return counts, err
	}
	if err := st.fillRaw(ctx); err != nil {
		return counts, err
	}
	if counts, err = st.countRaw(ctx); err != nil {
		return counts, err
	}
	if err := st.fillAggregates(ctx); err != nil {
		return counts, err
	}
	// Here and not while publishing, which is one batch after another.
	if err := onePart(ctx, l.w.s, at.stage); err != nil {
		return counts, err
	}
	return counts, st.check(ctx, counts.Stored)
}

// forAnyone is the reason of a planned batch that helpers may prepare.
const forAnyone = "waiting for whoever prepares it first"

// recordPlanned writes a batch and its files into the ledger.
func (l *loader) recordPlanned(ctx context.Context, it *queued) error {
	at := l.passage(it)
	if err := l.w.ledger.record(ctx, at.line, Planned, forAnyone); err != nil {
		return err
	}
	return l.w.ledger.recordFiles(ctx, it.batch.planned(l.kind, at.began))
}
