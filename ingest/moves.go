package ingest

import (
	"context"
	"fmt"

	"clickql/internal/chconn"
)

// partitionID names one partition of one public table.
type partitionID struct {
	id        tableID
	partition string
}

// partitionOf is the public partition of a move.
func partitionOf(m moveLine) partitionID {
	return partitionID{tableID{m.Database, m.Table}, m.Partition}
}

// publisher makes public what is staged.
type publisher struct {
	s   *session
	cfg Config
	// totals holds what this command knows of the public tables: it reads a
	// partition's total when it first touches it, and adds what it moves.
	totals map[partitionID]int64
	// witness of each partition touched, to verify the totals at the end.
	witness map[partitionID]string
}

// newPublisher knows no totals yet.
func newPublisher(s *session, cfg Config) *publisher {
	return &publisher{s: s, cfg: cfg, totals: map[partitionID]int64{}, witness: map[partitionID]string{}}
}

// partitionSum is a sum over one partition.
type partitionSum struct {
	partition string
	sum       int64
}

// partitionSums computes an expression over the partitions of a table.
func (p *publisher) partitionSums(ctx context.Context, id tableID, expr string) ([]partitionSum, error) {
	sums, err := scanAll(ctx, p.s, statement{SQL: "SELECT _partition_id, toInt64(" + expr + ") FROM " + id.String() + " GROUP BY _partition_id ORDER BY _partition_id"},
		func(s *partitionSum) []any { return []any{&s.partition, &s.sum} })
	return sums, failing(err, "add up %s", id)
}

// total computes a witness over one partition; 0 where there is none.
func (p *publisher) total(ctx context.Context, id partitionID, expr string) (sum int64, err error) {
	err = p.s.row(ctx, statement{SQL: "SELECT toInt64(" + expr + ") FROM " + id.id.String() + " WHERE _partition_id = {partition:String}",
		Params: map[string]any{"partition": id.partition}}, &sum)
	return sum, failing(err, "add up partition %s of %s", id.partition, id.id)
}

// whole computes a witness over a whole table.
func (p *publisher) whole(ctx context.Context, id tableID, expr string) (sum int64, err error) {
	err = p.s.row(ctx, statement{SQL: "SELECT toInt64(" + expr + ") FROM " + id.String()}, &sum)
	return sum, failing(err, "add up %s", id)
}

// planMoves lists the moves of a staged batch with the totals before them.
func (p *publisher) planMoves(ctx context.Context, batch string, d derivation, stage string) ([]moveLine, error) {
	// Whoever prepared the batch has seen to it; a server that did not merge then
	// must do so now.
	if err := onePart(ctx, p.s, stage); err != nil {
		return nil, err
	}
	var moves []moveLine
	for _, t := range d.all() {
		expr := t.witness.Expr
		if t.witness.Idempotent {
			expr = "count()"
		}
		deltas, err := p.partitionSums(ctx, tableID{stage, t.Staged}, expr)
		if err != nil {
			return nil, err
		}
		for _, delta := range deltas {
			m := moveLine{Batch: batch, Database: t.Database, Table: t.Table, Partition: delta.partition, Staged: t.Staged, Delta: delta.sum, At: p.cfg.Now()}
			if m.Delta <= 0 {
				return nil, fmt.Errorf("publish batch %s: partition %s of %s adds %d to %s, so that its move could not be proven after a crash",
					batch, m.Partition, t, m.Delta, expr)
			}
			if !t.witness.Idempotent {
				m.Witness = t.witness.Expr
				if m.Before, err = p.before(ctx, partitionOf(m), t.witness.Expr); err != nil {
					return nil, err
				}
			}
			moves = append(moves, m)
		}
	}
	return moves, nil
}

// before is the partition's total as this command knows it, read when it is
// first touched.
func (p *publisher) before(ctx context.Context, id partitionID, expr string) (int64, error) {
	if sum, ok := p.totals[id]; ok {
		return sum, nil
	}
	sum, err := p.total(ctx, id, expr)
	if err != nil {
		return 0, err
	}
	p.totals[id], p.witness[id] = sum, expr
	return sum, nil
}

// codeOtherStructure is ClickHouse's INCOMPATIBLE_COLUMNS.
const codeOtherStructure = 122

// move publishes one partition.
func (p *publisher) move(ctx context.Context, stage string, m moveLine) error {
	id, staged := partitionOf(m), name(stage, m.Staged)
	err := p.s.exec(ctx, statement{
		SQL:    "ALTER TABLE " + staged + " MOVE PARTITION ID {partition:String} TO TABLE " + id.id.String(),
		Params: map[string]any{"partition": m.Partition},
	})
	if code, _ := chconn.Code(err); code == codeOtherStructure {
		err = fmt.Errorf("%w; the table was changed while the batch was being published: take that back, or give %s the same structure, and run this again", err, staged)
	}
	if err == nil && m.Witness != "" {
		p.totals[id] = m.Before + m.Delta
	}
	return failing(err, "move partition %s of batch %s into %s", m.Partition, m.Batch, id.id)
}

// verify compares the totals of all partitions that this command touched with
// what it made them.
func (p *publisher) verify(ctx context.Context) error {
	for id, expr := range p.witness {
		found, err := p.total(ctx, id, expr)
		if err != nil {
			return err
		}
		if found != p.totals[id] {
			return &ForeignError{Table: id.id.String(), Partition: id.partition, Witness: expr, Expected: []int64{p.totals[id]}, Found: found}
		}
	}
	return nil
}
