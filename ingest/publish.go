package ingest

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// partitionID names one partition of one public table.
type partitionID struct {
	id        tableID
	Partition string
}

// totals holds what this command knows of the public tables: it reads a
// partition's total when it first touches it, and adds what it moves.
type totals map[partitionID]int64

// publisher moves staged partitions into the public tables.
type publisher struct {
	s      *session
	cfg    Config
	totals totals
	// witness of each partition touched, to verify the totals at the end.
	witness map[partitionID]string
}

// newPublisher knows no totals yet.
func newPublisher(s *session, cfg Config) *publisher {
	return &publisher{s: s, cfg: cfg, totals: totals{}, witness: map[partitionID]string{}}
}

// partitionSums computes an expression over the partitions of a table.
func (p *publisher) partitionSums(ctx context.Context, id tableID, expr string) (map[string]int64, error) {
	sums := map[string]int64{}
	err := p.s.each(ctx, statement{SQL: "SELECT _partition_id, toInt64(" + expr + ") FROM " + id.String() + " GROUP BY _partition_id"},
		func(rows driver.Rows) error {
			var partition string
			var sum int64
			if err := rows.Scan(&partition, &sum); err != nil {
				return err
			}
			sums[partition] = sum
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("add up %s: %w", id, err)
	}
	return sums, nil
}

// total computes a witness over one partition; 0 where there is none.
func (p *publisher) total(ctx context.Context, id partitionID, expr string) (int64, error) {
	var sum int64
	err := p.s.row(ctx, statement{SQL: "SELECT toInt64(" + expr + ") FROM " + id.id.String() + " WHERE _partition_id = {partition:String}",
		Params: map[string]any{"partition": id.Partition}}, &sum)
	if err != nil {
		return 0, fmt.Errorf("add up partition %s of %s: %w", id.Partition, id.id, err)
	}
	return sum, nil
}

// plan lists the moves of a staged batch with the totals before them.
func (p *publisher) plan(ctx context.Context, b batch, d derivation, stage string) ([]stepLine, error) {
	// Whoever prepared the batch has seen to it; a server that did not merge then
	// must do so now.
	if err := onePart(ctx, p.s, stage); err != nil {
		return nil, err
	}
	var steps []stepLine
	for _, t := range d.all() {
		expr := t.witness.Expr
		if t.witness.Idempotent {
			expr = "count()"
		}
		deltas, err := p.partitionSums(ctx, tableID{stage, t.Staged}, expr)
		if err != nil {
			return nil, err
		}
		for _, partition := range sortedKeys(deltas) {
			step := stepLine{Batch: b.Name, Database: t.Database, Table: t.Table, Partition: partition, Staged: t.Staged,
				Delta: deltas[partition], At: p.cfg.Now()}
			if step.Delta <= 0 {
				return nil, fmt.Errorf("publish batch %s: partition %s of %s adds %d to %s, so that its move could not be proven after a crash",
					b.Name, partition, t, step.Delta, expr)
			}
			if !t.witness.Idempotent {
				step.Witness = t.witness.Expr
				if step.Before, err = p.before(ctx, step.partition(), t.witness.Expr); err != nil {
					return nil, err
				}
			}
			steps = append(steps, step)
		}
	}
	return steps, nil
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

// partition is the public partition of a step.
func (s stepLine) partition() partitionID {
	return partitionID{tableID{s.Database, s.Table}, s.Partition}
}

// codeOtherStructure is ClickHouse's INCOMPATIBLE_COLUMNS.
const codeOtherStructure = 122

// move publishes one partition.
func (p *publisher) move(ctx context.Context, stage string, step stepLine) error {
	id := step.partition()
	err := p.s.exec(ctx, statement{
		SQL:    "ALTER TABLE " + name(stage, step.Staged) + " MOVE PARTITION ID {partition:String} TO TABLE " + id.id.String(),
		Params: map[string]any{"partition": step.Partition},
	})
	if code, _ := chconn.Code(err); code == codeOtherStructure {
		err = fmt.Errorf("%w; the table was changed while the batch was being published: take that back, or give %s the same structure, and run this again", err, name(stage, step.Staged))
	}
	if err != nil {
		return fmt.Errorf("move partition %s of batch %s into %s: %w", step.Partition, step.Batch, id.id, err)
	}
	if step.Witness != "" {
		p.totals[id] = step.Before + step.Delta
	}
	return nil
}

// ForeignError reports that a partition's total is not what this load made it:
// something else writes to the table.
type ForeignError struct {
	Batch     string
	Table     string
	Partition string
	Witness   string
	Expected  []int64 // the totals that would be right
	Found     int64
}

// Error names the table, the partition and the totals.
func (e *ForeignError) Error() string {
	expected := fmt.Sprint(e.Expected[0])
	if len(e.Expected) > 1 {
		expected = fmt.Sprintf("%d (batch %s not yet in it) or %d (in it)", e.Expected[0], e.Batch, e.Expected[1])
	}
	part := "partition " + e.Partition + " of " + e.Table
	if e.Partition == "" {
		part = e.Table
	}
	return fmt.Sprintf("%s of %s is %d where %s is expected: something other than clickql ingest has written to it; "+
		"stop that writer, take back what it wrote or lost, and run this again", e.Witness, part, e.Found, expected)
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
			return &ForeignError{Table: id.id.String(), Partition: id.Partition, Witness: expr, Expected: []int64{p.totals[id]}, Found: found}
		}
	}
	return nil
}
