package backfill

import (
	"context"
	"fmt"
	"slices"

	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
)

// Where replicas keep the downloads they arrive at any of them, so that no view of one
// server collects them all. What they change is told by partitions instead: each of the
// source's is kept by hard links, in a table whose name tells what the partition held,
// and computed from that. Under the writer's lock those that hold something else by then
// are kept and computed once more.

// partitioned is the backfill of an aggregate that replicas keep.
type partitioned struct {
	*backfiller
	s        *session.Session // under the backfill's own lock
	ready    readyLine
	of       string // tells apart what is computed, and from which table
	source   tables.Target
	computed map[string][]string // the tables of the ranges of each kept partition
	// compute computes a kept partition that goes by a mark, in ranges, whose tables it
	// lists.
	compute func(ctx context.Context, kept tables.ID, mark string) ([]string, error)
}

// defineKept takes the definition from the servers: on all replicas at once tables and
// views are created by schema apply alone.
func (b *backfiller) defineKept() error {
	i := slices.IndexFunc(b.d.Views, func(v tables.View) bool { return v.Target == b.table })
	if i < 0 {
		return fmt.Errorf("backfill %s: replicas keep %s, where this creates no table and no view: create both on all of them, those of the program with clickql schema apply --cluster, and run this again",
			b.plan.Table, b.d.Base)
	}
	v, t := b.d.Views[i], b.d.Target(b.table)
	if err := b.asKnown(v); err != nil {
		return err
	}
	switch {
	case tables.FilledBy(b.d, b.table) > 1 || v.Source != b.d.Base.ID || v.Grouping == nil:
		return fmt.Errorf("backfill %s: it is no aggregate that a single view fills from %s by counting", b.plan.Table, b.d.Base)
	case len(b.req.Key) > 0 && !slices.Equal(b.req.Key, t.Key):
		return fmt.Errorf("backfill %s: it is there, by %v: leave out --key", b.plan.Table, t.Key)
	}
	if err := b.keptToo(t); err != nil {
		return fmt.Errorf("backfill %s: %w", b.plan.Table, err)
	}
	b.view, b.plan.Key, b.make = v, t.Key, "CREATE TABLE %s AS "+t.String()+t.AloneEngine()
	return nil
}

// keptToo refuses a table that only this server keeps where replicas keep the downloads,
// and the other way round.
func (b *backfiller) keptToo(t tables.Target) error {
	switch {
	case b.kept && !t.Engine.Replicated():
		return fmt.Errorf("replicas keep %s, and only this server keeps %s: create it on all of them with a Replicated engine", b.d.Base, t)
	case !b.kept && t.Engine.Replicated():
		return fmt.Errorf("replicas keep %s, and only this server keeps %s: create it with an engine that is not Replicated", t, b.d.Base)
	}
	return nil
}

// asKnown refuses a view that goes by the name of one of the program's and computes
// something else.
func (b *backfiller) asKnown(v tables.View) error {
	known, ok := ddl.Lookup(b.plan.Table)
	if !ok || !known.Derived() || v.Grouping != nil && v.Grouping.Same(*tables.GroupingOf(known)) {
		return nil
	}
	return b.otherView(v)
}

// begin keeps nothing yet: what is kept of the source is told by its own name.
func (p *partitioned) begin(ctx context.Context, own *session.Session) (*readyLine, error) {
	p.s, p.source, p.computed = own, p.d.Base, map[string][]string{}
	if p.plan.Source != p.source.Table {
		p.source = p.d.Target(tables.ID{Database: p.cfg.Database, Table: p.plan.Source})
	}
	ready := p.readyFrom(p.source)
	uuid, err := publish.UUIDOf(ctx, own, p.source.ID)
	p.ready, p.of = *ready, digest(uuid, p.source.Create, p.make, p.view.Select, p.update)
	return ready, err
}

// fillRanges computes history while loads go on.
func (p *partitioned) fillRanges(ctx context.Context, s *session.Session, _ readyLine) error {
	rows, err := s.Count(ctx, p.source.String())
	if err != nil {
		return fmt.Errorf("count the rows of %s: %w", p.source, err)
	}
	held, err := p.partitions(ctx)
	if err != nil {
		return err
	}
	p.cfg.Progress.Begin(len(held), rows, 0)
	p.cfg.Progress.Phase("computing history")
	_, _, _, err = p.fill(ctx)
	return err
}

// partition is what one of the source's holds: total changes with every row that comes or
// goes, and parts with rows that come for others.
type partition struct {
	name     string
	parts    publish.PartitionParts
	total    int64
	changing bool // a mutation of the table is under way, and has changed some parts, maybe
}

// partitions are the source's as they are.
func (p *partitioned) partitions(ctx context.Context) ([]partition, error) {
	parts, err := publish.PartsOf(ctx, p.s, p.source.ID)
	if err != nil {
		return nil, err
	}
	sums, err := p.s.SumsBy(ctx, []session.Sum{{Expr: p.ready.Count, From: p.source.String()}}, "_partition_id")
	if err != nil {
		return nil, fmt.Errorf("add up the partitions of %s: %w", p.source, err)
	}
	mutations, err := p.mutations(ctx, p.s)
	var held []partition
	for _, sum := range sums[0] {
		held = append(held, partition{sum.Group, parts[sum.Group], sum.Sum, mutations > 0})
	}
	return held, err
}

// mutations is how many of the source are under way.
func (p *partitioned) mutations(ctx context.Context, s *session.Session) (n uint64, err error) {
	n, err = s.Count(ctx, "system.mutations WHERE NOT is_done AND database = "+chconn.Literal(p.source.Database)+" AND table = "+chconn.Literal(p.source.Table))
	return n, session.Wrap(err, "look for mutations of %s", p.source)
}

// catchUp brings this server what others have written to tables.
func catchUp(ctx context.Context, s *session.Session, all ...tables.ID) error {
	for _, id := range all {
		if err := session.CatchUp(ctx, s, id.Database, id.Table); err != nil {
			return err
		}
	}
	return nil
}

// unmutated refuses a source of which some parts may have been changed, and others not yet.
func (p *partitioned) unmutated(ctx context.Context, s *session.Session) error {
	n, err := p.mutations(ctx, s)
	if err == nil && n > 0 {
		err = fmt.Errorf("backfill %s: a mutation of %s is under way (system.mutations tells how far): run this again when it is done, to carry on", p.plan.Table, p.source)
	}
	return err
}

// fill computes what is not computed yet of what the source holds, and lists the tables
// of its partitions and those of all ranges. Some are missing, or soon worthless, where the
// source was changing.
func (p *partitioned) fill(ctx context.Context) (kept, ranges []string, whole bool, err error) {
	held, err := p.partitions(ctx)
	if err != nil {
		return nil, nil, false, err
	}
	whole = true
	for _, of := range held {
		mark := digest(p.of, of)
		as := tables.ID{Database: p.private(), Table: fillSnapshot + "_" + mark}
		there, err := p.keep(ctx, of, as)
		if err != nil {
			return nil, nil, false, err
		}
		if whole = whole && there && !of.changing; !there {
			continue
		}
		if p.computed[mark] == nil {
			if p.computed[mark], err = p.compute(ctx, as, mark); err != nil {
				return nil, nil, false, err
			}
		}
		kept, ranges = append(kept, as.Table), append(ranges, p.computed[mark]...)
	}
	return kept, ranges, whole, nil
}

// keep keeps a partition in a table of its own, if it is not kept yet; false where it is
// another by now.
func (p *partitioned) keep(ctx context.Context, of partition, kept tables.ID) (bool, error) {
	there, err := publish.UUIDOf(ctx, p.s, kept)
	if err != nil || there != "" {
		return err == nil, err
	}
	part := p.unfinished(p.s, kept.Table)
	err = session.InOrder(ctx,
		func(ctx context.Context) error {
			return p.s.Do(ctx, "CREATE TABLE "+part.String()+" AS "+p.source.String()+p.source.AloneEngine())
		},
		func(ctx context.Context) error {
			return p.s.Exec(ctx, session.SQL("ALTER TABLE "+part.String()+" ATTACH PARTITION ID {partition:String} FROM "+p.source.String(), "partition", of.name))
		})
	if err != nil {
		return false, fmt.Errorf("keep partition %s of %s: %w", of.name, p.source, err)
	}
	now, err := publish.PartsOf(ctx, p.s, p.source.ID)
	if err != nil {
		return false, err
	}
	total, err := publish.Total(ctx, p.s, tables.Partition{Table: part, Name: of.name}, p.ready.Count)
	switch {
	case err != nil:
		return false, err
	case now[of.name] != of.parts || total != of.total:
		return false, stage.DropTables(ctx, p.s, p.private(), []string{part.Table})
	}
	return true, p.s.Do(ctx, "RENAME TABLE "+part.String()+" TO "+kept.String())
}

// maxPartitionRanges bounds the ranges of one partition.
const maxPartitionRanges = 16

// partRanges cuts a partition that is kept into runs of days.
func (p *partitioned) partRanges(ctx context.Context, kept tables.ID) ([]dayRange, error) {
	rows, err := p.s.Count(ctx, kept.String())
	if err != nil {
		return nil, fmt.Errorf("count the rows of %s: %w", kept, err)
	}
	return p.ranges(ctx, p.s, kept, p.ready, max(rangeRows, rows/maxPartitionRanges))
}

// fillPartition computes the aggregate of a partition that is kept.
func (p *partitioned) fillPartition(ctx context.Context, kept tables.ID, mark string) (names []string, err error) {
	ranges, err := p.partRanges(ctx, kept)
	for _, r := range ranges {
		name := fmt.Sprintf("%s%s_%05d", FillDone, mark, r.n)
		if err := p.fillRange(ctx, p.s, p.ready, r, kept, name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, err
}

// tryPublish computes what has changed meanwhile, and replaces the partitions of the
// public table by those that were computed.
func (p *partitioned) tryPublish(ctx context.Context, w *publish.Writer, n int) (bool, error) {
	if err := catchUp(ctx, w.S, p.d.Base.ID, p.source.ID, p.table); err != nil {
		return false, err
	}
	if err := p.unmutated(ctx, w.S); err != nil {
		return false, err
	}
	before, err := w.P.Whole(ctx, p.d.Base.ID, publish.RowsWitness)
	if err != nil {
		return false, err
	}
	_, ranges, whole, err := p.fill(ctx)
	if err != nil || !whole {
		return false, err
	}
	// What is kept of an INSERT that runs now is yet to come into the public table.
	if err := p.awaitInserts(ctx, w.S); err != nil {
		return false, err
	}
	return p.attempt(ctx, w, n, before, ranges)
}
