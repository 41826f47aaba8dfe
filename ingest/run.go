package ingest

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// run is one Run under the lock.
type run struct {
	s       *session
	cfg     Config
	lock    *lock
	kind    Kind
	p       *publisher
	sum     *Summary
	feed    feed
	d       derivation
	batches int // named so far
}

// all loads what is new.
func (r *run) all(ctx context.Context, sources []string) error {
	began := r.cfg.Now()
	files, err := r.choose(ctx, sources)
	if err != nil {
		return err
	}
	defer func() { r.sum.Elapsed, r.sum.PeakMemory = r.cfg.Now().Sub(began), r.s.memory.peak() }()
	if len(files) == 0 {
		return nil
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.threads(ctx); err != nil {
		return err
	}
	if err := r.load(ctx, cut(files, limits{r.cfg.BatchRows, r.cfg.BatchBytes, r.cfg.BatchFiles})); err != nil {
		return err
	}
	r.cfg.Progress.phase("verifying totals")
	if err := r.p.verify(ctx); err != nil {
		return fmt.Errorf("verify the totals of the tables after loading: %w", err)
	}
	return r.reload(ctx)
}

// prepare finds out what a load fills.
func (r *run) prepare(ctx context.Context) (err error) {
	table := r.cfg.DownloadsTable
	if r.kind == Projects {
		table = r.cfg.ProjectsTable
	}
	if r.feed, err = r.readFeed(ctx, table); err != nil {
		return err
	}
	r.d, err = readDerivation(ctx, r.s, table)
	if err != nil {
		return err
	}
	for _, c := range []string{r.feed.Columns[0].Name, r.feed.Day} {
		if c != "" && !r.d.Base.has(c) {
			return fmt.Errorf("load into %s: it has no column %s", r.d.Base, c)
		}
	}
	return nil
}

// threads takes the server's own number of threads where none is given.
func (r *run) threads(ctx context.Context) error {
	var cores uint64
	if err := r.s.row(ctx, statement{SQL: "SELECT toUInt64(getSetting('max_threads'))"}, &cores); err != nil {
		return fmt.Errorf("ask the server for its threads: %w", err)
	}
	r.cfg.Threads = or(r.cfg.Threads, int(cores))
	r.cfg.Parallel = or(r.cfg.Parallel, int(cores))
	return nil
}

// failFile sets a file aside.
func (r *run) failFile(ctx context.Context, f Failure, rows uint64) error {
	r.cfg.Log.Warn("a file cannot be loaded", "file", f.Object.Name, "reason", f.Reason)
	r.sum.Failed = append(r.sum.Failed, f)
	r.cfg.Progress.failed(1, rows)
	err := insert(ctx, r.s, ledgerFiles, []fileLine{{
		Kind: string(r.kind), Name: f.Object.Name, Generation: f.Object.Generation, Outcome: string(fileFailed),
		Reason: f.Reason, Bytes: uint64(f.Object.Size), At: r.cfg.Now().UTC(),
	}})
	if err != nil {
		return err
	}
	return r.cfg.at(StepFileFailed)
}

// load makes batches of files public: workers and helpers prepare several side
// by side, and here one after another becomes public. What fails elsewhere ends
// it between two, so that no batch stays half public for that.
func (r *run) load(outer context.Context, parts [][]file) error {
	q := newQueue(r, parts)
	g, ctx := errgroup.WithContext(outer)
	out := make(chan prepared)
	for range r.cfg.Workers {
		g.Go(func() error { return q.work(ctx, out) })
	}
	g.Go(func() error { return q.watch(ctx, out) })
	g.Go(func() error {
		for !q.empty() {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case p := <-out:
				if err := r.settle(outer, q, p); err != nil {
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
func (r *run) settle(ctx context.Context, q *queue, p prepared) error {
	defer q.finished(p.it)
	if p.bad == nil {
		if p.remote {
			p.w.meter = r.cfg.Progress.startBatch(p.w.batch.Rows, 1)
		}
		return p.w.makePublic(ctx, p.counts)
	}
	bad := p.bad.Failure
	q.add(p.it.batch.without(bad.Object))
	var rows uint64
	for _, f := range p.it.batch.Files {
		if f.Name == bad.Object.Name {
			rows = f.Rows
		}
	}
	return r.failFile(ctx, bad, rows)
}

// reload makes dictionaries over the metadata see what was loaded.
func (r *run) reload(ctx context.Context) error {
	if r.kind != Projects {
		return nil
	}
	const dictionary = "last_updated_dict"
	var exists uint64
	err := r.s.row(ctx, statement{SQL: "SELECT count() FROM system.dictionaries WHERE database = {database:String} AND name = {name:String}",
		Params: map[string]any{"database": r.s.database, "name": dictionary}}, &exists)
	if err == nil && exists > 0 {
		err = r.s.run(ctx, "SYSTEM RELOAD DICTIONARY "+name(r.s.database, dictionary))
	}
	if err != nil {
		return fmt.Errorf("reload the dictionary %s: %w", dictionary, err)
	}
	return nil
}
