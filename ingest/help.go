package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// helper prepares batches for the process that holds the writer's lock.
type helper struct {
	cfg      Config
	prepared int
	declined map[string]bool // batches that this process cannot prepare
	epoch    uint64          // of the lock's holder
	last     sighting        // of that one
}

// help prepares batches until the writer gives the lock back or dies; it returns
// at once where nobody holds it. How many batches it prepared is valid also beside
// an error.
func help(ctx context.Context, cfg Config) (batches int, err error) {
	s := cfg.session()
	if err := s.oneServer(); err != nil {
		return 0, err
	}
	h := &helper{cfg: cfg, declined: map[string]bool{}}
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
		if err := sleep(ctx, cfg.Beat); err != nil {
			return h.prepared, err
		}
	}
}

// sleep waits, or ends early with the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// live tells whether the lock is held by a process that gives signs of life.
func (h *helper) live(ctx context.Context, s *session, state lockState) (bool, error) {
	if v := judgeHolder(state, h.cfg.Holder, processAlive); v != watchLease {
		return false, nil
	}
	beat, err := state.readBeat(ctx, s)
	if err != nil {
		return false, err
	}
	if state.Epoch != h.epoch {
		h.epoch, h.last = state.Epoch, sighting{}
	}
	now := time.Now()
	h.last.sees(beat, now)
	return !h.last.lapsed(h.cfg.Lease, now), nil
}

// find is a batch that is planned and that nobody has claimed; nil for none.
func (h *helper) find(ctx context.Context, s *session, epoch uint64) (*batchLine, error) {
	// A batch's name begins with its writer's epoch, and the ledger is sorted by it.
	planned, err := ledgerOf(s).batches(ctx, fmt.Sprintf("WHERE startsWith(b.batch, '%08d_')", epoch), fmt.Sprintf("HAVING state = %d AND reason = '%s'", Planned, forAnyone))
	if err != nil && !gone(err) {
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
	cfg := h.cfg
	cfg.Progress = nil // the writer counts
	s := cfg.session().of(cfg.Database, b.Epoch)
	l := &loader{w: newWriter(s, cfg, nil), cfg: cfg, kind: Kind(b.Kind), sum: &Summary{}}
	if err := l.prepare(ctx); err != nil {
		return err
	}
	it, err := l.plannedFiles(ctx, b)
	if err != nil || it == nil {
		h.declined[b.Batch] = true
		h.cfg.Log.Info("leaving a batch to its writer: this process cannot read its files", "batch", b.Batch, "error", err)
		return ctx.Err()
	}
	var p *pulse
	at := l.passage(it)
	counts, err := l.stageAll(ctx, it, at, func(ctx context.Context, st *stager) (_ context.Context, err error) {
		ctx, p, err = st.claim(ctx)
		return ctx, err
	})
	if p != nil {
		p.end()
	}
	st := l.stager(it, at)
	switch {
	case err == nil:
		if err := st.conclude(ctx, claimResult{Staged: counts, Fingerprint: l.d.fingerprint()}); err != nil {
			return err
		}
		h.prepared++
		return nil
	case errors.Is(err, errClaimed) || gone(err):
		return ctx.Err()
	case crashed(err):
		return err
	}
	h.declined[b.Batch] = true
	h.cfg.Log.Warn("could not prepare a batch; its writer does", "batch", b.Batch, "error", err)
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := st.conclude(clear, claimResult{Failed: err.Error()}); err != nil {
		return err
	}
	return ctx.Err()
}

// plannedFiles reads from the ledger which files a batch consists of, and their
// footers; nil where they are not what the ledger says.
func (l *loader) plannedFiles(ctx context.Context, b batchLine) (*queued, error) {
	lines, err := l.w.ledger.plannedFiles(ctx, b.Batch)
	if err != nil {
		return nil, err
	}
	rows := map[string]uint64{}
	var objects []Object
	for _, f := range lines {
		src := l.cfg.sources(l.w.s).of(f.Name)
		if src == nil {
			return nil, fmt.Errorf("read %s: %w", f.Name, ErrNoSource)
		}
		objects, rows[f.Name] = append(objects, Object{Name: f.Name, Generation: f.Generation, Size: int64(f.Bytes), Path: src.Path(f.Name)}), f.Rows
	}
	files, failures, err := newFinder(l.w.s, l.cfg, l.kind).footers(ctx, objects)
	if err != nil || len(failures) > 0 || uint64(len(files)) != b.Files {
		return nil, err
	}
	for _, f := range files {
		if f.Rows != rows[f.Name] {
			return nil, nil
		}
	}
	return &queued{batch: newBatch(b.Batch, files), attempt: 1}, nil
}
