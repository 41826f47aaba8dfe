package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// retryEvery is how often a directory is tried that neither takes holders nor
// is free: its engine is on its way up or down.
const retryEvery = 10 * time.Millisecond

// giveUpAfter bounds the wait for such a directory. It exceeds stopWithin, after
// which a stopping engine is gone at the latest.
const giveUpAfter = 2 * stopWithin

// errNoEngine says that nobody takes holders for the directory right now.
var errNoEngine = errors.New("no engine takes holders")

// acquire returns a hold on the directory's engine, joining or starting it.
// Whoever gets the lock starts; everybody else finds the starter's lease.
func acquire(ctx context.Context, cfg Config) (*hold, Info, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	late := time.NewTimer(giveUpAfter)
	defer late.Stop()
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	for {
		h, info, err := attempt(ctx, cfg)
		if !errors.Is(err, errNoEngine) {
			return h, info, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, Info{}, fmt.Errorf("open engine in %s: waiting for its lock: %w", cfg.Dir, ctx.Err())
		case <-late.C:
			return nil, Info{}, fmt.Errorf("open engine in %s: a process that cannot be reached from here has held %s for %v; end it, or name another directory with --data",
				cfg.Dir, layout(cfg.Dir).lock(), giveUpAfter)
		}
	}
}

// attempt starts an engine if the directory is free, and joins its engine if
// it is not. In this order a lease that a crash left behind is never believed.
// errNoEngine: try again.
func attempt(ctx context.Context, cfg Config) (*hold, Info, error) {
	if err := makeDir(cfg.Dir); err != nil {
		return nil, Info{}, err
	}
	lock, err := tryLock(cfg.Dir)
	switch {
	case err != nil:
		return nil, Info{}, err
	case lock != nil:
		return start(ctx, cfg, lock)
	}
	return join(ctx, cfg)
}
