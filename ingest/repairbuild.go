package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// successor names the table that is to take a public one's place, beside the
// public one's staged copy.
func successor(staged string) string { return staged + "__next" }

// successors is the derivation whose staged tables are the successors.
func (d derivation) successors() derivation {
	next := derivation{Base: d.Base, Views: d.Views}
	next.Base.Staged = successor(d.Base.Staged)
	for _, t := range d.Targets {
		t.Staged = successor(t.Staged)
		next.Targets = append(next.Targets, t)
	}
	return next
}

// builder builds complete tables in a private database.
type builder struct {
	s  *session
	st *stager
	d  derivation // of the successors
}

// id names a successor.
func (b *builder) id(t target) tableID { return tableID{b.st.stage, t.Staged} }

// create makes an empty successor.
func (b *builder) create(ctx context.Context, t target) error {
	if err := b.s.run(ctx, "CREATE TABLE "+b.id(t).String()+" AS "+t.String()); err != nil {
		return fmt.Errorf("create the successor of %s: %w", t, err)
	}
	return nil
}

// partitionsOf lists a table's partitions.
func partitionsOf(ctx context.Context, s *session, id tableID) ([]string, error) {
	partitions, err := s.texts(ctx, statement{
		SQL: `SELECT DISTINCT partition_id FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active
			ORDER BY partition_id`,
		Params: map[string]any{"database": id.Database, "table": id.Table},
	})
	if err != nil {
		return nil, fmt.Errorf("list the partitions of %s: %w", id, err)
	}
	return partitions, nil
}

// takePartitions brings all of a table's partitions into another one of the same
// structure: by hard links, which cost no copying, or by moving them.
func takePartitions(ctx context.Context, s *session, from, to tableID, move bool) error {
	partitions, err := partitionsOf(ctx, s, from)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		sql := "ALTER TABLE " + to.String() + " ATTACH PARTITION ID {partition:String} FROM " + from.String()
		if move {
			sql = "ALTER TABLE " + from.String() + " MOVE PARTITION ID {partition:String} TO TABLE " + to.String()
		}
		if err := s.exec(ctx, statement{SQL: sql, Params: map[string]any{"partition": p}}); err != nil {
			return fmt.Errorf("bring partition %s of %s into %s: %w", p, from, to, err)
		}
	}
	return nil
}

// keepOthers fills a successor with what stays of a table. Deleting marks rows
// and rewrites none; merges drop them later.
func (b *builder) keepOthers(ctx context.Context, t target, period string, gone map[day]bool) error {
	if err := takePartitions(ctx, b.s, t.tableID, b.id(t), false); err != nil {
		return err
	}
	periods := slices.Sorted(maps.Keys(gone)) // one after the other, since the days are
	err := b.withProjections(ctx, t, func() error {
		return b.s.exec(ctx, statement{
			SQL:      "DELETE FROM " + b.id(t).String() + " WHERE " + period + " >= {first:Date} AND " + period + " <= {last:Date}",
			Params:   map[string]any{"first": periods[0].String(), "last": periods[len(periods)-1].String()},
			Settings: map[string]any{"lightweight_deletes_sync": 2},
		})
	})
	if err != nil {
		return fmt.Errorf("leave the repaired days out of the successor of %s: %w", t, err)
	}
	return nil
}

// withProjections deletes from a successor. Servers refuse that where a table has
// projections, unless it says that they are to be rebuilt; it says so meanwhile.
func (b *builder) withProjections(ctx context.Context, t target, del func() error) error {
	const mode = "lightweight_mutation_projection_mode"
	var projections uint64
	err := b.s.row(ctx, statement{SQL: "SELECT count() FROM system.projections WHERE database = {database:String} AND table = {table:String}",
		Params: map[string]any{"database": b.st.stage, "table": t.Staged}}, &projections)
	switch {
	case err != nil:
		return err
	case projections == 0:
		return del()
	}
	if err := b.s.run(ctx, "ALTER TABLE "+b.id(t).String()+" MODIFY SETTING "+mode+" = 'rebuild'"); err != nil {
		return err
	}
	if err := del(); err != nil {
		return err
	}
	return b.s.run(ctx, "ALTER TABLE "+b.id(t).String()+" RESET SETTING "+mode)
}

// build builds every table's successor: first those of days, whose new days are
// staged, then the others from them.
func (rp *repairer) build(ctx context.Context, b *builder) error {
	done := map[tableID]bool{}   // complete, so that others may be computed from it
	covers := map[tableID]bool{} // holds what the source and the raw table do
	finish := func(r rebuild, t target) error {
		found, err := rp.agrees(ctx, r, b.id(t))
		if err != nil {
			return err
		}
		done[r.t.tableID] = true
		covers[r.t.tableID] = r.whole && r.checked.grain == InTotal || r.checked.grain == ByDay && sameCounts(found.counts, rp.days.all)
		b.st.meter.addStep()
		return rp.v.r.cfg.at(StepNextBuilt)
	}
	next := b.d.all()
	for i, r := range rp.rebuilds {
		t := next[i]
		if err := b.create(ctx, t); err != nil {
			return err
		}
		if r.whole {
			continue
		}
		if err := b.keepOthers(ctx, t, r.checked.period, rp.periods(r)); err != nil {
			return err
		}
		if r.checked.grain != ByDay {
			continue
		}
		if err := takePartitions(ctx, b.s, tableID{b.st.stage, r.t.Staged}, b.id(t), true); err != nil {
			return err
		}
		if err := finish(r, t); err != nil {
			return err
		}
	}
	return rp.buildRest(ctx, b, done, covers, finish)
}

// buildRest builds the tables that are computed from others, each when what its
// view reads is complete.
func (rp *repairer) buildRest(ctx context.Context, b *builder, done, covers map[tableID]bool, finish func(rebuild, target) error) error {
	next := b.d.all()
	for progress := true; progress; {
		progress = false
		for i, r := range rp.rebuilds {
			if done[r.t.tableID] {
				continue
			}
			ready := true
			for _, v := range rp.v.r.d.Views {
				ready = ready && (v.Target != r.t.tableID || done[v.Source])
			}
			if !ready {
				continue
			}
			if err := rp.compute(ctx, b, r, next[i], covers); err != nil {
				return err
			}
			if err := finish(r, next[i]); err != nil {
				return err
			}
			progress = true
		}
	}
	for _, r := range rp.rebuilds {
		if !done[r.t.tableID] {
			return fmt.Errorf("repair %s: the views that fill %s go in a circle", rp.span(), r.t.tableID)
		}
	}
	return nil
}

// compute fills a successor through its views.
func (rp *repairer) compute(ctx context.Context, b *builder, r rebuild, t target, covers map[tableID]bool) error {
	for _, v := range rp.v.r.d.Views {
		if v.Target != r.t.tableID {
			continue
		}
		if err := rp.computeView(ctx, b, r, t, v, covers); err != nil {
			return fmt.Errorf("rebuild %s: %w", r.t.tableID, err)
		}
	}
	return nil
}

// computeView runs one view: from the smallest successor that covers it, if it
// is understood, and otherwise as it stands, over its source's successor.
func (rp *repairer) computeView(ctx context.Context, b *builder, r rebuild, t target, v view, covers map[tableID]bool) error {
	f := fill{View: v, Target: t}
	if filledBy(rp.v.r.d, r.t.tableID) == 1 {
		for _, c := range rp.v.r.d.Views {
			if !covers[c.Target] || !isCover(rp.v.r.d, c, v) {
				continue
			}
			for _, n := range b.d.Targets {
				if n.tableID == c.Target {
					f.From = append(f.From, cover{Staged: n.Staged, Key: n.Key, Count: c.shape.Counts[0]})
				}
			}
		}
	}
	from, err := b.st.smallest(ctx, f.From)
	if err != nil {
		return err
	}
	if from == nil && rp.needsKept(r, v) {
		return rp.wouldLose(r)
	}
	var source target
	for _, n := range b.d.all() {
		if n.tableID == v.Source {
			source = n
		}
	}
	condition := ""
	if !r.whole {
		condition = rp.monthsCondition(v)
	}
	sql, inOrder, err := fillSQL(b.st.stage, f, from, source, condition)
	if err != nil {
		return fmt.Errorf("the SELECT of view %s cannot be run apart from it: %w", v.tableID, err)
	}
	settings := b.st.settings(1, nil)
	if inOrder {
		settings["optimize_aggregation_in_order"] = 1
	}
	return b.s.exec(ctx, statement{SQL: sql, Params: map[string]any{"first": rp.from.month().String(), "after": rp.to.nextMonth().String()}, Settings: settings})
}

// monthsCondition chooses the rows of the months that hold the days.
func (rp *repairer) monthsCondition(v view) string {
	for _, k := range v.shape.Keys {
		if k.Column == rp.v.r.feed.Day {
			return quote(k.Column) + " >= {first:Date} AND " + quote(k.Column) + " < {after:Date}"
		}
	}
	return ""
}

// sameCounts compares counts, in which absent is none.
func sameCounts(a, b map[day]int64) bool {
	for d, n := range a {
		if b[d] != n {
			return false
		}
	}
	for d, n := range b {
		if a[d] != n {
			return false
		}
	}
	return true
}
