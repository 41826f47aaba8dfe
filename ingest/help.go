package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// Help prepares batches for the process that holds the writer's lock, until it
// gives the lock back or dies; it returns at once where nobody holds it. It
// makes nothing public. How many batches it prepared is valid also beside an
// error.
func (in *Ingest) Help(ctx context.Context) (batches int, err error) {
	s := newSession(in.cfg.Conn, in.cfg.Database, 0)
	if err := oneServer(s); err != nil {
		return 0, err
	}
	h := &helper{in: in, declined: map[string]bool{}}
	for {
		state, err := readLock(ctx, s)
		if err != nil {
			return h.prepared, err
		}
		live, err := h.live(ctx, s, state)
		if err != nil || !live {
			return h.prepared, err
		}
		b, err := h.find(ctx, s, state.Epoch)
		if err != nil {
			return h.prepared, err
		}
		if b != nil {
			if err := h.prepare(ctx, *b); err != nil {
				return h.prepared, err
			}
			continue
		}
		if err := sleep(ctx, in.cfg.Beat); err != nil {
			return h.prepared, err
		}
	}
}

// helper is one Help.
type helper struct {
	in       *Ingest
	prepared int
	declined map[string]bool // batches that this process cannot prepare

	// Of the lock's holder: its epoch and last sign of life, and when that was
	// seen to change.
	epoch uint64
	beat  int64
	seen  time.Time
}

// live tells whether the lock is held by a process that gives signs of life.
// Times are this machine's monotonic clock.
func (h *helper) live(ctx context.Context, s *session, state lockState) (bool, error) {
	if v := judgeHolder(state, h.in.cfg.Holder, processAlive); v != watchLease {
		return false, nil
	}
	beat, err := readBeat(ctx, s, state.Epoch)
	if err != nil {
		return false, err
	}
	if state.Epoch != h.epoch || beat != h.beat {
		h.epoch, h.beat, h.seen = state.Epoch, beat, time.Now()
	}
	return time.Since(h.seen) <= h.in.cfg.Lease, nil
}

// find is a batch that is planned and that nobody has claimed; nil for none.
func (h *helper) find(ctx context.Context, s *session, epoch uint64) (*batchLine, error) {
	// A batch's name begins with its writer's epoch, and the ledger is sorted by it.
	planned, err := readBatches(ctx, s, fmt.Sprintf("WHERE startsWith(b.batch, '%08d_')", epoch), fmt.Sprintf("HAVING state = %d AND reason = '%s'", Planned, forAnyone))
	if err != nil && chconn.Classify(err) != chconn.UnknownTable {
		return nil, err
	}
	held, err := stages(ctx, s)
	if err != nil {
		return nil, err
	}
	// The last first: the writer itself begins at the front.
	for i := len(planned) - 1; i >= 0; i-- {
		if b := planned[i]; len(held[b.Batch]) == 0 && !h.declined[b.Batch] {
			return &b, nil
		}
	}
	return nil, nil
}

// prepare claims a batch and prepares it. What this process cannot read it
// leaves to others; what fails after it was claimed goes back to the writer.
func (h *helper) prepare(ctx context.Context, b batchLine) error {
	s := newSession(h.in.cfg.Conn, h.in.cfg.Database, b.Epoch)
	r := &run{s: s, cfg: h.in.cfg, kind: Kind(b.Kind), sum: &Summary{}}
	r.cfg.Progress = nil // the writer counts
	if err := errors.Join(r.prepare(ctx), r.threads(ctx)); err != nil {
		return err
	}
	it, err := r.plannedFiles(ctx, b)
	if err != nil || it == nil {
		h.declined[b.Batch] = true
		h.in.cfg.Log.Info("leaving a batch to its writer: this process cannot read its files", "batch", b.Batch, "error", err)
		return ctx.Err()
	}
	w := r.newWork(it)
	st := w.stager()
	stop := func() {}
	counts, err := w.prepare(ctx, st, func(ctx context.Context) (_ context.Context, err error) {
		ctx, stop, err = st.claimed(ctx)
		if err != nil {
			stop = func() {}
		}
		return ctx, err
	})
	stop()
	switch crash := (crashError{}); {
	case err == nil:
		if err := st.conclude(ctx, claimResult{Staged: counts, Shape: r.d.shapeOfAll()}); err != nil && !gone(err) {
			return err
		}
		h.prepared++
		return nil
	case errors.Is(err, errClaimed) || gone(err):
		return ctx.Err()
	case errors.As(err, &crash):
		return err
	}
	h.declined[b.Batch] = true
	h.in.cfg.Log.Warn("could not prepare a batch; its writer does", "batch", b.Batch, "error", err)
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := st.conclude(clear, claimResult{Failed: err.Error()}); err != nil && !gone(err) {
		return err
	}
	return ctx.Err()
}

// plannedFiles reads from the ledger which files a batch consists of, and their
// footers; nil where they are not what the ledger says.
func (r *run) plannedFiles(ctx context.Context, b batchLine) (*queued, error) {
	sourceOf := r.cfg.sourceOf(r.s)
	rows := map[string]uint64{}
	var objects []Object
	err := r.s.each(ctx, statement{
		SQL: `SELECT DISTINCT name, generation, bytes, rows FROM ` + name(r.s.database, ledgerFiles) + `
			WHERE batch = {batch:String} AND outcome = 'planned' ORDER BY name`,
		Params: map[string]any{"batch": b.Batch},
	}, func(cursor driver.Rows) error {
		var o Object
		var size, n uint64
		if err := cursor.Scan(&o.Name, &o.Generation, &size, &n); err != nil {
			return err
		}
		src := sourceOf(o.Name)
		if src == nil {
			return fmt.Errorf("read %s: %w", o.Name, ErrNoSource)
		}
		o.Size, o.Path = int64(size), src.Path(o.Name)
		objects, rows[o.Name] = append(objects, o), n
		return nil
	})
	if err != nil {
		return nil, err
	}
	files, failures, err := r.footers(ctx, objects)
	if err != nil || len(failures) > 0 || uint64(len(files)) != b.Files {
		return nil, err
	}
	it := &queued{batch: batch{Name: b.Batch, Files: files, sourceOf: sourceOf}, attempt: 1}
	for _, f := range files {
		if f.Rows != rows[f.Name] {
			return nil, nil
		}
		it.batch.Rows, it.batch.Bytes = it.batch.Rows+f.Rows, it.batch.Bytes+f.Size
	}
	return it, nil
}
