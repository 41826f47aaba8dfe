package fetch

import (
	"context"
	"sync"

	"clickql/internal/query"
)

// call is one answer that is being computed, for whoever waits for it.
type call struct {
	done  chan struct{} // closed when the fields below are set
	value any
	err   *query.Error
	from  *Ran
	run   *run
}

// run is the computing of a set of calls. It goes on while anybody waits for
// one of them, and is cancelled when the last gives up.
type run struct {
	ctx     context.Context
	cancel  context.CancelFunc
	mu      sync.Mutex
	waiting int
}

// newRun begins a run that outlives the operation that started it.
func newRun(ctx context.Context) *run {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &run{ctx: ctx, cancel: cancel}
}

// join counts a waiter in until its context ends or leave is called.
func (r *run) join(ctx context.Context) (leave func()) {
	r.mu.Lock()
	r.waiting++
	r.mu.Unlock()
	var once sync.Once
	out := func() { once.Do(r.left) }
	stop := context.AfterFunc(ctx, out)
	return func() { stop(); out() }
}

func (r *run) left() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting--; r.waiting == 0 {
		r.cancel()
	}
}

// flights holds the calls under way, so that no question is asked twice at one
// time.
type flights struct {
	mu    sync.Mutex
	calls map[string]*call
}

// claim finds the calls under way for the keys, and starts one, to be done by
// the caller within r, for every other. A run may be cancelled between the claim
// of another operation and its joining; what it then fails with is Cancelled,
// and asking again is right.
func (f *flights) claim(version string, keys []string, r *run) (calls []*call, mine map[string]*call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls = make([]*call, len(keys))
	mine = map[string]*call{}
	for i, key := range keys {
		c := f.calls[version+key]
		if c == nil || c.run.ctx.Err() != nil {
			c = &call{done: make(chan struct{}), run: r}
			f.calls[version+key] = c
			mine[key] = c
		}
		calls[i] = c
	}
	return calls, mine
}

// finish sets a call's outcome and lets its waiters go.
func (f *flights) finish(version, key string, c *call, value any, err *query.Error, from *Ran) {
	c.value, c.err, c.from = value, err, from
	f.mu.Lock()
	if f.calls[version+key] == c {
		delete(f.calls, version+key)
	}
	f.mu.Unlock()
	close(c.done)
}
