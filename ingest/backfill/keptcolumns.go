package backfill

import (
	"context"

	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/tables"
)

// keptColumns fills the columns of a raw table that replicas keep: each partition of it is
// kept by hard links, filled, and counted from, as of the source of an aggregate there.
type keptColumns struct {
	*columns
	p *partitioned
}

// begin keeps nothing yet.
func (k *keptColumns) begin(ctx context.Context, own *session.Session) (*readyLine, error) {
	return k.p.begin(ctx, own)
}

// fillRanges fills and counts while loads go on.
func (k *keptColumns) fillRanges(ctx context.Context, _ *session.Session, _ readyLine) error {
	held, err := k.p.partitions(ctx)
	if err != nil {
		return err
	}
	k.cfg.Progress.Begin(len(held)*max(len(k.counts), 1), k.plan.SourceRows*uint64(len(k.counts)), 0)
	k.cfg.Progress.Phase("filling columns from files' names, and computing history")
	_, _, _, err = k.p.fill(ctx)
	return err
}

// fillPartition fills a partition that is kept, and counts its ranges.
func (k *keptColumns) fillPartition(ctx context.Context, kept tables.ID, mark string) (pieces []string, err error) {
	if err := k.mutate(ctx, k.p.s, kept); err != nil {
		return nil, err
	}
	ranges, err := k.p.partRanges(ctx, kept)
	for _, r := range ranges {
		if err := k.countRange(ctx, k.p.s, kept, mark+"_", r); err != nil {
			return nil, err
		}
		for _, of := range k.counts {
			pieces = append(pieces, k.pieceOf(mark+"_", r, of))
		}
	}
	return pieces, err
}

// tryPublish fills what has changed meanwhile, and replaces the partitions that differ of
// the raw table and of the aggregates.
func (k *keptColumns) tryPublish(ctx context.Context, w *publish.Writer, n int) (bool, error) {
	if err := k.define(ctx, w.S); err != nil {
		return false, err
	}
	before, err := k.witnesses(ctx, w.S)
	if err != nil {
		return false, err
	}
	if err := k.p.unmutated(ctx, w.S); err != nil {
		return false, err
	}
	kept, pieces, whole, err := k.p.fill(ctx)
	if err != nil || !whole {
		return false, err
	}
	// What is kept of an INSERT that runs now is yet to come into the aggregates.
	if err := k.awaitInserts(ctx, w.S); err != nil {
		return false, err
	}
	return k.attemptAll(ctx, w, n, before, assembly{columns: k.columns, s: w.S, of: kept, pieces: pieces})
}
