package fetch

import (
	"context"
	"sync"

	"github.com/graph-gophers/dataloader/v7"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Operation answers the requests of one GraphQL operation, all from one
// snapshot. Requests that are Prefetched together are planned together; each
// is asked once, however often it is loaded.
//
// A batch goes off when the last of its requests is in it, which its size tells:
// nothing waits for a timer.
type Operation struct {
	loader *Loader
	snap   *catalog.Snapshot
	ready  error
	trace  trace

	mu       sync.Mutex
	answers  map[string]dataloader.Thunk[*query.Result]
	metadata map[string]dataloader.Thunk[*Metadata]
	lookups  map[string]dataloader.Thunk[any] // by prefix and key
}

// Begin starts an operation on the newest snapshot.
func (l *Loader) Begin(context.Context) *Operation {
	ready := l.cfg.Catalog.Ready()
	snap := l.cfg.Catalog.Snapshot()
	l.cache.Use(snap.Version)
	return &Operation{
		loader: l, snap: snap, ready: ready,
		trace:    trace{used: map[*Ran]string{}},
		answers:  map[string]dataloader.Thunk[*query.Result]{},
		metadata: map[string]dataloader.Thunk[*Metadata]{},
		lookups:  map[string]dataloader.Thunk[any]{},
	}
}

// Snapshot is what the operation is planned on.
func (o *Operation) Snapshot() *catalog.Snapshot { return o.snap }

// Ready is nil when the operation can be answered at all; otherwise a
// *query.Error that says why the database cannot be asked.
func (o *Operation) Ready() error {
	if o.ready == nil {
		return nil
	}
	return &query.Error{Code: query.Unavailable, Message: "the data cannot be read right now; try again in a moment", Cause: o.ready}
}

// Explain lists the queries that the operation has needed so far, in a stable
// order.
func (o *Operation) Explain() []Explained { return o.trace.explained(o.loader.cfg.PlayURL) }

// Prefetch starts to answer the requests, planned together, and returns at
// once. Requests that the operation knows already are left out.
func (o *Operation) Prefetch(ctx context.Context, reqs []query.Request) {
	if o.ready != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	batch := make(map[string]query.Request, len(reqs))
	var keys []string
	for _, r := range reqs {
		key := r.Key()
		_, known := o.answers[key]
		if _, twice := batch[key]; !known && !twice {
			batch[key] = r
			keys = append(keys, key)
		}
	}
	startBatch(ctx, keys, o.answers, func(ctx context.Context, keys []string) []found {
		return o.loader.answer(ctx, &o.trace, o.snap.Version, keys, o.loader.requests(func(mine map[string]*call) *query.Plan {
			var reqs []query.Request
			for _, key := range keys {
				if mine[key] != nil {
					reqs = append(reqs, batch[key])
				}
			}
			return query.NewPlan(o.snap, reqs, query.Options{MaxRows: o.loader.cfg.MaxRows})
		}))
	})
}

// Load is the answer to one request. A request that was not prefetched is
// planned by itself. The error is a *query.Error.
func (o *Operation) Load(ctx context.Context, r query.Request) (*query.Result, error) {
	if err := o.Ready(); err != nil {
		return nil, err
	}
	key := r.Key()
	o.mu.Lock()
	thunk, ok := o.answers[key]
	o.mu.Unlock()
	if !ok {
		o.Prefetch(ctx, []query.Request{r})
		o.mu.Lock()
		thunk = o.answers[key]
		o.mu.Unlock()
	}
	return thunk()
}

// startBatch loads the keys through one dataloader whose capacity is their
// number, so that its batch is complete with the last, and keeps the thunks.
func startBatch[V any](ctx context.Context, keys []string, thunks map[string]dataloader.Thunk[V], find func(context.Context, []string) []found) {
	if len(keys) == 0 {
		return
	}
	dl := dataloader.NewBatchedLoader(func(ctx context.Context, keys []string) []*dataloader.Result[V] {
		out := make([]*dataloader.Result[V], len(keys))
		for i, f := range find(ctx, keys) {
			out[i] = &dataloader.Result[V]{}
			out[i].Data, _ = f.value.(V)
			if f.err != nil {
				out[i].Error = f.err
			}
		}
		return out
	}, dataloader.WithBatchCapacity[string, V](len(keys)), dataloader.WithInputCapacity[string, V](len(keys)))
	for _, key := range keys {
		thunks[key] = dl.Load(ctx, key)
	}
}
