package ingest

import (
	"context"
	"errors"
	"fmt"
)

// run is one Run under the lock.
type run struct {
	*session
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
	defer func() { r.sum.Elapsed = r.cfg.Now().Sub(began) }()
	if len(files) == 0 {
		return nil
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.threads(ctx); err != nil {
		return err
	}
	for _, part := range cut(files, limits{r.cfg.BatchRows, r.cfg.BatchBytes, r.cfg.BatchFiles}) {
		if err := r.load(ctx, part); err != nil {
			return err
		}
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
	r.feed = feedOf(r.kind, table)
	r.d, err = readDerivation(ctx, r.session, table)
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
	if err := r.row(ctx, statement{SQL: "SELECT toUInt64(getSetting('max_threads'))"}, &cores); err != nil {
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
	err := insert(ctx, r.session, ledgerFiles, []fileLine{{
		Kind: string(r.kind), Name: f.Object.Name, Generation: f.Object.Generation, Outcome: string(fileFailed),
		Reason: f.Reason, Bytes: uint64(f.Object.Size), At: r.cfg.Now().UTC(),
	}})
	if err != nil {
		return err
	}
	return r.cfg.at(StepFileFailed)
}

// load makes one batch of files public. Files that turn out to be bad while
// they are read are set aside, and the others tried again.
func (r *run) load(ctx context.Context, files []file) error {
	for len(files) > 0 {
		r.batches++
		b := batch{Name: batchName(r.epoch, r.batches), Files: files, sourceOf: r.cfg.sourceOf(r.session)}
		for _, f := range files {
			b.Rows, b.Bytes = b.Rows+f.Rows, b.Bytes+f.Size
		}
		w := &work{run: r, batch: b, line: batchLine{Batch: b.Name, Kind: string(r.kind), Files: uint64(len(files)), Bytes: uint64(b.Bytes), Rows: b.Rows}}
		err := w.do(ctx)
		var bad *badFileError
		if !errors.As(err, &bad) {
			return err
		}
		files = b.without(bad.Failure.Object)
		var rows uint64
		for _, f := range b.Files {
			if f.Name == bad.Failure.Object.Name {
				rows = f.Rows
			}
		}
		if err := r.failFile(ctx, bad.Failure, rows); err != nil {
			return err
		}
	}
	return nil
}

// reload makes dictionaries over the metadata see what was loaded.
func (r *run) reload(ctx context.Context) error {
	if r.kind != Projects {
		return nil
	}
	const dictionary = "last_updated_dict"
	var exists uint64
	err := r.row(ctx, statement{SQL: "SELECT count() FROM system.dictionaries WHERE database = {database:String} AND name = {name:String}",
		Params: map[string]any{"database": r.database, "name": dictionary}}, &exists)
	if err == nil && exists > 0 {
		err = r.run(ctx, "SYSTEM RELOAD DICTIONARY "+name(r.database, dictionary))
	}
	if err != nil {
		return fmt.Errorf("reload the dictionary %s: %w", dictionary, err)
	}
	return nil
}
