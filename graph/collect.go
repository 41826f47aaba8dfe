package graph

import (
	"context"
	"fmt"
	"runtime/debug"

	"clickql/internal/query"
)

// collector gathers the requests of one round: everything that is known to be
// needed before another list has to be loaded.
type collector struct {
	op *operation
	wanted
	lists   []*list         // what the next round waits for
	waiting []unresolved    // what waits for versions
	lone    []query.Request // what memory has too
}

// list is one place in the selection where a list has to be loaded before its
// elements' requests are known. There may be many lists of one place: a split
// of fifty projects is fifty. They are expanded together.
type list struct {
	// pending load the lists of this place, and gather what their elements ask.
	pending []expand
	// ready is closed when the elements' requests have been announced; nil
	// where the lists were never gathered. err is then why they could not be.
	ready chan struct{}
	err   error
}

// expand loads a list and gathers what its elements ask. A list that fails has
// no elements; its own resolver tells why.
type expand func(ctx context.Context, c *collector)

// full reports that the round comes to more questions than an operation may ask:
// it will be refused, and nothing more need be gathered.
func (c *collector) full() bool { return c.count()+len(c.waiting)+len(c.lone) > c.op.limits.Loads }

// ask adds a request to the round.
func (c *collector) ask(r query.Request) { c.requests = append(c.requests, r) }

// askUnlessAtHand adds a request for a total or a rank in the slice to the round,
// unless it can be left to memory.
func (c *collector) askUnlessAtHand(s query.Slice, r query.Request) {
	if c.op.atHand(s) && !c.op.fromMemory {
		c.lone = append(c.lone, r)
	} else if !c.op.atHand(s) {
		c.ask(r)
	}
}

// settleLone leaves what is at hand to memory where the database is asked for
// something else: beside that it is not worth a query. Where it is all there is,
// the database is asked, which can tell how it came by the answer, or that it is
// gone.
func (c *collector) settleLone() {
	if c.op.fromMemory = c.count()+len(c.waiting)+len(c.lists) > 0; !c.op.fromMemory {
		c.requests, c.lone = c.lone, nil
	}
}

// await adds a list whose elements are expanded in the next round.
func (c *collector) await(l *list, e expand) {
	if l.ready == nil {
		l.ready = make(chan struct{})
		c.lists = append(c.lists, l)
	}
	l.pending = append(l.pending, e)
}

// later is await for lists whose elements only the database knows. A dry run
// leaves them out.
func (c *collector) later(l *list, e expand) {
	if c.op.dry == nil {
		c.await(l, e)
	}
}

// narrowed gathers what is asked of a slice, once its specifier is looked up.
func (c *collector) narrowed(s slice, gather func(query.Slice)) {
	if s.only == nil {
		gather(s.Slice)
		return
	}
	c.waiting = append(c.waiting, unresolved{s, gather})
}

// downloads gathers what the selection asks of one slice.
func (c *collector) downloads(sel *downloadsSelection, s query.Slice) {
	if c.full() {
		return
	}
	if sel.total || sel.change {
		c.askUnlessAtHand(s, query.TotalOf(s))
	}
	for _, one := range sel.series {
		c.gatherSeries(one, s)
	}
	for _, by := range sel.releases {
		c.releasesBy(by, s)
	}
	for _, by := range sel.splits {
		c.split(by, s)
	}
	before, ok := s.Previous()
	if !ok {
		return
	}
	if sel.change {
		c.askUnlessAtHand(before, query.TotalOf(before))
	}
	for _, p := range sel.previous {
		c.downloads(p, before)
	}
}

// split gathers one selection of Downloads.by.
func (c *collector) split(sel *split, s query.Slice) {
	r, err := c.op.cut(s, sel.cut)
	if err != nil {
		return
	}
	r.Each = c.op.each(sel, s)
	c.ask(r)
	if len(sel.elements) > 0 {
		c.await(&sel.list, func(ctx context.Context, c *collector) {
			if res, err := c.op.values(ctx, r); err == nil {
				sel.gatherElements(c, s, res)
			}
		})
	}
}

// gatherElements gathers what a split's elements ask.
func (s *split) gatherElements(c *collector, parent query.Slice, res *query.Result) {
	for _, v := range s.values(res) {
		narrowed := s.narrow(parent, v, res)
		for _, e := range s.elements {
			c.downloads(e, narrowed)
		}
	}
}

// run announces the round, and in the background the rounds after it, as their
// lists arrive. Places in the selection do not wait for one another.
func (c *collector) run(ctx context.Context) error {
	err := c.settle(ctx)
	if err == nil {
		err = c.op.announce(ctx, c.wanted)
	}
	for _, l := range c.lists {
		if err != nil {
			l.err = err
			close(l.ready)
			continue
		}
		if c.op.dry != nil {
			l.next(ctx, c.op)
			continue
		}
		go l.next(ctx, c.op)
	}
	return err
}

// next expands the lists of this place, once all of them have arrived.
func (l *list) next(ctx context.Context, op *operation) {
	defer close(l.ready)
	defer func() {
		if p := recover(); p != nil {
			op.log.ErrorContext(ctx, "announcing a list's elements panicked",
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	round := &collector{op: op}
	for _, expand := range l.pending {
		expand(ctx, round)
	}
	l.err = round.run(ctx)
}

// wait returns when the requests of the list's elements have been announced,
// so that loading them finds them there. A place that was not gathered has
// nothing to wait for.
func (l *list) wait(ctx context.Context) error {
	if l == nil || l.ready == nil {
		return nil
	}
	select {
	case <-l.ready:
		return l.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
