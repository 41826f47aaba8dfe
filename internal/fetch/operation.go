package fetch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/graph-gophers/dataloader/v7"

	"clickql/internal/access"
	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/query"
)

// Operation answers the requests of one GraphQL operation, all from one
// snapshot. Requests that are Prefetched together are planned together; each
// is asked once, however often it is loaded.
type Operation struct {
	loader *Loader
	snap   *catalog.Snapshot
	ready  error
	spent  atomic.Int64 // rows that its queries are expected to read
	trace  trace
	moved  atomic.Bool // an answer failed since its version of the data was nowhere to be had any more
	// refused is the price of what was too dear. Guarded by trace.mu.
	refused Price

	client  *access.Client              // who asks
	limited atomic.Pointer[fault.Error] // why the client may have no more read; nil while it may

	// memo holds every answer that was begun, by cube.Request.Key, or by a lookup's
	// prefix and key.
	memo dataloader.Cache[string, *answer]

	mu      sync.Mutex    // one batch at a time is added to memo
	learned map[*Ran]bool // whose unasked answers are in memo
}

// Begin starts an operation on the newest snapshot, for the client of ctx.
func (l *Loader) Begin(ctx context.Context) *Operation {
	ready := l.cfg.Catalog.Ready()
	snap := l.cfg.Catalog.Snapshot()
	if ready != nil && l.Stale() != nil {
		ready = nil // from memory, on the last snapshot
	}
	l.cache.Use(version(snap))
	if l.cfg.Quick <= 0 {
		l.quick.widen(min(max(snap.Threads+1, LeastQuick), MostQuick), 1)
	}
	return &Operation{
		loader: l, snap: snap, ready: ready, client: access.Of(ctx),
		trace:   trace{used: map[*Ran]string{}, planned: map[*query.Query]bool{}},
		memo:    dataloader.NewCache[string, *answer](),
		learned: map[*Ran]bool{},
	}
}

// Snapshot is what the operation is planned on.
func (o *Operation) Snapshot() *catalog.Snapshot { return o.snap }

// Ready is nil when the operation can be answered at all; otherwise a
// *fault.Error that says why the database cannot be asked.
func (o *Operation) Ready() error {
	if o.ready == nil {
		return nil
	}
	return &fault.Error{Code: fault.Unavailable, Message: "the data cannot be read right now; try again in a moment", Cause: o.ready}
}

// Limited is why the operation's client may have no more read for now; nil while it
// may.
func (o *Operation) Limited() *fault.Error { return o.limited.Load() }

// MaxRows is the most rows that the operation may be expected to have read: by the
// gateway's limit or the client's; 0 for no limit.
func (o *Operation) MaxRows() int64 {
	limit, own := int64(o.loader.cfg.MaxOperationRows), o.client.MaxCost()
	if limit <= 0 || own > 0 && own < limit {
		return own
	}
	return limit
}

// Explain lists the queries that the operation has needed so far, in a stable
// order.
func (o *Operation) Explain() []Explained {
	return o.trace.explained(o.loader.cfg.PlayURL, o.loader.cfg.Now())
}

// Prefetch starts to answer the requests, planned together, and returns at
// once. Requests that the operation knows already are left out. The answers are
// given up when ctx ends.
func (o *Operation) Prefetch(ctx context.Context, reqs []cube.Request) {
	if o.ready != nil {
		return
	}
	batch := make(map[string]cube.Request, len(reqs))
	keys := make([]string, 0, len(reqs))
	for _, r := range reqs {
		key := r.Key()
		if have, twice := batch[key]; !twice || have.Each == nil {
			batch[key] = r
		}
		keys = append(keys, key)
	}
	o.begin(ctx, keys, func(mine calls) []*statement {
		wanted, seen := make([]cube.Request, 0, len(mine)), make(map[string]bool, len(mine))
		for _, key := range keys {
			if mine[key] != nil && !seen[key] {
				wanted, seen[key] = append(wanted, batch[key]), true
			}
		}
		return o.planRequests(ctx, wanted, mine)
	})
}

// Load is the answer to one request. A request that was not prefetched is
// planned by itself. The error is a *fault.Error.
func (o *Operation) Load(ctx context.Context, r cube.Request) (*cube.Result, error) {
	if err := o.Ready(); err != nil {
		return nil, err
	}
	key := r.Key()
	if !o.begun(key) {
		o.Prefetch(ctx, []cube.Request{r})
	}
	value, err := o.await(ctx, key)
	res, _ := value.(*cube.Result)
	return res, err
}

// LoadAll is the answers to requests that are planned together, in their order, or
// the first error.
func (o *Operation) LoadAll(ctx context.Context, reqs []cube.Request) ([]*cube.Result, error) {
	o.Prefetch(ctx, reqs)
	answers := make([]*cube.Result, len(reqs))
	for i, r := range reqs {
		var err error
		if answers[i], err = o.Load(ctx, r); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// begun reports that the operation knows the answer for the key, or has it on its
// way.
func (o *Operation) begun(key string) bool {
	_, begun := o.memo.Get(context.Background(), key) // the memo asks nobody
	return begun
}

// await is the value of an answer that was begun, once it is there or ctx ends.
// The error is a *fault.Error.
func (o *Operation) await(ctx context.Context, key string) (any, error) {
	promise, begun := o.memo.Get(ctx, key)
	if !begun {
		return nil, unplanned(nil)
	}
	a, err := promise()
	if err != nil { // planning panicked: nothing else makes a batch fail
		return nil, unplanned(err)
	}
	for a.again != nil && a.denied(ctx) {
		if a = a.again(); a == nil {
			return nil, unplanned(nil)
		}
	}
	value, err := a.await(ctx, &o.trace)
	if errors.Is(err, errMoved) {
		o.moved.Store(true)
	}
	if a.call != nil && err == nil {
		o.learn(ctx, a.call)
	}
	return value, err
}

// learn takes in what came along with a call's answer. Calls of one statement
// share it.
func (o *Operation) learn(ctx context.Context, c *call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(c.more) == 0 || o.learned[c.from] {
		return
	}
	o.learned[c.from] = true
	for key, known := range c.more {
		if !o.begun(key) {
			o.memo.Set(ctx, key, func() (*answer, error) { return &answer{kept: known}, nil })
		}
	}
}

// begin starts to find answers to those of the keys that the operation does not
// know yet, and returns when they are planned. They are a batch of a dataloader
// that remembers in the operation's memo; its capacity is their number, so that
// no batch waits for time to pass.
func (o *Operation) begin(ctx context.Context, keys []string, plan planning) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fresh, seen := make([]string, 0, len(keys)), make(map[string]bool, len(keys))
	for _, key := range keys {
		if !o.begun(key) && !seen[key] {
			fresh, seen[key] = append(fresh, key), true
		}
	}
	if len(fresh) == 0 {
		return
	}
	batch := dataloader.NewBatchedLoader(func(ctx context.Context, keys []string) []*dataloader.Result[*answer] {
		results := make([]*dataloader.Result[*answer], len(keys))
		found := o.find(ctx, keys, plan)
		for i, key := range keys {
			results[i] = &dataloader.Result[*answer]{Data: found[key]}
		}
		return results
	}, dataloader.WithBatchCapacity[string, *answer](len(fresh)), dataloader.WithCache(o.memo))
	var planned dataloader.Thunk[*answer]
	for _, key := range fresh {
		planned = batch.Load(ctx, key)
	}
	_, _ = planned() // an error is found again where the answer is awaited
}

// find finds answers for keys. What is on its way for another operation, which may
// turn out not to be allowed to ask it, can be asked again by this one.
func (o *Operation) find(ctx context.Context, keys []string, plan planning) map[string]*answer {
	found := o.loader.find(ctx, version(o.snap), keys, plan)
	for key, a := range found {
		if a.call != nil && !a.own {
			a.again = func() *answer { return o.find(ctx, []string{key}, plan)[key] }
		}
	}
	return found
}
