// Package rounds asks the database for what one GraphQL operation needs, in few
// queries. It knows requests and lists, and no GraphQL.
//
// Everything that is known to be needed is gathered into a Round and announced
// to the loader at once, so that the loader can merge it. Where a list has to be
// loaded before its elements' requests are known, all lists of one Place in the
// operation are awaited, and then all of their elements' requests are announced
// together: a drill-down costs one round for each level, however many lists a
// level has. Whoever needs an answer loads it and finds it there or on its way;
// what nobody announced is answered all the same, only less cheaply.
package rounds

import (
	"context"
	"log/slog"
	"sync/atomic"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/projects"
)

// Config bounds what an operation may ask.
type Config struct {
	// Loads is how many questions it may come to.
	Loads int
	// Held is how many points of series and values of splits their answers may have.
	Held int
	// Versions is how many versions the projects of a slice may have together for
	// a specifier to be looked up among them.
	Versions int
	// DryRun prices what is announced instead of asking it.
	DryRun bool
	Log    *slog.Logger
}

// Operation is one operation's questions, all about the data of one snapshot.
type Operation struct {
	*fetch.Operation
	Projects projects.Reader
	Snap     *catalog.Snapshot

	cfg      Config
	dry      *dryRun      // nil where the operation runs
	asked    atomic.Int64 // announced questions so far
	held     atomic.Int64 // numbers that their answers have at most
	selected selections   // the versions that specifiers stand for
	seen     seen         // the values of conditions that answers tell of
	// fromMemory leaves totals and ranks that are at hand to memory. It is set
	// before anything is resolved.
	fromMemory bool
}

// New is an operation that has asked nothing yet.
func New(loads *fetch.Operation, cfg Config) *Operation {
	op := &Operation{Operation: loads, Projects: projects.In(loads), Snap: loads.Snapshot(), cfg: cfg}
	if cfg.DryRun {
		op.dry = &dryRun{nested: map[string]bool{}}
	}
	return op
}

// Wanted is what is announced together.
type Wanted struct {
	Requests []cube.Request
	// Projects by what is needed of them.
	Metadata, Releases, Requirements, Dependents []string
	// GitHub are repositories, owner/name.
	GitHub []string
}

// count is how many questions it comes to.
func (w Wanted) count() int {
	return len(w.Requests) + len(w.Metadata) + len(w.Releases) + len(w.Requirements) + len(w.Dependents) + len(w.GitHub)
}

// Announce hands what is wanted to the loader. An operation that comes to too
// many questions is refused here.
func (op *Operation) Announce(ctx context.Context, w Wanted) error {
	n, limit := op.asked.Add(int64(w.count())), int64(op.cfg.Loads)
	if n > limit {
		return fault.OverLimit(fault.CostLimit, n, limit,
			"the operation comes to %d questions to the database; at most %d are allowed: ask for fewer projects, values or levels", n, limit)
	}
	if err := op.hold(w.Requests); err != nil {
		return err
	}
	if op.dry != nil {
		op.dry.add(op.Operation, w)
		return nil
	}
	op.Projects.PrefetchMetadata(ctx, w.Metadata)
	op.Projects.PrefetchReleases(ctx, w.Releases)
	op.Projects.PrefetchRequirements(ctx, w.Requirements)
	op.Projects.PrefetchDependents(ctx, w.Dependents)
	op.Projects.PrefetchGitHub(ctx, w.GitHub)
	op.Prefetch(ctx, w.Requests)
	return nil
}

// hold adds the points and values that the requests' answers have at the most,
// which are in memory whether they are shown or not.
func (op *Operation) hold(requests []cube.Request) error {
	sum := 0
	for _, r := range requests {
		switch r.Kind {
		case cube.Series:
			sum += cube.BucketCount(r.Slice.Span(op.Snap.Days), r.Interval)
		case cube.Split:
			sum += r.First
		}
	}
	n, limit := op.held.Add(int64(sum)), int64(op.cfg.Held)
	if n > limit {
		return fault.OverLimit(fault.CostLimit, n, limit,
			"the operation comes to %d points and values; at most %d are allowed: ask for fewer projects, a longer interval or a shorter range", n, limit)
	}
	return nil
}

// Begin announces what gather gathers, and in the background the rounds after
// it.
func (op *Operation) Begin(ctx context.Context, gather func(*Round)) error {
	return op.First(gather).run(ctx)
}

// First is the round that gather gathers, not announced yet.
func (op *Operation) First(gather func(*Round)) *Round {
	r := &Round{op: op}
	gather(r)
	r.settleLone()
	return r
}
