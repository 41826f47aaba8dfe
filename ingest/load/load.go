package load

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/find"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/tables"
)

// loader is one load, of a writer or of a helper.
type loader struct {
	w       *publish.Writer
	cfg     config.Config
	kind    ledger.Kind
	sum     *config.Summary
	files   []export.File // to load
	feed    export.Feed
	d       tables.Derivation
	batches int // named so far
}

// Files loads what is new of the sources into the shards whose locks the writers
// hold: one where there are no shards. Which shard a file goes to is decided here, with
// all locks held and all ledgers brought to an end. A shard that fails does not end
// the others.
func Files(ctx context.Context, shards []*publish.Writer, kind ledger.Kind, sum *config.Summary, sources []string) error {
	cfg := shards[0].Cfg
	began := cfg.Now()
	loaders, finders := make([]*loader, len(shards)), make([]*find.Finder, len(shards))
	for i, w := range shards {
		loaders[i] = &loader{w: w, cfg: w.Cfg, kind: kind, sum: &config.Summary{}}
		finders[i] = find.New(w.S, w.Cfg, kind)
	}
	chosen, err := find.Choose(ctx, finders, sum, sources)
	if err != nil {
		return err
	}
	defer func() {
		for _, l := range loaders {
			sum.Add(*l.sum)
			sum.PeakMemory += l.w.S.PeakMemory()
		}
		sum.Elapsed = cfg.Now().Sub(began)
	}()
	if err := readFooters(ctx, loaders, finders, chosen); err != nil {
		return err
	}
	errs := make([]error, len(loaders))
	var all sync.WaitGroup
	for i, l := range loaders {
		all.Go(func() {
			if errs[i] = l.cfg.OfShard(l.load(ctx)); errs[i] != nil && len(loaders) > 1 {
				l.cfg.Log.Error("the load of a shard has ended; the others go on", "error", errs[i])
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// readFooters reads the footers of what each shard is to load, on its server, and sets
// aside what cannot be loaded.
func readFooters(ctx context.Context, loaders []*loader, finders []*find.Finder, chosen [][]export.Object) error {
	cfg := loaders[0].cfg
	cfg.Progress.Phase("reading footers")
	var rows uint64
	var bytes int64
	files, failures := 0, make([][]export.Failure, len(loaders))
	for i, l := range loaders {
		var err error
		if l.files, failures[i], err = finders[i].Footers(ctx, chosen[i]); err != nil {
			return err
		}
		for _, f := range l.files {
			rows, bytes = rows+f.Rows, bytes+f.Size
		}
		files += len(chosen[i])
	}
	cfg.Progress.Begin(files, rows, bytes)
	for i, l := range loaders {
		for _, f := range failures[i] {
			if err := l.setAside(ctx, f, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// load loads the files that were chosen for it.
func (l *loader) load(ctx context.Context) error {
	if len(l.files) == 0 {
		return nil
	}
	if err := l.prepare(ctx); err != nil {
		return err
	}
	if err := l.publishAll(ctx, cut(l.files, limits{l.cfg.BatchRows, l.cfg.BatchBytes, l.cfg.BatchFiles})); err != nil {
		return err
	}
	l.cfg.Progress.Phase("verifying totals")
	if err := l.w.P.Verify(ctx); err != nil {
		return fmt.Errorf("verify the totals of the tables after loading: %w", err)
	}
	return l.reload(ctx)
}

// setAside notes that a file cannot be loaded.
func (l *loader) setAside(ctx context.Context, f export.Failure, rows uint64) error {
	l.cfg.Log.Warn("a file cannot be loaded", "file", f.Object.Name, "reason", f.Reason)
	l.sum.Failed = append(l.sum.Failed, f)
	l.cfg.Progress.Failed(1, rows)
	return l.w.Ledger.RecordFiles(ctx, []ledger.File{{Kind: string(l.kind), Name: f.Object.Name, Generation: f.Object.Generation, Outcome: string(ledger.FileFailed),
		Reason: f.Reason, Bytes: uint64(f.Object.Size), At: l.cfg.Now().UTC()}})
}

// publishAll makes batches of files public: workers and helpers prepare several
// side by side, and here one after another becomes public. What fails elsewhere
// ends it between two, so that no batch stays half public for that.
func (l *loader) publishAll(outer context.Context, parts [][]export.File) error {
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
			p.at.Meter = l.cfg.Progress.StartBatch(p.it.batch.Rows, 1)
		}
		return l.makePublic(ctx, p)
	}
	bad := p.bad.Failure
	rest, rows := p.it.batch.Without(bad.Object)
	q.add(rest)
	return l.setAside(ctx, bad, rows)
}

// makePublic takes a prepared batch to done.
func (l *loader) makePublic(ctx context.Context, p prepared) error {
	moves, err := l.planMoves(ctx, p)
	if err != nil {
		p.at.Meter.Finish(0, false)
		return p.at.Abandon(ctx, err)
	}
	l.sum.AddRejected(p.counts.Rejected)
	l.cfg.Progress.Phase("publishing")
	if err := p.at.PublishMoves(ctx, moves, l.cfg.Parallel); err != nil {
		return fmt.Errorf("%w; what is published stays, and the next ingest run publishes the rest", err)
	}
	b := p.it.batch
	p.at.Meter.Finish(len(b.Files), true)
	l.cfg.Progress.Phase("loading")
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
func (l *loader) planMoves(ctx context.Context, p prepared) ([]ledger.Move, error) {
	var now tables.Derivation
	var moves []ledger.Move
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.recordStaged(ctx, p) })
	g.Go(func() (err error) {
		moves, err = l.w.P.PlanMoves(ctx, p.it.batch.Name, l.d, p.at.Stage, p.counts.Added)
		return err
	})
	g.Go(func() (err error) {
		now, err = tables.Read(ctx, l.w.S, l.d.Base.Table)
		return err
	})
	err := g.Wait()
	if err == nil && now.Fingerprint() != l.d.Fingerprint() {
		err = fmt.Errorf("publish batch %s: the tables or views that %s fills were changed while it was being prepared; nothing of it is public: run this again", p.it.batch.Name, l.d.Base)
	}
	return moves, err
}

// reload makes dictionaries over the metadata see what was loaded.
func (l *loader) reload(ctx context.Context) error {
	if l.kind != ledger.Projects {
		return nil
	}
	const dictionary = "last_updated_dict"
	var exists uint64
	err := l.w.S.Row(ctx, session.SQL("SELECT count() FROM system.dictionaries WHERE database = {database:String} AND name = {name:String}", "database", l.w.S.Database, "name", dictionary), &exists)
	if err == nil && exists > 0 {
		err = l.w.S.Do(ctx, "SYSTEM RELOAD DICTIONARY "+session.Name(l.w.S.Database, dictionary))
	}
	return session.Wrap(err, "reload the dictionary %s", dictionary)
}

// limits bound a batch.
type limits struct {
	Rows  uint64
	Bytes int64
	Files int
}

// cut splits files into batches within the limits, in their order. A file above
// a limit makes a batch alone.
func cut(files []export.File, l limits) [][]export.File {
	var batches [][]export.File
	var rows uint64
	var bytes int64
	for _, f := range files {
		n := len(batches) - 1
		if n < 0 || rows+f.Rows > l.Rows || bytes+f.Size > l.Bytes || len(batches[n]) >= l.Files {
			batches, rows, bytes = append(batches, nil), 0, 0
			n++
		}
		batches[n] = append(batches[n], f)
		rows, bytes = rows+f.Rows, bytes+f.Size
	}
	return batches
}
