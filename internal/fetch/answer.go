package fetch

import (
	"context"

	"go.opentelemetry.io/otel/attribute"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/query"
	"clickql/internal/telemetry"
)

// kept is an answer in the cache, with the query that it came from, and the one
// that was planned for it.
type kept struct {
	value   any
	from    *Ran
	planned *query.Query
}

// shareOfQuery is about what of a query's description falls to each of its
// answers, in bytes.
const shareOfQuery = 350

// bytesOf is about what a value occupies.
func bytesOf(value any) int64 {
	switch v := value.(type) {
	case *cube.Result:
		n := int64(160 + 4*cap(v.Days) + 8*cap(v.Totals))
		for _, g := range v.Groups {
			n += int64(24 + len(g.Value))
		}
		return n
	case Sized:
		return v.Bytes()
	}
	return 64
}

// answer is one answer of an operation: there, or on its way.
type answer struct {
	kept
	call *call // what computes it; nil where it is there
	own  bool  // the call was begun for this operation
	// again asks for it anew, where the operation that began the call was denied it;
	// nil where the call is this operation's own.
	again func() *answer
}

// denied waits for the call, and reports that the operation that began it was not
// allowed to ask it.
func (a *answer) denied(ctx context.Context) bool {
	select {
	case <-a.call.done:
		return a.call.unaffordable
	case <-ctx.Done():
		return false
	}
}

// await is the answer's value, once it is there or ctx ends, noted among what the
// operation needed. The error is a *fault.Error.
func (a *answer) await(ctx context.Context, t *trace) (any, error) {
	if a.call == nil {
		t.note(a.from, a.planned, FromCache)
		return a.value, nil
	}
	select {
	case <-a.call.done:
	case <-ctx.Done():
		return nil, failure(ctx.Err())
	}
	source := FromCache
	if a.own {
		source = FromClickHouse
	}
	t.note(a.call.from, a.call.planned, source)
	if a.call.err != nil {
		return nil, a.call.err
	}
	return a.call.value, nil
}

// planning makes statements for calls. It finishes those that need none, and takes
// every call that it deals with out of mine.
type planning func(mine calls) []*statement

// find finds answers for keys: in the cache, on their way, or by having those
// that are neither planned and asked. It does not wait for any; ctx ends when
// nobody will.
func (l *Loader) find(ctx context.Context, version string, keys []string, plan planning) map[string]*answer {
	found := make(map[string]*answer, len(keys))
	var missing []string
	for _, key := range keys {
		if e, _, ok := l.cache.Get(version, key); ok {
			found[key] = &answer{kept: e}
			continue
		}
		missing = append(missing, key)
	}
	l.metrics.lookups(len(keys)-len(missing), len(missing))
	telemetry.Event(ctx, "cache", attribute.Int("clickql.cache.hits", len(keys)-len(missing)), attribute.Int("clickql.cache.misses", len(missing)))
	if len(missing) == 0 {
		return found
	}
	all, mine := l.flights.claim(version, missing, l.flights.wait(ctx))
	for i, c := range all {
		found[missing[i]] = &answer{call: c, own: mine[c.key] == c}
	}
	if len(mine) > 0 {
		l.ask(mine, plan)
	}
	return found
}

// unplanned is the error of a question that planning left out, or left behind in
// a panic.
func unplanned(cause error) *fault.Error {
	return &fault.Error{Code: fault.Internal, Message: "the question could not be planned; the gateway's log has the reason", Cause: cause}
}

// ask has calls planned and sends the statements on their way.
func (l *Loader) ask(mine calls, plan planning) {
	defer func() { l.flights.refuse(mine, unplanned(nil)) }()
	for _, s := range plan(mine) {
		l.flights.assign(s)
		l.send(s)
	}
}

// keep finishes a call with a value and puts it in the cache. from is the query
// that it came from; nil for an answer that needed none, which is not kept.
func (l *Loader) keep(c *call, value any, from *Ran) {
	if from != nil {
		l.store(c.version, c.key, kept{value, from, c.planned})
	}
	l.flights.finish(c, value, nil, from)
}

// store puts an answer in the cache.
func (l *Loader) store(version, key string, answer kept) {
	l.cache.Put(version, key, answer, bytesOf(answer.value)+shareOfQuery)
}
