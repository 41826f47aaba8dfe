package repair

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/cube"
)

// builder builds complete tables in a private database.
type builder struct {
	s      *session.Session
	cfg    config.Config
	st     *stage.Stager
	d      tables.Derivation  // of the successors
	done   map[tables.ID]bool // complete, so that others may be computed from it
	covers map[tables.ID]bool // without days, and complete
}

// id names a successor.
func (b *builder) id(t tables.Target) tables.ID {
	return tables.ID{Database: b.st.Stage, Table: t.Copy}
}

// create makes an empty successor.
func (b *builder) create(ctx context.Context, t tables.Target) error {
	return session.Wrap(b.s.Do(ctx, "CREATE TABLE "+b.id(t).String()+" AS "+t.String()+t.AloneEngine()), "create the successor of %s", t)
}

// keepOthers fills a successor with what stays of a table. Deleting marks rows
// and rewrites none; merges drop them later.
func (b *builder) keepOthers(ctx context.Context, t tables.Target, period string, gone map[cube.Day]bool) error {
	if err := stage.TakePartitions(ctx, b.s, t.ID, b.id(t), false); err != nil {
		return err
	}
	periods := slices.Sorted(maps.Keys(gone)) // one after the other, since the days are
	err := b.withProjections(ctx, t, func() error {
		return b.mutate(ctx, b.id(t), session.Statement{
			SQL:      "DELETE FROM " + b.id(t).String() + " WHERE " + period + " >= {first:Date} AND " + period + " <= {last:Date}",
			Params:   map[string]any{"first": periods[0].String(), "last": periods[len(periods)-1].String()},
			Settings: map[string]any{"lightweight_deletes_sync": 2},
		})
	})
	return session.Wrap(err, "leave the repaired days out of the successor of %s", t)
}

// The pauses between two times that a server is reminded of a mutation.
const firstReminder, lastReminder = 10 * time.Millisecond, time.Second

// mutate runs a statement that waits until a table has been changed. The server begins
// with that only when it looks for work; a merge of parts that have just come keeps it
// from seeing any, and it looks again after up to a second, for each table. Beginning
// merges, which nobody has stopped, makes it look; an account without the right to that
// waits.
func (b *builder) mutate(ctx context.Context, table tables.ID, st session.Statement) error {
	reminding, changed := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() {
		for pause := firstReminder; ; pause = min(2*pause, lastReminder) {
			select {
			case <-reminding.Done():
				return
			case <-time.After(pause):
			}
			if b.s.Exec(ctx, session.Statement{SQL: "SYSTEM START MERGES " + table.String(), Pulse: true}) != nil {
				return
			}
		}
	})
	err := b.s.Exec(ctx, st)
	changed()
	beside.Wait()
	return err
}

// withProjections deletes from a successor. Servers refuse that where a table has
// projections, unless it says that they are to be rebuilt; it says so meanwhile.
func (b *builder) withProjections(ctx context.Context, t tables.Target, del func() error) error {
	const mode = "lightweight_mutation_projection_mode"
	var projections uint64
	err := b.s.Row(ctx, session.SQL("SELECT count() FROM system.projections WHERE database = {database:String} AND table = {table:String}", "database", b.st.Stage, "table", t.Copy), &projections)
	switch {
	case err != nil:
		return err
	case projections == 0:
		return del()
	}
	if err := b.s.Do(ctx, "ALTER TABLE "+b.id(t).String()+" MODIFY SETTING "+mode+" = 'rebuild'"); err != nil {
		return err
	}
	if err := del(); err != nil {
		return err
	}
	return b.s.Do(ctx, "ALTER TABLE "+b.id(t).String()+" RESET SETTING "+mode)
}

// build builds every table's successor: first those of days, whose new days are
// staged, then the others from them.
func (rp *repairer) build(ctx context.Context, b *builder) error {
	err := session.SideBySide(ctx, b.cfg.Parallel, rp.rebuilds, func(ctx context.Context, _ int, r rebuild) error { return rp.begin(ctx, b, r) })
	if err != nil {
		return err
	}
	for _, r := range rp.rebuilds {
		if r.byDay() {
			b.finished(r)
		}
	}
	return rp.buildRest(ctx, b)
}

// begin makes a table's successor of what stays and, where it is one of days, of what is
// staged, with which it is complete.
func (rp *repairer) begin(ctx context.Context, b *builder, r rebuild) error {
	t := b.d.Target(r.t.ID)
	if err := b.create(ctx, t); err != nil || r.whole {
		return err
	}
	if err := b.keepOthers(ctx, t, r.checked.Period, rp.periods(r)); err != nil || !r.byDay() {
		return err
	}
	if err := stage.TakePartitions(ctx, b.s, tables.ID{Database: b.st.Stage, Table: r.t.Copy}, b.id(t), true); err != nil {
		return err
	}
	return rp.finish(ctx, b, r, t)
}

// finish compares a successor that is built with what it should hold.
func (rp *repairer) finish(ctx context.Context, b *builder, r rebuild, t tables.Target) error {
	err := rp.agrees(ctx, r, b.id(t))
	if err == nil {
		b.st.Meter.AddStep()
	}
	return err
}

// finished notes that a successor is complete: others may be computed from it.
func (b *builder) finished(r rebuild) {
	b.done[r.t.ID] = true
	b.covers[r.t.ID] = r.whole && (r.checked.Grain == count.InTotal || r.checked.Grain == count.ByDay)
}

// buildRest builds the tables that are computed from others, each when what its
// view reads is complete.
func (rp *repairer) buildRest(ctx context.Context, b *builder) error {
	unbuilt := func(r rebuild) bool { return !b.done[r.t.ID] }
	for slices.ContainsFunc(rp.rebuilds, unbuilt) {
		i := slices.IndexFunc(rp.rebuilds, func(r rebuild) bool {
			return unbuilt(r) && !slices.ContainsFunc(rp.d.Views, func(v tables.View) bool { return v.Target == r.t.ID && !b.done[v.Source] })
		})
		if i < 0 {
			i = slices.IndexFunc(rp.rebuilds, unbuilt)
			return fmt.Errorf("repair %s: the views that fill %s go in a circle", rp.days, rp.rebuilds[i].t.ID)
		}
		r := rp.rebuilds[i]
		t := b.d.Target(r.t.ID)
		for _, v := range rp.d.Views {
			if v.Target != t.ID {
				continue
			}
			if err := rp.compute(ctx, b, r, t, v); err != nil {
				return fmt.Errorf("rebuild %s: %w", t.ID, err)
			}
		}
		if err := rp.finish(ctx, b, r, t); err != nil {
			return err
		}
		b.finished(r)
	}
	return nil
}

// compute fills a successor through one of its views: from the smallest successor
// that covers it, if it is understood, and otherwise as it stands, over its source's
// successor.
func (rp *repairer) compute(ctx context.Context, b *builder, r rebuild, t tables.Target, v tables.View) error {
	f := tables.Fill{View: v, Target: t}
	from, err := rp.cover(ctx, b, t, v)
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
	return stage.Compute(ctx, b.s, b.st.Stage, f, from, b.d.Target(v.Source), condition, session.Statement{
		Params:   map[string]any{"first": rp.days.From.StartOfMonth().String(), "after": rp.days.To.StartOfMonth().AddMonths(1).String()},
		Settings: b.cfg.Filling(1, nil)})
}

// cover picks the smallest successor that a view's table can be computed from and
// that holds what the raw table does; nil where there is none. Those of days are
// looked at in the order of their size, until one does.
func (rp *repairer) cover(ctx context.Context, b *builder, t tables.Target, v tables.View) (*tables.Cover, error) {
	if tables.FilledBy(rp.d, t.ID) != 1 {
		return nil, nil
	}
	var covers []tables.Cover
	of := map[string]tables.ID{}
	for _, c := range rp.d.Views {
		if b.done[c.Target] && tables.IsCover(rp.d, c, v) {
			cover := b.d.Cover(c)
			covers, of[cover.Copy] = append(covers, cover), c.Target
		}
	}
	for len(covers) > 0 {
		best, err := b.st.Smallest(ctx, covers)
		if err != nil {
			return nil, err
		}
		id := of[best.Copy]
		agrees := b.covers[id]
		if !agrees {
			agrees, err = rp.agreesOnOthers(ctx, id)
		}
		if err != nil || agrees {
			return best, err
		}
		covers = slices.DeleteFunc(covers, func(c tables.Cover) bool { return c.Copy == best.Copy })
	}
	return nil, nil
}

// monthsCondition chooses the rows of the months that hold the days.
func (rp *repairer) monthsCondition(v tables.View) string {
	for _, k := range v.Grouping.Keys {
		if k.Column == rp.feed.Day {
			return chconn.Ident(k.Column) + " >= {first:Date} AND " + chconn.Ident(k.Column) + " < {after:Date}"
		}
	}
	return ""
}
