package graph

import (
	"context"
	"sync"

	"clickql/graph/rounds"
	"clickql/internal/gqlhttp"
)

// batch is several operations that came in one request. They are one to the
// database: of one version of the data, asked in the same rounds, at one price, of
// which each tells the sum. Each waits for the others twice: before anything is
// asked, until all are compiled, and before it tells the price, until all are
// resolved.
type batch struct {
	ctx context.Context
	// compiled and resolved are closed when every part has come as far, or ended.
	compiled, resolved meeting

	mu sync.Mutex
	// runs and dry are the parts that run and those that are priced; nil for none.
	runs, dry *joint

	room    sync.Once // for all answers together
	roomErr error
}

// joint is operations that ask the database as one.
type joint struct {
	asks    *rounds.Operation
	gathers []func(*rounds.Round)
	size    *total
	err     error // why nothing was asked
}

// meeting is where a number of goroutines wait for one another.
type meeting struct {
	mu   sync.Mutex
	left int
	all  chan struct{}
	last func() // is called by whoever comes last, before the others go on
}

// arrive tells that one has come.
func (m *meeting) arrive() {
	m.mu.Lock()
	m.left--
	here := m.left == 0
	m.mu.Unlock()
	if !here {
		return
	}
	defer close(m.all)
	if m.last != nil {
		m.last()
	}
}

// wait returns when all have come. The error is ctx's.
func (m *meeting) wait(ctx context.Context) error {
	select {
	case <-m.all:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// member is one operation's part in a batch.
type member struct {
	of                 *batch
	compiled, resolved sync.Once
}

type memberKey struct{}

// memberOf is the operation's part in a batch that ctx tells; nil for none.
func memberOf(ctx context.Context) *member {
	m, _ := ctx.Value(memberKey{}).(*member)
	return m
}

// batched makes the parts of a batch.
func batched(ctx context.Context, parts int) []gqlhttp.BatchPart {
	b := &batch{ctx: ctx}
	b.compiled = meeting{left: parts, all: make(chan struct{}), last: b.ask}
	b.resolved = meeting{left: parts, all: make(chan struct{})}
	list := make([]gqlhttp.BatchPart, parts)
	for i := range list {
		m := &member{of: b}
		list[i] = gqlhttp.BatchPart{Context: context.WithValue(ctx, memberKey{}, m), Over: m.over}
	}
	return list
}

// over has nobody wait for an operation any more.
func (m *member) over() {
	m.compiled.Do(m.of.compiled.arrive)
	m.resolved.Do(m.of.resolved.arrive)
}

// joint is what operations that run, or are priced, have in common.
func (b *batch) joint(cfg *HandlerConfig, dry bool) *joint {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := &b.runs
	if dry {
		at = &b.dry
	}
	if *at == nil {
		*at = &joint{asks: cfg.asks(cfg.Loader.Begin(b.ctx), dry), size: &total{limits: cfg.Limits}}
	}
	return *at
}

// ask announces what all operations need first.
func (b *batch) ask() {
	for _, j := range []*joint{b.runs, b.dry} {
		if j == nil {
			continue
		}
		if j.err = j.size.check(); j.err == nil && j.asks.Ready() == nil {
			j.err = j.asks.Begin(b.ctx, func(r *rounds.Round) {
				for _, gather := range j.gathers {
					gather(r)
				}
			})
		}
	}
}

// announce adds what an operation needs first to what the others do, and waits until
// it is announced.
func (m *member) announce(ctx context.Context, j *joint, gather func(*rounds.Round)) error {
	b := m.of
	b.mu.Lock()
	j.gathers = append(j.gathers, gather)
	b.mu.Unlock()
	m.compiled.Do(b.compiled.arrive)
	if err := b.compiled.wait(ctx); err != nil {
		return err
	}
	return j.err
}

// reserve waits for room for the answers of all operations.
func (m *member) reserve() error {
	b := m.of
	b.room.Do(func() {
		var bytes int64
		if b.runs != nil {
			bytes = b.runs.size.bytes()
		}
		b.roomErr = gqlhttp.Reserve(b.ctx, bytes)
	})
	return b.roomErr
}

// settle waits until all operations are resolved.
func (m *member) settle(ctx context.Context) {
	m.resolved.Do(m.of.resolved.arrive)
	_ = m.of.resolved.wait(ctx) // nobody waits for the answer any more
}
