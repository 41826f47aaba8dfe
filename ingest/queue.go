package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// queue is what the lock's holder has still to load: batches that this process
// prepares itself, and batches that helpers have claimed.
type queue struct {
	l *loader

	planning sync.Mutex // held while batches are written into the ledger

	mu      sync.Mutex
	waiting []*queued     // nobody prepares them
	remote  []*queued     // a helper does
	open    int           // neither public nor given up
	changed chan struct{} // closed and replaced when any of these changes
}

// queued is one batch on its way through the queue.
type queued struct {
	batch   batch
	attempt int  // the private database that counts: those before are void
	planned bool // it is in the ledger, where helpers find it
	claim   sighting
}

// newQueue queues batches.
func newQueue(l *loader, parts [][]file) *queue {
	q := &queue{l: l, changed: make(chan struct{})}
	for _, files := range parts {
		q.add(files)
	}
	return q
}

// add queues one more batch; none without files.
func (q *queue) add(files []file) {
	if len(files) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.l.batches++
	b := newBatch(batchName(q.l.w.s.epoch, q.l.batches), files)
	q.waiting, q.open = append(q.waiting, &queued{batch: b, attempt: 1}), q.open+1
	q.wake()
}

// wake wakes whoever waits for a change; the caller holds mu.
func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// take gives the next batch to prepare here; nil when all are public or given
// up.
func (q *queue) take(ctx context.Context) (*queued, error) {
	for {
		it, ahead, changed := q.next()
		switch {
		case it != nil:
			return it, q.plan(ctx, append([]*queued{it}, ahead...))
		case changed == nil:
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-changed:
		}
	}
}

// next takes the first waiting batch out, and lists those after it that helpers
// are to find. changed is nil when nothing is open.
func (q *queue) next() (it *queued, ahead []*queued, changed chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		if q.open == 0 {
			return nil, nil, nil
		}
		return nil, nil, q.changed
	}
	it, q.waiting = q.waiting[0], q.waiting[1:]
	return it, slices.Clone(q.waiting[:min(len(q.waiting), q.l.cfg.Ahead)]), nil
}

// plan writes batches and their files into the ledger, each once, and before
// anything else is done for it.
func (q *queue) plan(ctx context.Context, items []*queued) error {
	q.planning.Lock()
	defer q.planning.Unlock()
	for _, it := range items {
		if it.planned {
			continue
		}
		if err := q.l.recordPlanned(ctx, it); err != nil {
			return err
		}
		it.planned = true
	}
	return nil
}

// giveUp writes that batches which were planned ahead are not prepared any more,
// where that is why a load ended: otherwise they would look stuck.
func (q *queue) giveUp(ctx context.Context, cause error) error {
	if cause == nil || leavesAsItIs(cause) {
		return cause
	}
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	for _, it := range q.waiting {
		if !it.planned || it.attempt > 1 {
			continue
		}
		if err := q.l.w.ledger.record(clear, q.l.passage(it).line, Failed, "the load ended before: "+cause.Error()); err != nil {
			return errors.Join(cause, err)
		}
	}
	return cause
}

// claimed notes that a helper prepares a batch.
func (q *queue) claimed(it *queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it.claim = sighting{-1, time.Now()}
	q.remote = append(q.remote, it)
	q.wake()
}

// again queues a batch whose helper is gone or gave it up, before all others.
func (q *queue) again(it *queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it.attempt++
	q.remote = slices.DeleteFunc(q.remote, func(other *queued) bool { return other == it })
	q.waiting = append([]*queued{it}, q.waiting...)
	q.wake()
}

// finished counts a batch off.
func (q *queue) finished(it *queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open--
	q.remote = slices.DeleteFunc(q.remote, func(other *queued) bool { return other == it })
	q.wake()
}

// empty reports that every batch is public or given up.
func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.open == 0
}

// helped lists the batches that helpers prepare.
func (q *queue) helped() []*queued {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.remote)
}

// prepared is a batch that is ready to become public, or that was given up for
// the sake of a bad file.
type prepared struct {
	it     *queued
	at     *passage
	counts staged
	bad    *badFileError
	remote bool // a helper prepared it
}

// work prepares batches until none is left, and hands each over before it takes
// the next: that bounds what is staged and not yet public.
func (q *queue) work(ctx context.Context, out chan<- prepared) error {
	for {
		it, err := q.take(ctx)
		if err != nil || it == nil {
			return err
		}
		p := prepared{it: it, at: q.l.passage(it)}
		p.counts, err = q.l.stageAll(ctx, it, p.at, nil)
		if errors.Is(err, errClaimed) {
			q.claimed(it)
			continue
		}
		var bad *badFileError
		if err = p.at.abandon(ctx, err); err != nil && !errors.As(err, &bad) {
			return err
		}
		p.bad = bad
		select {
		case out <- p:
		case <-ctx.Done():
			return p.at.abandon(ctx, context.Cause(ctx))
		}
	}
}

// watch looks after what helpers have claimed, until no batch is open: takes
// over what they have prepared, and what they gave up or left behind is prepared
// again.
func (q *queue) watch(ctx context.Context, out chan<- prepared) error {
	tick := time.NewTicker(q.l.cfg.Beat)
	defer tick.Stop()
	for {
		for _, it := range q.helped() {
			p, err := q.look(ctx, it)
			if err != nil {
				return err
			}
			if p == nil {
				continue
			}
			select {
			case out <- *p:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if q.empty() {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-q.idle(): // nothing to look after: only a change matters
		case <-tick.C:
		}
	}
}

// idle is a channel that tells of changes where no helper has anything claimed;
// nil otherwise.
func (q *queue) idle() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.remote) > 0 {
		return nil
	}
	return q.changed
}

// look asks what has become of a helper's batch: prepared, or nil for nothing.
func (q *queue) look(ctx context.Context, it *queued) (*prepared, error) {
	at := q.l.passage(it)
	state, err := readClaim(ctx, q.l.w.s, at.stage)
	if err != nil {
		return nil, err
	}
	switch state.judge(&it.claim, q.l.cfg, q.l.d.fingerprint(), time.Now(), processAlive) {
	case claimReady:
		q.mu.Lock()
		defer q.mu.Unlock()
		q.remote = slices.DeleteFunc(q.remote, func(other *queued) bool { return other == it })
		return &prepared{it: it, at: at, counts: state.Result.Staged, remote: true}, nil
	case claimVoid:
		q.l.cfg.Log.Warn("a helper gave a batch up or is gone; it is prepared again", "batch", it.batch.Name, "helper", state.Holder.String())
		if state.Queries != "" {
			err := q.l.w.s.exec(ctx, statement{SQL: "KILL QUERY WHERE startsWith(query_id, {queries:String}) ASYNC FORMAT Null", Params: map[string]any{"queries": state.Queries}})
			if err != nil {
				return nil, fmt.Errorf("end the statements of the helper of batch %s: %w", it.batch.Name, err)
			}
		}
		q.again(it)
	case claimAlive:
	}
	return nil, nil
}
