package load

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/stage"
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
	batch   stage.Batch
	attempt int  // the private database that counts: those before are void
	planned bool // it is in the ledger, where helpers find it
	claim   ledger.Sighting
}

// newQueue queues batches.
func newQueue(l *loader, parts [][]export.File) *queue {
	q := &queue{l: l, changed: make(chan struct{})}
	for _, files := range parts {
		q.add(files)
	}
	return q
}

// add queues one more batch; none without files.
func (q *queue) add(files []export.File) {
	if len(files) == 0 {
		return
	}
	q.change(func() {
		q.l.batches++
		b := stage.NewBatch(ledger.BatchName(q.l.w.S.Epoch, q.l.batches), files)
		q.waiting, q.open = append(q.waiting, &queued{batch: b, attempt: 1}), q.open+1
	})
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
	if cause == nil || publish.LeavesAsItIs(cause) {
		return cause
	}
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledger.ReleaseTimeout)
	defer cancel()
	for _, it := range q.waiting {
		if !it.planned || it.attempt > 1 {
			continue
		}
		if err := q.l.w.Ledger.Record(clear, q.l.passage(it).Line, ledger.Failed, "the load ended before: "+cause.Error()); err != nil {
			return errors.Join(cause, err)
		}
	}
	return cause
}

// change changes the queue, and wakes whoever waits for that.
func (q *queue) change(do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	do()
	close(q.changed)
	q.changed = make(chan struct{})
}

// claimed notes that a helper prepares a batch.
func (q *queue) claimed(it *queued) {
	q.change(func() {
		it.claim = ledger.Sighting{Beat: -1, At: time.Now()}
		q.remote = append(q.remote, it)
	})
}

// again queues a batch whose helper is gone or gave it up, before all others.
func (q *queue) again(it *queued) {
	q.change(func() {
		it.attempt++
		q.forget(it)
		q.waiting = append([]*queued{it}, q.waiting...)
	})
}

// finished counts a batch off.
func (q *queue) finished(it *queued) {
	q.change(func() {
		q.open--
		q.forget(it)
	})
}

// forget takes a batch from those that helpers prepare; the caller holds mu.
func (q *queue) forget(it *queued) {
	q.remote = slices.DeleteFunc(q.remote, func(other *queued) bool { return other == it })
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
