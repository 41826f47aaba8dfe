package publish

import (
	"context"
	"fmt"
	"maps"

	"golang.org/x/sync/errgroup"

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
	// totals holds what this command knows of the public tables: it finds a
	// partition's total when it first touches it, and adds what it moves.
	totals map[tables.Partition]int64
	// parts is what is known of what these consist of.
	parts knownParts
	// witness of each partition touched, to verify the totals at the end.
	witness map[tables.Partition]string
	// replicated tells of each public table that was asked for whether replicas
	// keep it; what they have all got is here by then.
	replicated map[tables.ID]bool
}

// newPublisher knows no totals yet.
func newPublisher(s *session.Session, cfg config.Config) *publisher {
	return &publisher{s: s, cfg: cfg, totals: map[tables.Partition]int64{}, parts: newKnownParts(s, cfg.Ledger(s)), witness: map[tables.Partition]string{}, replicated: map[tables.ID]bool{}}
}

// total computes a witness over one partition; 0 where there is none.
func (p *publisher) total(ctx context.Context, id tables.Partition, expr string) (int64, error) {
	return Total(ctx, p.s, id, expr)
}

// Total computes a witness over one partition; 0 where there is none.
func Total(ctx context.Context, s *session.Session, id tables.Partition, expr string) (sum int64, err error) {
	err = s.Row(ctx, session.SQL("SELECT toInt64("+expr+") FROM "+id.Table.String()+" WHERE _partition_id = {partition:String}", "partition", id.Name), &sum)
	return sum, session.Wrap(err, "add up partition %s of %s", id.Name, id.Table)
}

// PartsWitness stands for a witness that reads no row: a digest of which blocks have
// been inserted into each partition and which mutations it has been through. Every
// insert takes a new block and every deletion is a mutation or leaves a partition
// without its blocks, while merges change neither.
const PartsWitness = "parts"

// RowsWitness is the number of rows.
const RowsWitness = "count()"

// Whole computes a witness over a whole table.
func (p *publisher) Whole(ctx context.Context, id tables.ID, expr string) (sum int64, err error) {
	if expr == PartsWitness {
		return Parts(ctx, p.s, id)
	}
	err = p.s.Row(ctx, session.SQL("SELECT toInt64("+expr+") FROM "+id.String()), &sum)
	return sum, session.Wrap(err, "add up %s", id)
}

// Parts is PartsWitness of a table.
func Parts(ctx context.Context, s *session.Session, id tables.ID) (sum int64, err error) {
	err = s.Row(ctx, session.SQL("SELECT reinterpretAsInt64(sipHash64(groupArray((partition_id, block, mutation)))) FROM ("+partsOf+")",
		"database", id.Database, "table", id.Table), &sum)
	return sum, session.Wrap(err, "look at the parts of %s", id)
}

// PartitionParts are the last block of a partition and the last mutation of its parts.
type PartitionParts struct {
	block    int64
	mutation uint64
}

// PartsOf tells PartitionParts of each of a table's partitions.
func PartsOf(ctx context.Context, s *session.Session, id tables.ID) (map[string]PartitionParts, error) {
	type line struct {
		partition string
		PartitionParts
	}
	lines, err := session.Scan(ctx, s, session.SQL(partsOf, "database", id.Database, "table", id.Table),
		func(l *line) []any { return []any{&l.partition, &l.block, &l.mutation} })
	parts := make(map[string]PartitionParts, len(lines))
	for _, l := range lines {
		parts[l.partition] = l.PartitionParts
	}
	return parts, session.Wrap(err, "look at the parts of %s", id)
}

// partsOf lists a table's partitions with what PartitionParts are of each.
const partsOf = `SELECT partition_id, max(max_block_number) AS block,
		max(toUInt64OrZero(arrayElement(splitByChar('_', substring(name, length(partition_id) + 2)), 4))) AS mutation
	FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active AND rows > 0 GROUP BY partition_id ORDER BY partition_id`

// PlanMoves lists the moves of a staged batch with the totals before them. added is what
// the batch's copies add where this process has made them to one part each, else nil.
func (p *publisher) PlanMoves(ctx context.Context, batch string, d tables.Derivation, private string, added [][]session.GroupSum) (_ []ledger.Move, err error) {
	if added == nil {
		if err := stage.OnePart(ctx, p.s, private); err != nil {
			return nil, err
		}
		if added, err = stage.Added(ctx, p.s, d, private); err != nil {
			return nil, err
		}
	}
	var moves []ledger.Move
	for i, t := range d.All() {
		for _, delta := range added[i] {
			m := ledger.Move{Batch: batch, Database: t.Database, Table: t.Table, Partition: delta.Group, Copy: t.Copy, Delta: delta.Sum, At: p.cfg.Now()}
			if m.Delta <= 0 {
				return nil, fmt.Errorf("publish batch %s: partition %s of %s adds %d to %s, so that its move could not be proven after a crash",
					batch, m.Partition, t, m.Delta, t.Witness.Adds())
			}
			if !t.Witness.Idempotent {
				m.Witness = t.Witness.Expr
			}
			moves = append(moves, m)
		}
	}
	if err := p.before(ctx, moves); err != nil {
		return nil, err
	}
	return moves, p.parts.expect(ctx, private, moves)
}

// before notes the totals of the moves' partitions as this command knows them: found
// when they are first touched.
func (p *publisher) before(ctx context.Context, moves []ledger.Move) error {
	unknown := map[tables.Partition]string{}
	for _, m := range moves {
		if _, known := p.totals[partitionOf(m)]; !known && m.Witness != "" {
			unknown[partitionOf(m)] = m.Witness
		}
	}
	for id := range unknown {
		if err := p.catchUp(ctx, id.Table); err != nil {
			return err
		}
	}
	found, err := p.parts.addUp(ctx, unknown)
	if err != nil {
		return err
	}
	maps.Copy(p.totals, found)
	maps.Copy(p.witness, unknown)
	for i, m := range moves {
		moves[i].Before = p.totals[partitionOf(m)]
	}
	return nil
}

// codeOtherStructure is ClickHouse's INCOMPATIBLE_COLUMNS.
const codeOtherStructure = 122

// moveAll publishes partitions, of several tables at a time, in no order: what has
// happened is judged of each alone. Where one fails the others that were begun are
// brought to their end.
func (p *publisher) moveAll(ctx context.Context, private string, moves []ledger.Move, sideBySide int) error {
	of := map[tables.ID][]ledger.Move{}
	for _, m := range moves {
		id := partitionOf(m).Table
		of[id] = append(of[id], m)
		if err := p.catchUp(ctx, id); err != nil {
			return err
		}
	}
	var g errgroup.Group
	g.SetLimit(max(sideBySide, 1))
	for id, moves := range of {
		g.Go(func() error {
			for _, m := range moves {
				if err := p.move(ctx, session.Name(private, m.Copy), id, m); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, m := range moves {
		if m.Witness != "" {
			p.totals[partitionOf(m)] = m.Before + m.Delta
		}
	}
	return nil
}

// move publishes one partition of a staged table.
func (p *publisher) move(ctx context.Context, staged string, id tables.ID, m ledger.Move) error {
	sql := "ALTER TABLE " + staged + " MOVE PARTITION ID {partition:String} TO TABLE " + id.String()
	if p.replicated[id] {
		sql = "ALTER TABLE " + id.String() + " ATTACH PARTITION ID {partition:String} FROM " + staged
	}
	err := p.s.Exec(ctx, session.SQL(sql, "partition", m.Partition))
	if code, _ := chconn.Code(err); code == codeOtherStructure {
		err = fmt.Errorf("%w; the table was changed while the batch was being published: take that back, or give %s the same structure, and run this again", err, staged)
	}
	return session.Wrap(err, "move partition %s of batch %s into %s", m.Partition, m.Batch, id)
}

// Verify compares the totals of all partitions that this command touched with
// what it made them, and notes what their parts add up to for those that come.
func (p *publisher) Verify(ctx context.Context) error {
	found, err := p.parts.addUp(ctx, p.witness)
	if err != nil {
		return err
	}
	for id, expr := range p.witness {
		if found[id] != p.totals[id] {
			return &ForeignError{Table: id.Table.String(), Partition: id.Name, Witness: expr, Expected: []int64{p.totals[id]}, Found: found[id]}
		}
	}
	return p.parts.record(ctx, p.cfg.Now().UTC())
}
