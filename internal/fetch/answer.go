package fetch

import (
	"context"

	"clickql/internal/fault"
)

// answer is one answer of an operation: there, or on its way.
type answer struct {
	kept
	call *call // what computes it; nil where it is there
	own  bool  // the call was begun for this operation
}

// await is the answer's value, once it is there or ctx ends. The error is a
// *query.Error.
func (t *trace) await(ctx context.Context, a *answer) (any, error) {
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

// planner makes statements for calls, by key. It finishes those that need none,
// and takes every call that it deals with out of mine.
type planner func(mine map[string]*call) []*statement

// begin finds answers for keys: in the cache, on their way, or by having those
// that are neither planned and asked. It does not wait for any; ctx ends when
// nobody will.
func (l *Loader) begin(ctx context.Context, version string, keys []string, answers map[string]*answer, plan planner) {
	var missing []string
	for _, key := range keys {
		if e, _, ok := l.cache.Get(version, key); ok {
			answers[key] = &answer{kept: e}
			continue
		}
		missing = append(missing, key)
	}
	l.metrics.lookups(len(keys)-len(missing), len(missing))
	if len(missing) == 0 {
		return
	}
	calls, mine := l.flights.claim(version, missing, l.flights.wait(ctx))
	for i, c := range calls {
		answers[missing[i]] = &answer{call: c, own: mine[c.key] == c}
	}
	if len(mine) > 0 {
		l.ask(mine, plan)
	}
}

// unplanned is the error of a question that planning left out, or left behind in
// a panic.
func unplanned(cause error) *fault.Error {
	return &fault.Error{Code: fault.Internal, Message: "the question could not be planned; the gateway's log has the reason", Cause: cause}
}

// failedCall is a call that never was under way.
func failedCall(cause error) *call {
	c := &call{done: make(chan struct{}), err: unplanned(cause)}
	close(c.done)
	return c
}

// ask has calls planned and sends the statements on their way.
func (l *Loader) ask(mine map[string]*call, plan planner) {
	defer func() {
		for _, c := range mine {
			l.flights.finish(c, nil, unplanned(nil), nil)
		}
	}()
	for _, s := range plan(mine) {
		l.flights.assign(s)
		l.send(s)
	}
}

// take moves the calls of the keys out of calls.
func take(calls map[string]*call, keys []string) map[string]*call {
	out := make(map[string]*call, len(keys))
	for _, key := range keys {
		if c := calls[key]; c != nil {
			out[key] = c
			delete(calls, key)
		}
	}
	return out
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
