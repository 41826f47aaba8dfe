package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clickql/internal/chconn"
)

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
	if chconn.Classify(cause) == chconn.Memory {
		cause = fmt.Errorf("%w; make batches smaller with --batch-rows, or allow more with --max-memory", cause)
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
