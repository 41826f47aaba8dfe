package ingest

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
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

// all does the whole run.
func (r *run) all(ctx context.Context, sources []string) error {
	if err := r.cfg.at(StepLocked); err != nil {
		return err
	}
	r.cfg.Progress.phase("finishing what was left behind")
	if err := (&recoverer{session: r.session, cfg: r.cfg, p: r.p}).run(ctx); err != nil {
		return err
	}
	if err := r.cfg.at(StepRecovered); err != nil {
		return err
	}
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

// choose lists what the sources name and leaves out what is loaded, changed or
// unreadable.
func (r *run) choose(ctx context.Context, sources []string) ([]file, error) {
	r.cfg.Progress.phase("listing files")
	objects, err := r.list(ctx, sources)
	if err != nil {
		return nil, err
	}
	r.sum.Listed = len(objects)
	fresh, err := r.unloaded(ctx, objects)
	if err != nil {
		return nil, err
	}
	r.cfg.Progress.phase("reading footers")
	files, failures, err := r.footers(ctx, fresh)
	if err != nil {
		return nil, err
	}
	var rows uint64
	var bytes int64
	for _, f := range files {
		rows, bytes = rows+f.Rows, bytes+f.Size
	}
	r.cfg.Progress.begin(len(files)+len(failures), rows, bytes)
	for _, f := range failures {
		if err := r.failFile(ctx, f, 0); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// list expands all sources; an object that is named twice is one. What cannot
// be listed is reported for all sources together, before anything is loaded.
func (r *run) list(ctx context.Context, sources []string) ([]Object, error) {
	seen := map[string]bool{}
	var objects []Object
	var errs []error
	for _, pattern := range sources {
		found, err := r.cfg.sourceOf(r.session)(pattern).List(ctx, pattern)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, o := range found {
			if !seen[o.Name] {
				seen[o.Name] = true
				objects = append(objects, o)
			}
		}
	}
	sort.Slice(objects, func(i, j int) bool { return objects[i].Name < objects[j].Name })
	return objects, errors.Join(errs...)
}

// ledgerChunk bounds the names in one question to the ledger.
const ledgerChunk = 5000

// unloaded leaves out the objects that are in the tables, and notes those that
// are there at another generation.
func (r *run) unloaded(ctx context.Context, objects []Object) ([]Object, error) {
	var fresh []Object
	for len(objects) > 0 {
		n := min(len(objects), ledgerChunk)
		loaded, err := r.loadedGenerations(ctx, objects[:n])
		if err != nil {
			return nil, err
		}
		for _, o := range objects[:n] {
			switch generations := loaded[o.Name]; {
			case len(generations) == 0:
				fresh = append(fresh, o)
			case contains(generations, o.Generation):
				r.sum.Already++
			default:
				r.sum.Changed = append(r.sum.Changed, Change{o, strings.Join(generations, ", ")})
			}
		}
		objects = objects[n:]
	}
	return fresh, nil
}

// loadedGenerations asks the ledger at which generations objects are loaded.
// Recovery has run, so every batch is either done or failed.
func (r *run) loadedGenerations(ctx context.Context, objects []Object) (map[string][]string, error) {
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = o.Name
	}
	loaded := map[string][]string{}
	err := r.each(ctx, statement{
		SQL: `SELECT DISTINCT name, generation FROM ` + name(r.database, ledgerFiles) + `
			WHERE kind = {kind:String} AND name IN ({names:Array(String)}) AND outcome = 'planned' AND batch IN
				(SELECT batch FROM ` + name(r.database, ledgerBatches) + ` GROUP BY batch HAVING max(state) = 5)
			ORDER BY name, generation`,
		Params: map[string]any{"kind": string(r.kind), "names": names},
	}, func(rows driver.Rows) error {
		var n, generation string
		if err := rows.Scan(&n, &generation); err != nil {
			return err
		}
		loaded[n] = append(loaded[n], generation)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ask the ledger which files are loaded: %w", err)
	}
	return loaded, nil
}

// footers reads the footers of the objects, by source.
func (r *run) footers(ctx context.Context, objects []Object) ([]file, []Failure, error) {
	var files []file
	var failures []Failure
	bySource := map[Source][]Object{}
	var order []Source
	for _, o := range objects {
		if reason := Unreadable(o.Name); reason != "" {
			failures = append(failures, Failure{o, reason})
			continue
		}
		src := r.cfg.sourceOf(r.session)(o.Name)
		if bySource[src] == nil {
			order = append(order, src)
		}
		bySource[src] = append(bySource[src], o)
	}
	f := feedOf(r.kind, "")
	for _, src := range order {
		good, bad, err := readFooters(ctx, r.session, src, f, bySource[src])
		if err != nil {
			return nil, nil, err
		}
		files, failures = append(files, good...), append(failures, bad...)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	return files, failures, nil
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
		err = r.session.run(ctx, "SYSTEM RELOAD DICTIONARY "+name(r.database, dictionary))
	}
	if err != nil {
		return fmt.Errorf("reload the dictionary %s: %w", dictionary, err)
	}
	return nil
}

// work is one batch on its way.
type work struct {
	*run
	batch batch
	line  batchLine
	began time.Time
	stage string
}

// do takes a batch from planned to done.
func (w *work) do(ctx context.Context) error {
	w.began = w.cfg.Now()
	w.stage = stageName(w.database, w.batch.Name, w.epoch)
	st := &stager{session: w.session, cfg: w.cfg, feed: w.feed, d: w.d, batch: w.batch, stage: w.stage,
		meter: w.cfg.Progress.startBatch(w.batch.Rows, len(w.d.Views)+1)}
	steps, err := w.prepareMoves(ctx, st)
	if err != nil {
		st.meter.finish(0, false)
		return w.abandon(ctx, err)
	}
	w.cfg.Progress.phase("publishing")
	if err := w.publish(ctx, steps); err != nil {
		return fmt.Errorf("%w; what is published stays, and the next ingest run publishes the rest", err)
	}
	st.meter.finish(len(w.batch.Files), true)
	w.sum.Files += len(w.batch.Files)
	w.sum.Batches++
	w.sum.Rows += w.line.Stored
	w.sum.Bytes += w.batch.Bytes
	return nil
}

// prepareMoves does all that leaves nothing in public.
func (w *work) prepareMoves(ctx context.Context, st *stager) ([]stepLine, error) {
	if err := w.planned(ctx); err != nil {
		return nil, err
	}
	w.cfg.Progress.phase("loading")
	if err := w.record(ctx, Staging); err != nil {
		return nil, err
	}
	if err := st.create(ctx); err != nil {
		return nil, err
	}
	if err := st.fillRaw(ctx); err != nil {
		return nil, err
	}
	counts, err := st.countRaw(ctx)
	if err != nil {
		return nil, err
	}
	if err := st.fillAggregates(ctx); err != nil {
		return nil, err
	}
	if err := st.check(ctx, counts); err != nil {
		return nil, err
	}
	if err := w.staged(ctx, counts); err != nil {
		return nil, err
	}
	steps, err := w.p.plan(ctx, w.batch, w.d, w.stage)
	if err != nil {
		return nil, err
	}
	w.sum.addRejected(counts.Rejected)
	st.meter.addStep()
	return steps, nil
}

// record writes the batch's next state.
func (w *work) record(ctx context.Context, state State) error {
	w.line.Seconds = w.cfg.Now().Sub(w.began).Seconds()
	return w.cfg.record(ctx, w.session, w.line, state, "")
}

// planned writes the batch and its files into the ledger.
func (w *work) planned(ctx context.Context) error {
	if err := w.record(ctx, Planned); err != nil {
		return err
	}
	lines := make([]fileLine, len(w.batch.Files))
	for i, f := range w.batch.Files {
		lines[i] = fileLine{Kind: string(w.kind), Name: f.Name, Generation: f.Generation, Batch: w.batch.Name,
			Outcome: string(filePlanned), Bytes: uint64(f.Size), Rows: f.Rows, At: w.began.UTC()}
	}
	if err := insert(ctx, w.session, ledgerFiles, lines); err != nil {
		return err
	}
	return w.cfg.at(StepPlanned)
}

// staged notes what the complete stage holds.
func (w *work) staged(ctx context.Context, counts staged) error {
	w.line.Stored, w.line.Rejected = counts.Stored, counts.rejectedRows()
	if w.feed.Day != "" {
		day := quote(w.feed.Day)
		err := w.row(ctx, statement{SQL: "SELECT min(" + day + "), max(" + day + ") FROM " + name(w.stage, w.d.Base.Staged)},
			&w.line.FirstDay, &w.line.LastDay)
		if err != nil {
			return fmt.Errorf("read the days of batch %s: %w", w.batch.Name, err)
		}
	}
	var lines []fileLine
	for _, f := range w.batch.Files {
		if rejected := counts.Rejected[f.Name]; len(rejected) > 0 {
			lines = append(lines, fileLine{Kind: string(w.kind), Name: f.Name, Generation: f.Generation, Batch: w.batch.Name,
				Outcome: string(fileCounted), Bytes: uint64(f.Size), Rows: f.Rows, Rejected: rejected, At: w.cfg.Now().UTC()})
		}
	}
	if err := insert(ctx, w.session, ledgerFiles, lines); err != nil {
		return err
	}
	if err := w.record(ctx, Staged); err != nil {
		return err
	}
	return w.cfg.at(StepStaged)
}

// publish makes the stage public. From the line "publishing" on, only forward.
func (w *work) publish(ctx context.Context, steps []stepLine) error {
	if len(steps) == 0 {
		return w.finish(ctx) // every row was rejected
	}
	if err := insert(ctx, w.session, ledgerSteps, steps); err != nil {
		return err
	}
	if err := w.cfg.at(StepStepsWritten); err != nil {
		return err
	}
	if err := w.record(ctx, Publishing); err != nil {
		return err
	}
	// After the line and before the first move: whoever takes over from here on
	// has seen both the line and the private database, and takes the latter away.
	if err := w.lock.check(ctx); err != nil {
		return err
	}
	if err := w.cfg.at(StepPublishing); err != nil {
		return err
	}
	for _, step := range steps {
		if err := w.p.move(ctx, w.stage, step); err != nil {
			return err
		}
		if err := w.cfg.at(StepMoved); err != nil {
			return err
		}
	}
	return w.finish(ctx)
}

// finish writes that all is public, and removes the stage.
func (w *work) finish(ctx context.Context) error {
	if err := w.cfg.at(StepAllMoved); err != nil {
		return err
	}
	if err := w.record(ctx, Done); err != nil {
		return err
	}
	if err := w.cfg.at(StepDone); err != nil {
		return err
	}
	if err := dropStage(ctx, w.session, w.stage); err != nil {
		return err
	}
	return w.cfg.at(StepStageDropped)
}

// abandon gives a batch up that has published nothing, and says why. After a
// crash of a test it leaves all as it is; after an interrupt it still clears up.
func (w *work) abandon(ctx context.Context, cause error) error {
	if crash := (crashError{}); errors.As(cause, &crash) || errors.Is(cause, ErrLockLost) || chconn.Classify(cause) == chconn.Unavailable {
		return cause
	}
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := w.cfg.record(clear, w.session, w.line, Failed, cause.Error()); err != nil {
		return errors.Join(cause, err)
	}
	if err := w.cfg.at(StepBatchFailed); err != nil {
		return err
	}
	if err := dropStage(clear, w.session, w.stage); err != nil {
		return errors.Join(cause, err)
	}
	return cause
}
