package publish

import (
	"context"
	"fmt"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// partitionOf is the public partition of a move.
func partitionOf(m ledger.Move) tables.Partition {
	return tables.Partition{Table: tables.ID{Database: m.Database, Table: m.Table}, Name: m.Partition}
}

// publisher makes public what is staged.
type publisher struct {
	s   *session.Session
	cfg config.Config
	// totals holds what this command knows of the public tables: it reads a
	// partition's total when it first touches it, and adds what it moves.
	totals map[tables.Partition]int64
	// witness of each partition touched, to verify the totals at the end.
	witness map[tables.Partition]string
}

// newPublisher knows no totals yet.
func newPublisher(s *session.Session, cfg config.Config) *publisher {
	return &publisher{s: s, cfg: cfg, totals: map[tables.Partition]int64{}, witness: map[tables.Partition]string{}}
}

// partitionSum is a sum over one partition.
type partitionSum struct {
	partition string
	sum       int64
}

// partitionSums computes an expression over the partitions of a table.
func (p *publisher) partitionSums(ctx context.Context, id tables.ID, expr string) ([]partitionSum, error) {
	sums, err := session.Scan(ctx, p.s, session.SQL("SELECT _partition_id, toInt64("+expr+") FROM "+id.String()+" GROUP BY _partition_id ORDER BY _partition_id"),
		func(s *partitionSum) []any { return []any{&s.partition, &s.sum} })
	return sums, session.Wrap(err, "add up %s", id)
}

// total computes a witness over one partition; 0 where there is none.
func (p *publisher) total(ctx context.Context, id tables.Partition, expr string) (sum int64, err error) {
	err = p.s.Row(ctx, session.SQL("SELECT toInt64("+expr+") FROM "+id.Table.String()+" WHERE _partition_id = {partition:String}", "partition", id.Name), &sum)
	return sum, session.Wrap(err, "add up partition %s of %s", id.Name, id.Table)
}

// Whole computes a witness over a whole table.
func (p *publisher) Whole(ctx context.Context, id tables.ID, expr string) (sum int64, err error) {
	err = p.s.Row(ctx, session.SQL("SELECT toInt64("+expr+") FROM "+id.String()), &sum)
	return sum, session.Wrap(err, "add up %s", id)
}

// PlanMoves lists the moves of a staged batch with the totals before them.
func (p *publisher) PlanMoves(ctx context.Context, batch string, d tables.Derivation, private string) ([]ledger.Move, error) {
	// Whoever prepared the batch has seen to it; a server that did not merge then
	// must do so now.
	if err := stage.OnePart(ctx, p.s, private); err != nil {
		return nil, err
	}
	var moves []ledger.Move
	for _, t := range d.All() {
		expr := t.Witness.Expr
		if t.Witness.Idempotent {
			expr = "count()"
		}
		deltas, err := p.partitionSums(ctx, tables.ID{Database: private, Table: t.Copy}, expr)
		if err != nil {
			return nil, err
		}
		for _, delta := range deltas {
			m := ledger.Move{Batch: batch, Database: t.Database, Table: t.Table, Partition: delta.partition, Copy: t.Copy, Delta: delta.sum, At: p.cfg.Now()}
			if m.Delta <= 0 {
				return nil, fmt.Errorf("publish batch %s: partition %s of %s adds %d to %s, so that its move could not be proven after a crash",
					batch, m.Partition, t, m.Delta, expr)
			}
			if !t.Witness.Idempotent {
				m.Witness = t.Witness.Expr
				if m.Before, err = p.before(ctx, partitionOf(m), t.Witness.Expr); err != nil {
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
func (p *publisher) before(ctx context.Context, id tables.Partition, expr string) (int64, error) {
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
func (p *publisher) move(ctx context.Context, stage string, m ledger.Move) error {
	id, staged := partitionOf(m), session.Name(stage, m.Copy)
	err := p.s.Exec(ctx, session.SQL("ALTER TABLE "+staged+" MOVE PARTITION ID {partition:String} TO TABLE "+id.Table.String(), "partition", m.Partition))
	if code, _ := chconn.Code(err); code == codeOtherStructure {
		err = fmt.Errorf("%w; the table was changed while the batch was being published: take that back, or give %s the same structure, and run this again", err, staged)
	}
	if err == nil && m.Witness != "" {
		p.totals[id] = m.Before + m.Delta
	}
	return session.Wrap(err, "move partition %s of batch %s into %s", m.Partition, m.Batch, id.Table)
}

// Verify compares the totals of all partitions that this command touched with
// what it made them.
func (p *publisher) Verify(ctx context.Context) error {
	for id, expr := range p.witness {
		found, err := p.total(ctx, id, expr)
		if err != nil {
			return err
		}
		if found != p.totals[id] {
			return &ForeignError{Table: id.Table.String(), Partition: id.Name, Witness: expr, Expected: []int64{p.totals[id]}, Found: found}
		}
	}
	return nil
}
