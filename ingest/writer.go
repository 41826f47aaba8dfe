package ingest

import (
	"context"
	"errors"
	"time"

	"clickql/internal/chconn"
)

// releaseTimeout bounds giving the lock back and clearing up after an interrupt.
const releaseTimeout = 10 * time.Second

// asWriter does some work as the only writer of the database, after what dead
// writers left behind has been brought to an end.
func (in *Ingest) asWriter(ctx context.Context, do func(context.Context, *run) error) error {
	s := newSession(in.cfg.Conn, in.cfg.Database, 0)
	if err := oneServer(s); err != nil {
		return err
	}
	if err := ensureLedger(ctx, s); err != nil {
		return err
	}
	locking := lockConfig{Beat: in.cfg.Beat, Lease: in.cfg.Lease, Log: in.cfg.Log}
	in.cfg.Progress.phase("taking the writer's lock")
	l, err := in.acquire(ctx, s, locking)
	if err != nil {
		return err
	}
	return l.holding(ctx, locking, func(ctx context.Context) error {
		r := &run{s: l.session, cfg: in.cfg, lock: l, kind: Downloads, p: newPublisher(l.session, in.cfg), sum: &Summary{}}
		if err := r.takeOver(ctx); err != nil {
			return err
		}
		return do(ctx, r)
	})
}

// holding gives signs of life while some work is done, and gives the lock back.
// A crash of a test leaves it as it is.
func (l *lock) holding(ctx context.Context, cfg lockConfig, do func(context.Context) error) (err error) {
	work := l.keep(ctx, cfg)
	defer func() {
		if crash := (crashError{}); errors.As(err, &crash) {
			l.stop(nil)
			<-l.done
			return
		}
		// Given back even when ctx is done, so that the next one need not wait.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
		defer cancel()
		// ErrLockLost is why statements were cancelled. A full disk is a cause of its
		// own: a backfill that ends has dropped its own lock's table.
		if cause := context.Cause(work); err != nil && cause != nil && ctx.Err() == nil && chconn.Classify(err) != chconn.DiskFull {
			err = cause
		}
		err = errors.Join(err, l.release(release))
	}()
	return do(work)
}

// takeOver brings what dead writers left behind to an end.
func (r *run) takeOver(ctx context.Context) error {
	if err := r.cfg.at(StepLocked); err != nil {
		return err
	}
	r.cfg.Progress.phase("finishing what was left behind")
	if err := (&recoverer{s: r.s, cfg: r.cfg, p: r.p}).run(ctx); err != nil {
		return err
	}
	return r.cfg.at(StepRecovered)
}
