package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"clickql/internal/chconn"
)

// work is one batch on its way.
type work struct {
	r       *run
	batch   batch
	line    batchLine
	began   time.Time
	attempt int
	stage   string
	meter   *batchMeter
}

// newWork is the present attempt at a batch.
func (r *run) newWork(it *queued) *work {
	b := it.batch
	return &work{r: r, batch: b, began: r.cfg.Now(), attempt: it.attempt, stage: attemptName(r.s.database, b.Name, r.s.epoch, it.attempt),
		line: batchLine{Batch: b.Name, Kind: string(r.kind), Files: uint64(len(b.Files)), Bytes: uint64(b.Bytes), Rows: b.Rows}}
}

// stager fills the batch's private database.
func (w *work) stager() *stager {
	w.meter = w.r.cfg.Progress.startBatch(w.batch.Rows, len(w.r.d.Views)+1)
	return &stager{s: w.r.s, cfg: w.r.cfg, feed: w.r.feed, d: w.r.d, batch: w.batch, stage: w.stage, meter: w.meter}
}

// prepare does all that leaves nothing in public. claimed, where given, is told
// as soon as the private database is there; it may bound the rest.
func (w *work) prepare(ctx context.Context, st *stager, claimed func(context.Context) (context.Context, error)) (staged, error) {
	w.r.cfg.Progress.phase("loading")
	if err := st.create(ctx); err != nil {
		return staged{}, err
	}
	if claimed != nil {
		var err error
		if ctx, err = claimed(ctx); err != nil {
			return staged{}, err
		}
	}
	if err := w.record(ctx, Staging); err != nil {
		return staged{}, err
	}
	if err := st.createTables(ctx); err != nil {
		return staged{}, err
	}
	if err := st.fillRaw(ctx); err != nil {
		return staged{}, err
	}
	counts, err := st.countRaw(ctx)
	if err != nil {
		return counts, err
	}
	if err := st.fillAggregates(ctx); err != nil {
		return counts, err
	}
	// Here and not while publishing, which is one batch after another.
	if err := onePart(ctx, st.s, st.stage); err != nil {
		return counts, err
	}
	return counts, st.check(ctx, counts)
}

// sameTables refuses what was prepared for tables or views that have changed
// since: a table with another structure could not be moved into, and a view that
// is new would miss the batch.
func (w *work) sameTables(ctx context.Context) error {
	now, err := readDerivation(ctx, w.r.s, w.r.d.Base.Table)
	if err != nil {
		return err
	}
	if now.shapeOfAll() != w.r.d.shapeOfAll() {
		return fmt.Errorf("publish batch %s: the tables or views that %s fills were changed while it was being prepared; nothing of it is public: run this again", w.batch.Name, w.r.d.Base)
	}
	return nil
}

// makePublic takes a prepared batch to done.
func (w *work) makePublic(ctx context.Context, counts staged) error {
	steps, err := w.moves(ctx, counts)
	if err != nil {
		w.meter.finish(0, false)
		return w.abandon(ctx, err)
	}
	w.r.cfg.Progress.phase("publishing")
	if err := w.publish(ctx, steps); err != nil {
		return fmt.Errorf("%w; what is published stays, and the next ingest run publishes the rest", err)
	}
	w.meter.finish(len(w.batch.Files), true)
	w.r.cfg.Progress.phase("loading")
	w.r.sum.Files += len(w.batch.Files)
	w.r.sum.Batches++
	w.r.sum.Rows += w.line.Stored
	w.r.sum.Bytes += w.batch.Bytes
	return nil
}

// moves notes that the batch is staged and plans how it becomes public.
func (w *work) moves(ctx context.Context, counts staged) ([]stepLine, error) {
	if err := w.staged(ctx, counts); err != nil {
		return nil, err
	}
	steps, err := w.r.p.plan(ctx, w.batch, w.r.d, w.stage)
	if err == nil {
		err = w.sameTables(ctx)
	}
	if err != nil {
		return nil, err
	}
	w.r.sum.addRejected(counts.Rejected)
	return steps, nil
}

// record writes the batch's next state.
func (w *work) record(ctx context.Context, state State) error {
	w.line.Seconds = w.r.cfg.Now().Sub(w.began).Seconds()
	return w.r.cfg.record(ctx, w.r.s, w.line, state, "")
}

// forAnyone is the reason of a planned batch that helpers may prepare.
const forAnyone = "waiting for whoever prepares it first"

// planned writes the batch and its files into the ledger.
func (w *work) planned(ctx context.Context) error {
	if err := w.r.cfg.record(ctx, w.r.s, w.line, Planned, forAnyone); err != nil {
		return err
	}
	lines := make([]fileLine, len(w.batch.Files))
	for i, f := range w.batch.Files {
		lines[i] = fileLine{Kind: string(w.r.kind), Name: f.Name, Generation: f.Generation, Batch: w.batch.Name,
			Outcome: string(filePlanned), Bytes: uint64(f.Size), Rows: f.Rows, At: w.began.UTC()}
	}
	if err := insert(ctx, w.r.s, ledgerFiles, lines); err != nil {
		return err
	}
	return w.r.cfg.at(StepPlanned)
}

// staged notes what the complete stage holds.
func (w *work) staged(ctx context.Context, counts staged) error {
	w.line.Stored, w.line.Rejected = counts.Stored, counts.rejectedRows()
	if w.r.feed.Day != "" && counts.Stored > 0 {
		days, err := w.stagedDays(ctx)
		if err != nil {
			return err
		}
		if err := recordDays(ctx, w.r.s, w.batch.Name, days); err != nil {
			return err
		}
		w.line.FirstDay, w.line.LastDay = slices.Min(slices.Collect(maps.Keys(days))).time(), slices.Max(slices.Collect(maps.Keys(days))).time()
	}
	var lines []fileLine
	for _, f := range w.batch.Files {
		if rejected := counts.Rejected[f.Name]; len(rejected) > 0 {
			lines = append(lines, fileLine{Kind: string(w.r.kind), Name: f.Name, Generation: f.Generation, Batch: w.batch.Name,
				Outcome: string(fileCounted), Bytes: uint64(f.Size), Rows: f.Rows, Rejected: rejected, At: w.r.cfg.Now().UTC()})
		}
	}
	if err := insert(ctx, w.r.s, ledgerFiles, lines); err != nil {
		return err
	}
	if err := w.record(ctx, Staged); err != nil {
		return err
	}
	return w.r.cfg.at(StepStaged)
}

// beginPublishing writes what will be done, then the line "publishing".
func beginPublishing[T any](ctx context.Context, w *work, ledger string, lines []T) error {
	if err := insert(ctx, w.r.s, ledger, lines); err != nil {
		return err
	}
	if err := w.r.cfg.at(StepStepsWritten); err != nil {
		return err
	}
	if err := w.record(ctx, Publishing); err != nil {
		return err
	}
	// After the line and before the first step: whoever takes over from here on
	// has seen both the line and the private database, and takes the latter away.
	if err := w.r.lock.check(ctx); err != nil {
		return err
	}
	return w.r.cfg.at(StepPublishing)
}

// publish makes the stage public. From the line "publishing" on, only forward.
func (w *work) publish(ctx context.Context, steps []stepLine) error {
	if len(steps) == 0 {
		return w.finish(ctx) // every row was rejected
	}
	if err := beginPublishing(ctx, w, ledgerSteps, steps); err != nil {
		return err
	}
	for _, step := range steps {
		if err := w.r.p.move(ctx, w.stage, step); err != nil {
			return err
		}
		if err := w.r.cfg.at(StepMoved); err != nil {
			return err
		}
	}
	return w.finish(ctx)
}

// finish writes that all is public, and removes the stage.
func (w *work) finish(ctx context.Context) error {
	if err := w.r.cfg.at(StepAllMoved); err != nil {
		return err
	}
	if err := w.record(ctx, Done); err != nil {
		return err
	}
	if err := w.r.cfg.at(StepDone); err != nil {
		return err
	}
	if err := w.dropStages(ctx); err != nil {
		return err
	}
	return w.r.cfg.at(StepStageDropped)
}

// dropStages removes the private databases of all attempts. None may go before
// the batch is done or given up: a claim's name must not become free.
func (w *work) dropStages(ctx context.Context) error {
	for a := max(w.attempt, 1); a > 0; a-- {
		if err := dropStage(ctx, w.r.s, attemptName(w.r.s.database, w.batch.Name, w.r.s.epoch, a)); err != nil {
			return err
		}
	}
	return nil
}

// abandon gives a batch up that has published nothing, and says why. After a
// crash of a test it leaves all as it is; after an interrupt it still clears up.
func (w *work) abandon(ctx context.Context, cause error) error {
	if cause == nil {
		return nil
	}
	w.meter.finish(0, false)
	if reason := context.Cause(ctx); reason != nil {
		cause = reason // why statements were cancelled
	}
	if leavesAsItIs(cause) {
		return cause
	}
	cause = withMemoryRemedy(cause, "make batches smaller with --batch-rows, or allow more with --max-memory")
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := emptyStage(clear, w.r.s, w.stage); err != nil {
		return errors.Join(cause, err)
	}
	if err := w.r.cfg.record(clear, w.r.s, w.line, Failed, cause.Error()); err != nil {
		return errors.Join(cause, err)
	}
	if err := w.r.cfg.at(StepBatchFailed); err != nil {
		return err
	}
	if err := w.dropStages(clear); err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// withMemoryRemedy says what to do where the server lacks memory.
func withMemoryRemedy(err error, remedy string) error {
	if chconn.Classify(err) == chconn.Memory {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return err
}

// leavesAsItIs reports a failure after which nothing is cleared up: a crash of a
// test, a lock that another holds now, a server that is away.
func leavesAsItIs(cause error) bool {
	crash := crashError{}
	return errors.As(cause, &crash) || errors.Is(cause, ErrLockLost) || chconn.Classify(cause) == chconn.Unavailable
}
