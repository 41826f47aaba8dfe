package fetch

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"clickql/internal/fault"
	"clickql/internal/query"
)

// call is one answer that is being computed, for whoever waits for it.
type call struct {
	version, key string
	done         chan struct{} // closed when what follows is set
	value        any
	err          *fault.Error
	from         *Ran
	planned      *query.Query    // for it, which may be a part of from's; nil where nothing was asked
	more         map[string]kept // unasked answers that came along, by key
	// unaffordable reports that err says what the operation that began the call may
	// not have read, which is nobody else's.
	unaffordable bool

	// Guarded by flights.mu.
	waiters []*waiter  // all that ever joined
	waiting int        // of them, those that have not left
	of      *statement // that computes it; nil while it is being planned
}

// calls are some calls by key.
type calls map[string]*call

// take moves the calls of the keys, or all where none is given, out of cs.
func (cs calls) take(keys ...string) calls {
	if len(keys) == 0 {
		keys = slices.Collect(maps.Keys(cs))
	}
	out := make(calls, len(keys))
	for _, key := range keys {
		if c := cs[key]; c != nil {
			out[key] = c
			delete(cs, key)
		}
	}
	return out
}

// waiter is an operation that waits for some calls until all are done or its
// context ends.
type waiter struct {
	stop func() bool // of what makes it leave

	// Guarded by flights.mu.
	calls []*call
	open  int // calls that are not done
	left  bool
}

// flights holds the calls under way, so that no question is asked twice at one
// time, and counts who waits for each: a statement goes on while anybody waits
// for one of its calls, and is cancelled when the last gives up.
type flights struct {
	mu    sync.Mutex
	calls calls
}

// wait is a waiter that leaves when ctx ends.
func (f *flights) wait(ctx context.Context) *waiter {
	w := &waiter{}
	w.stop = context.AfterFunc(ctx, func() { f.leave(w) })
	return w
}

// claim lets w join the calls under way for the keys, and starts one, to be
// planned by the caller, for every other.
func (f *flights) claim(version string, keys []string, w *waiter) (all []*call, mine calls) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all = make([]*call, len(keys))
	mine = calls{}
	for i, key := range keys {
		c := f.calls[version+key]
		if c == nil {
			c = &call{version: version, key: key, done: make(chan struct{})}
			mine[key] = c
		}
		c.waiters = append(c.waiters, w)
		if !w.left {
			f.calls[version+key] = c
			c.waiting++
		}
		all[i] = c
	}
	w.calls, w.open = all, len(all)
	return all, mine
}

// leave takes a waiter off its calls. One that nobody waits for any more is not
// found by claim again, whatever becomes of its statement.
func (f *flights) leave(w *waiter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.left = true
	for _, c := range w.calls {
		if c.waiting--; c.waiting > 0 {
			continue
		}
		f.forget(c)
		if c.of != nil {
			c.of.left()
		}
	}
}

// forget takes a call out of those under way. f.mu is held.
func (f *flights) forget(c *call) {
	if at := c.version + c.key; f.calls[at] == c {
		delete(f.calls, at)
	}
}

// assign makes s the statement that computes its calls.
func (f *flights) assign(s *statement) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.live = 0
	for _, c := range s.calls {
		c.of = s
		if c.waiting > 0 {
			s.live++
		}
	}
}

// wanted reports that somebody waits for the statement.
func (f *flights) wanted(s *statement) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return s.live > 0
}

// start is the context that s runs in; ok is false where nobody waits for it.
func (f *flights) start(s *statement, timeout time.Duration) (ctx context.Context, end context.CancelFunc, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.live == 0 {
		return nil, nil, false
	}
	ctx, s.cancel = context.WithTimeout(s.ctx, timeout)
	return ctx, s.cancel, true
}

// refuse finishes calls with an error.
func (f *flights) refuse(some calls, err *fault.Error) {
	for _, c := range some {
		f.finish(c, nil, err, nil)
	}
}

// deny finishes calls that the operation that began them may not have asked.
func (f *flights) deny(some calls, err *fault.Error) {
	for _, c := range some {
		c.unaffordable = true
		f.finish(c, nil, err, nil)
	}
}

// finish sets a call's outcome and lets its waiters go.
func (f *flights) finish(c *call, value any, err *fault.Error, from *Ran) {
	c.value, c.err, c.from = value, err, from
	f.mu.Lock()
	f.forget(c)
	for _, w := range c.waiters {
		if w.open--; w.open == 0 {
			w.stop()
		}
	}
	f.mu.Unlock()
	close(c.done)
}
