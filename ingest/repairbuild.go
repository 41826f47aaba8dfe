package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"clickql/internal/chconn"
)

// builder builds complete tables in a private database.
type builder struct {
	s      *session
	cfg    Config
	st     *stager
	d      derivation       // of the successors
	done   map[tableID]bool // complete, so that others may be computed from it
	covers map[tableID]bool // holds what the source and the raw table do
}

// id names a successor.
func (b *builder) id(t target) tableID { return tableID{b.st.stage, t.Staged} }

// create makes an empty successor.
func (b *builder) create(ctx context.Context, t target) error {
	return failing(b.s.run(ctx, "CREATE TABLE "+b.id(t).String()+" AS "+t.String()), "create the successor of %s", t)
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
	for _, r := range rp.rebuilds {
		t := b.d.target(r.t.tableID)
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
		if err := rp.finish(ctx, b, r, t); err != nil {
			return err
		}
	}
	return rp.buildRest(ctx, b)
}

// finish compares a successor that is built with what it should hold.
func (rp *repairer) finish(ctx context.Context, b *builder, r rebuild, t target) error {
	found, err := rp.agrees(ctx, r, b.id(t))
	if err != nil {
		return err
	}
	b.done[t.tableID] = true
	b.covers[t.tableID] = r.whole && r.checked.grain == InTotal || r.checked.grain == ByDay && len(differing(found.counts, rp.totals.all)) == 0
	b.st.meter.addStep()
	return nil
}

// buildRest builds the tables that are computed from others, each when what its
// view reads is complete.
func (rp *repairer) buildRest(ctx context.Context, b *builder) error {
	unbuilt := func(r rebuild) bool { return !b.done[r.t.tableID] }
	for slices.ContainsFunc(rp.rebuilds, unbuilt) {
		i := slices.IndexFunc(rp.rebuilds, func(r rebuild) bool {
			return unbuilt(r) && !slices.ContainsFunc(rp.d.Views, func(v view) bool { return v.Target == r.t.tableID && !b.done[v.Source] })
		})
		if i < 0 {
			i = slices.IndexFunc(rp.rebuilds, unbuilt)
			return fmt.Errorf("repair %s: the views that fill %s go in a circle", rp.days, rp.rebuilds[i].t.tableID)
		}
		r := rp.rebuilds[i]
		t := b.d.target(r.t.tableID)
		for _, v := range rp.d.Views {
			if v.Target != t.tableID {
				continue
			}
			if err := rp.compute(ctx, b, r, t, v); err != nil {
				return fmt.Errorf("rebuild %s: %w", t.tableID, err)
			}
		}
		if err := rp.finish(ctx, b, r, t); err != nil {
			return err
		}
	}
	return nil
}

// compute fills a successor through one of its views: from the smallest successor
// that covers it, if it is understood, and otherwise as it stands, over its source's
// successor.
func (rp *repairer) compute(ctx context.Context, b *builder, r rebuild, t target, v view) error {
	f := fill{View: v, Target: t}
	if filledBy(rp.d, t.tableID) == 1 {
		for _, c := range rp.d.Views {
			if b.covers[c.Target] && isCover(rp.d, c, v) {
				f.From = append(f.From, b.d.cover(c))
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
	condition := ""
	if !r.whole {
		condition = rp.monthsCondition(v)
	}
	return compute(ctx, b.s, b.st.stage, f, from, b.d.target(v.Source), condition, statement{
		Params:   map[string]any{"first": rp.days.from.month().String(), "after": rp.days.to.nextMonth().String()},
		Settings: b.cfg.filling(1, nil)})
}

// monthsCondition chooses the rows of the months that hold the days.
func (rp *repairer) monthsCondition(v view) string {
	for _, k := range v.shape.Keys {
		if k.Column == rp.feed.Day {
			return chconn.Ident(k.Column) + " >= {first:Date} AND " + chconn.Ident(k.Column) + " < {after:Date}"
		}
	}
	return ""
}
