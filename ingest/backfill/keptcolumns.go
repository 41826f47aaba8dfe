package backfill

import (
	"context"
	"fmt"

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
	k.plan.Source = k.d.Base.Table
	k.p = &partitioned{backfiller: k.backfiller}
	ready, err := k.p.begin(ctx, own)
	k.p.of = digest(k.p.of, k.update)
	return ready, err
}

// fillRanges fills and counts while loads go on.
func (k *keptColumns) fillRanges(ctx context.Context, s *session.Session, _ readyLine) error {
	held, err := k.p.partitions(ctx)
	if err != nil {
		return err
	}
	k.cfg.Progress.Begin(len(held)*max(len(k.counts), 1), k.plan.SourceRows*uint64(len(k.counts)), 0)
	k.cfg.Progress.Phase("filling columns from files' names, and computing history")
	_, _, err = k.fillKept(ctx, s)
	return err
}

// fillKept fills and counts what is not yet of what the raw table holds: the tables of its
// partitions, nil where some were changing, and those of the aggregates' ranges.
func (k *keptColumns) fillKept(ctx context.Context, s *session.Session) (kept, pieces []string, err error) {
	held, err := k.p.partitions(ctx)
	if err != nil {
		return nil, nil, err
	}
	whole := true
	kept, pieces = []string{}, []string{}
	for _, of := range held {
		mark := digest(k.p.of, of)
		there, err := k.p.keep(ctx, of, mark)
		if err != nil {
			return nil, nil, err
		}
		if whole = whole && there && !of.changing; !there {
			continue
		}
		snapshot := tables.ID{Database: k.private(), Table: fillSnapshot + "_" + mark}
		more, err := k.fillPartition(ctx, s, snapshot, mark)
		if err != nil {
			return nil, nil, err
		}
		kept, pieces = append(kept, snapshot.Table), append(pieces, more...)
	}
	if !whole {
		return nil, nil, nil
	}
	return kept, pieces, nil
}

// fillPartition fills a partition that is kept, and counts its ranges.
func (k *keptColumns) fillPartition(ctx context.Context, s *session.Session, snapshot tables.ID, mark string) (pieces []string, err error) {
	if err := k.mutate(ctx, s, snapshot); err != nil {
		return nil, err
	}
	rows, err := s.Count(ctx, snapshot.String())
	if err != nil {
		return nil, fmt.Errorf("count the rows of %s: %w", snapshot, err)
	}
	ranges, err := k.ranges(ctx, s, snapshot, k.p.ready, max(rangeRows, rows/maxPartitionRanges))
	if err != nil {
		return nil, err
	}
	for _, r := range ranges {
		if err := k.countRange(ctx, s, snapshot, mark+"_", r); err != nil {
			return nil, err
		}
		for _, of := range k.counts {
			pieces = append(pieces, k.pieceOf(mark+"_", r, of))
		}
	}
	return pieces, nil
}

// tryPublish fills what has changed meanwhile, and replaces the partitions that differ of
// the raw table and of the aggregates.
func (k *keptColumns) tryPublish(ctx context.Context, w *publish.Writer, n int) (bool, error) {
	if err := k.define(ctx, w.S); err != nil {
		return false, err
	}
	settled := func(ctx context.Context) error {
		for _, t := range k.public() {
			if err := session.CatchUp(ctx, w.S, t.Database, t.Table); err != nil {
				return err
			}
		}
		return nil
	}
	if err := settled(ctx); err != nil {
		return false, err
	}
	if err := k.p.unmutated(ctx, w.S); err != nil {
		return false, err
	}
	before, err := k.witnesses(ctx, w.S)
	if err != nil {
		return false, err
	}
	kept, pieces, err := k.fillKept(ctx, k.p.s)
	if err != nil || kept == nil {
		return false, err
	}
	// What is kept of an INSERT that runs now is yet to come into the aggregates.
	if err := k.awaitInserts(ctx, w.S); err != nil {
		return false, err
	}
	return k.attemptAll(ctx, w, n, before, assembly{columns: k.columns, s: w.S, of: kept, pieces: pieces}, settled)
}
