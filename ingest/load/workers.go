package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
)

// prepared is a batch that is ready to become public, or that was given up for
// the sake of a bad file.
type prepared struct {
	it     *queued
	at     *publish.Passage
	counts stage.Counts
	bad    *stage.BadFileError
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
		if errors.Is(err, stage.ErrClaimed) {
			q.claimed(it)
			continue
		}
		var bad *stage.BadFileError
		if err = p.at.Abandon(ctx, err); err != nil && !errors.As(err, &bad) {
			return err
		}
		p.bad = bad
		select {
		case out <- p:
		case <-ctx.Done():
			return p.at.Abandon(ctx, context.Cause(ctx))
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
	state, err := stage.ReadClaim(ctx, q.l.w.S, at.Stage)
	if err != nil {
		return nil, err
	}
	switch state.Judge(&it.claim, q.l.cfg, q.l.d.Fingerprint(), time.Now(), ledger.ProcessAlive) {
	case stage.ClaimReady:
		q.mu.Lock()
		defer q.mu.Unlock()
		q.forget(it)
		return &prepared{it: it, at: at, counts: state.Result.Counts, remote: true}, nil
	case stage.ClaimVoid:
		q.l.cfg.Log.Warn("a helper gave a batch up or is gone; it is prepared again", "batch", it.batch.Name, "helper", state.Holder.String())
		if state.Queries != "" {
			err := q.l.w.S.Exec(ctx, session.SQL("KILL QUERY WHERE startsWith(query_id, {queries:String}) ASYNC FORMAT Null", "queries", state.Queries))
			if err != nil {
				return nil, fmt.Errorf("end the statements of the helper of batch %s: %w", it.batch.Name, err)
			}
		}
		q.again(it)
	case stage.ClaimAlive:
	}
	return nil, nil
}
