package ingest

import (
	"context"
	"fmt"
	"time"

	"clickql/internal/chconn"
)

// keep gives signs of life until release, and derives the context under which
// the work is done: it ends with ErrLockLost when the lock's table has gone.
func (l *lock) keep(ctx context.Context, cfg lockConfig) context.Context {
	ctx, l.stop = context.WithCancelCause(ctx)
	go func() {
		defer close(l.done)
		tick := time.NewTicker(cfg.Beat)
		defer tick.Stop()
		for beat := uint64(1); ; beat++ {
			err := l.session.exec(ctx, statement{
				SQL: fmt.Sprintf("INSERT INTO %s SELECT {beat:UInt64}", name(l.session.database, lockTable(l.epoch))), Params: map[string]any{"beat": beat},
			})
			if chconn.Classify(err) == chconn.UnknownTable {
				l.stop(ErrLockLost)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return ctx
}

// lapsed watches the holder's heartbeat for one lease. It reports false as soon
// as there is a sign of life, or the lock is given back or passes on.
func lapsed(ctx context.Context, s *session, state lockState, cfg lockConfig) (bool, error) {
	first, err := readBeat(ctx, s, state.Epoch)
	if err != nil {
		return false, err
	}
	deadline := time.NewTimer(cfg.Lease)
	defer deadline.Stop()
	tick := time.NewTicker(max(cfg.Beat/4, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-deadline.C:
			return true, nil
		case <-tick.C:
			now, err := readLock(ctx, s)
			if err != nil {
				return false, err
			}
			beat, err := readBeat(ctx, s, state.Epoch)
			if err != nil {
				return false, err
			}
			if beat != first || now.Epoch != state.Epoch || now.Holder.Released {
				return false, nil
			}
		}
	}
}

// readBeat is the number of the holder's last sign of life; -1 where the
// lock's table has gone.
func readBeat(ctx context.Context, s *session, epoch uint64) (int64, error) {
	var beat uint64
	err := s.row(ctx, statement{SQL: "SELECT max(beat) FROM " + name(s.database, lockTable(epoch))}, &beat)
	if chconn.Classify(err) == chconn.UnknownTable {
		return -1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the heartbeat of the writer's lock: %w", err)
	}
	return int64(beat), nil
}
