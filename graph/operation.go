package graph

import (
	"context"
	"log/slog"
	"sync/atomic"

	"clickql/internal/fetch"
	"clickql/internal/projects"
	"clickql/internal/query"
)

// operation is what one GraphQL operation keeps while it runs: its loads, and
// the compiled selection that they are announced from.
type operation struct {
	asker
	loads    *fetch.Operation
	projects projects.Reader // within loads
	log      *slog.Logger
	cfg      *HandlerConfig
	lists    map[string]*list // see compiler
	pages    map[string]page  // see compiler
	dry      *dryRun          // nil where the operation runs
	size     *counted         // of the answer
	asked    atomic.Int64     // announced requests so far
	held     atomic.Int64     // numbers that their answers have at most
	// fromMemory leaves totals and ranks that are at hand to memory. It is set
	// before anything is resolved.
	fromMemory bool
	// selected are the versions that specifiers stand for.
	selected selections
}

// wanted is what is announced together.
type wanted struct {
	requests []query.Request
	// Projects by what is needed of them.
	metadata, releases, requirements, dependents []string
}

// count is how many questions it comes to.
func (w wanted) count() int {
	return len(w.requests) + len(w.metadata) + len(w.releases) + len(w.requirements) + len(w.dependents)
}

// awaitElements returns when the requests of the elements of the list that ctx
// is in have been announced.
func (op *operation) awaitElements(ctx context.Context) error {
	if len(op.lists) == 0 {
		return nil
	}
	return op.lists[pathOf(ctx)].wait(ctx)
}

// announce hands what is wanted to the loader, all at once, so that it can merge
// requests. An operation that comes to too many is refused here.
func (op *operation) announce(ctx context.Context, w wanted) error {
	n := op.asked.Add(int64(w.count()))
	if limit := op.limits.Loads; n > int64(limit) {
		return overLimit(query.CostLimit, int(n), limit,
			"the operation comes to %d questions to the database; at most %d are allowed: ask for fewer projects, values or levels", n, limit)
	}
	if err := op.hold(w.requests); err != nil {
		return err
	}
	if op.dry != nil {
		op.dry.add(op.loads, w)
		return nil
	}
	op.projects.PrefetchMetadata(ctx, w.metadata)
	op.projects.PrefetchReleases(ctx, w.releases)
	op.projects.PrefetchRequirements(ctx, w.requirements)
	op.projects.PrefetchDependents(ctx, w.dependents)
	op.loads.Prefetch(ctx, w.requests)
	return nil
}

// hold adds the points and values that the requests' answers have at the most,
// which are in memory whether they are shown or not.
func (op *operation) hold(requests []query.Request) error {
	sum := 0
	for _, r := range requests {
		switch r.Kind {
		case query.Series:
			sum += query.BucketCount(op.days(r.Slice), r.Interval)
		case query.Split:
			sum += r.First
		}
	}
	n := op.held.Add(int64(sum))
	if limit := op.limits.Held; n > int64(limit) {
		return overLimit(query.CostLimit, int(n), limit,
			"the operation comes to %d points and values; at most %d are allowed: ask for fewer projects, a longer interval or a shorter range", n, limit)
	}
	return nil
}

type operationKey struct{}

// withOperation is ctx carrying op to the root resolvers.
func withOperation(ctx context.Context, op *operation) context.Context {
	return context.WithValue(ctx, operationKey{}, op)
}

// operationOf is the operation that ctx carries.
func operationOf(ctx context.Context) *operation {
	op, _ := ctx.Value(operationKey{}).(*operation)
	return op
}
