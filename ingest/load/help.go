package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/find"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
)

// helper prepares batches for the process that holds the writer's lock.
type helper struct {
	cfg      config.Config
	prepared int
	declined map[string]bool // batches that this process cannot prepare
	epoch    uint64          // of the lock's holder
	last     ledger.Sighting // of that one
}

// Help prepares batches until the writer gives the lock back or dies; it returns
// at once where nobody holds it. How many batches it prepared is valid also beside
// an error.
func Help(ctx context.Context, cfg config.Config) (batches int, err error) {
	s := cfg.Session()
	if err := s.OneServer(); err != nil {
		return 0, err
	}
	h := &helper{cfg: cfg, declined: map[string]bool{}}
	for {
		state, err := ledger.ReadLock(ctx, s)
		if err != nil {
			return h.prepared, err
		}
		if err := sameServer(ctx, s, state.Holder); err != nil {
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
		if err := config.Sleep(ctx, cfg.Beat); err != nil {
			return h.prepared, err
		}
	}
}

// sameServer refuses to help a writer that works on another replica: what is
// prepared is on one server.
func sameServer(ctx context.Context, s *session.Session, holder ledger.Holder) error {
	if holder.Server == "" || holder.Released {
		return nil
	}
	here, err := session.Server(ctx, s)
	if err == nil && here != holder.Server {
		err = fmt.Errorf("help the ingest command that is writing (%s): it works on the replica %s, and this is %s: give the DSN of that server", holder, holder.Server, here)
	}
	return err
}

// live tells whether the lock is held by a process that gives signs of life.
func (h *helper) live(ctx context.Context, s *session.Session, state ledger.LockState) (bool, error) {
	if v := ledger.JudgeHolder(state, h.cfg.Holder, ledger.ProcessAlive); v != ledger.WatchLease {
		return false, nil
	}
	beat, err := state.ReadBeat(ctx, s)
	if err != nil {
		return false, err
	}
	if state.Epoch != h.epoch {
		h.epoch, h.last = state.Epoch, ledger.Sighting{}
	}
	now := time.Now()
	h.last.Sees(beat, now)
	return !h.last.Lapsed(h.cfg.Lease, now), nil
}

// find is a batch that is planned and that nobody has claimed; nil for none.
func (h *helper) find(ctx context.Context, s *session.Session, epoch uint64) (*ledger.Batch, error) {
	// A batch's name begins with its writer's epoch, and the ledger is sorted by it.
	planned, err := ledger.Of(s).Batches(ctx, fmt.Sprintf("WHERE startsWith(b.batch, '%08d_')", epoch), fmt.Sprintf("HAVING state = %d AND reason = '%s'", ledger.Planned, forAnyone))
	if err != nil && !session.Gone(err) {
		return nil, err
	}
	held, err := stage.List(ctx, s)
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
func (h *helper) prepare(ctx context.Context, b ledger.Batch) error {
	cfg := h.cfg
	cfg.Progress = nil // the writer counts
	s := cfg.Session().Of(cfg.Database, b.Epoch)
	l := &loader{w: publish.NewWriter(s, cfg, nil), cfg: cfg, kind: ledger.Kind(b.Kind), sum: &config.Summary{}}
	if err := l.prepare(ctx); err != nil {
		return err
	}
	it, err := l.plannedFiles(ctx, b)
	if err != nil || it == nil {
		h.declined[b.Batch] = true
		h.cfg.Log.Info("leaving a batch to its writer: this process cannot read its files", "batch", b.Batch, "error", err)
		return ctx.Err()
	}
	var p *ledger.Pulse
	at := l.passage(it)
	counts, err := l.stageAll(ctx, it, at, func(ctx context.Context, st *stage.Stager) (_ context.Context, err error) {
		ctx, p, err = st.Claim(ctx)
		return ctx, err
	})
	if p != nil {
		p.End()
	}
	st := l.stager(it, at)
	switch {
	case err == nil:
		if err := st.Conclude(ctx, stage.ClaimResult{Counts: counts, Fingerprint: l.d.Fingerprint()}); err != nil {
			return err
		}
		h.prepared++
		return nil
	case errors.Is(err, stage.ErrClaimed) || session.Gone(err):
		return ctx.Err()
	case session.Crashed(err):
		return err
	}
	h.declined[b.Batch] = true
	h.cfg.Log.Warn("could not prepare a batch; its writer does", "batch", b.Batch, "error", err)
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledger.ReleaseTimeout)
	defer cancel()
	if err := st.Conclude(clear, stage.ClaimResult{Failed: err.Error()}); err != nil {
		return err
	}
	return ctx.Err()
}

// plannedFiles reads from the ledger which files a batch consists of, and their
// footers; nil where they are not what the ledger says.
func (l *loader) plannedFiles(ctx context.Context, b ledger.Batch) (*queued, error) {
	lines, err := l.w.Ledger.PlannedFiles(ctx, b.Batch)
	if err != nil {
		return nil, err
	}
	rows := map[string]uint64{}
	var objects []export.Object
	for _, f := range lines {
		src := l.cfg.AllSources(l.w.S).Of(f.Name)
		if src == nil {
			return nil, fmt.Errorf("read %s: %w", f.Name, export.ErrNoSource)
		}
		objects, rows[f.Name] = append(objects, export.Object{Name: f.Name, Generation: f.Generation, Size: int64(f.Bytes), Path: src.Path(f.Name)}), f.Rows
	}
	files, failures, err := find.New(l.w.S, l.cfg, l.kind).Footers(ctx, objects)
	if err != nil || len(failures) > 0 || uint64(len(files)) != b.Files {
		return nil, err
	}
	for _, f := range files {
		if f.Rows != rows[f.Name] {
			return nil, nil
		}
	}
	return &queued{batch: stage.NewBatch(b.Batch, files), attempt: 1}, nil
}
