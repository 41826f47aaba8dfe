package repair

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// rebuild is what becomes of one table.
type rebuild struct {
	t       tables.Target
	checked count.Table
	now     count.Counts // in what is rebuilt
	whole   bool         // nothing of it stays
	parts   int64        // publish.PartsWitness before anything was read
}

// byDay reports that days of it are rebuilt, and others stay.
func (r rebuild) byDay() bool { return !r.whole && r.checked.Grain == count.ByDay }

// planTables finds every table that the server's views fill from the raw table,
// and what is to be rebuilt of each.
func (rp *repairer) planTables(ctx context.Context) error {
	rp.cfg.Progress.Phase("counting rows in the tables")
	known, err := rp.tables.Tables(ctx)
	if err != nil {
		return err
	}
	byID := map[tables.ID]count.Table{rp.d.Base.ID: rp.tables.RawTable()}
	for _, c := range known {
		byID[c.ID] = c
	}
	all := rp.d.All()
	rp.rebuilds = make([]rebuild, len(all))
	err = session.SideBySide(ctx, rp.cfg.Parallel, all, func(ctx context.Context, i int, t tables.Target) (err error) {
		rp.rebuilds[i], err = rp.planTable(ctx, t, byID[t.ID])
		return err
	})
	if err != nil {
		return err
	}
	if err := rp.expectDays(ctx); err != nil {
		return err
	}
	if err := rp.refuseLoss(ctx); err != nil {
		return err
	}
	for _, r := range rp.rebuilds {
		rp.plan.Tables = append(rp.plan.Tables, rp.planned(r))
	}
	for _, c := range known {
		if c.Views == 0 {
			rp.plan.Notes = append(rp.plan.Notes, fmt.Sprintf("no view fills %s, so it stays as it is: fill it with clickql ingest backfill %s", rp.tables.Shown(c.ID), c.ID.Table))
		}
	}
	if rp.loads.Publishing > 0 {
		rp.plan.Notes = append(rp.plan.Notes, "a batch is half published: the counts of the tables may be off until the next ingest command has finished it")
	}
	return nil
}

// planTable finds what is to be rebuilt of a table and what that holds now. How the table
// is checked is not known where it is filled from another aggregate.
func (rp *repairer) planTable(ctx context.Context, t tables.Target, checked count.Table) (r rebuild, err error) {
	if err := publish.Replaceable(ctx, rp.s, t.ID); err != nil {
		return r, err
	}
	if r = (rebuild{t: t, checked: checked}); checked.ID == (tables.ID{}) {
		r.checked = count.Table{ID: t.ID, Grain: count.Unchecked, Reason: "it is filled from another aggregate"}
	}
	if tables.FilledBy(rp.d, t.ID) > 1 {
		r.checked.Grain, r.checked.Reason = count.Unchecked, "several views fill it"
	}
	r.whole = r.checked.Grain != count.ByDay && r.checked.Grain != count.ByMonth || !slices.Contains(t.Key, chschema.Unquoted(r.checked.Period))
	if t.Engine.Replicated() && !rp.req.DryRun {
		if err := session.CatchUp(ctx, rp.s, t.Database, t.Table); err != nil {
			return r, err
		}
	}
	if r.parts, err = publish.Parts(ctx, rp.s, t.ID); err == nil && r.checked.Grain != count.Unchecked {
		r.now, err = rp.observe(ctx, r, t.ID)
	}
	return r, err
}

// observe counts what is rebuilt of a table, in it or in its successor.
func (rp *repairer) observe(ctx context.Context, r rebuild, id tables.ID) (count.Counts, error) {
	c := r.checked
	if c.ID = id; r.whole {
		return rp.tables.Observe(ctx, c)
	}
	return rp.tables.ObserveDays(ctx, c, rp.days)
}

// refuseLoss refuses to compute tables from the raw table that hold more than it
// can give.
func (rp *repairer) refuseLoss(ctx context.Context) error {
	for _, r := range rp.rebuilds[1:] {
		for _, v := range rp.d.Views {
			if v.Target != r.t.ID || !rp.needsKept(r, v) {
				continue
			}
			covered := false
			for _, c := range rp.d.Views {
				if covered || !tables.IsCover(rp.d, c, v) || tables.FilledBy(rp.d, r.t.ID) != 1 {
					continue
				}
				var err error
				if covered, err = rp.agreesOnOthers(ctx, c.Target); err != nil {
					return err
				}
			}
			if !covered {
				return rp.wouldLose(r)
			}
		}
	}
	return nil
}

// needsKept reports that a view of the raw table computes what holds days that
// the raw table lacks.
func (rp *repairer) needsKept(r rebuild, v tables.View) bool {
	if v.Source != rp.d.Base.ID || r.byDay() {
		return false
	}
	periods := rp.periods(r)
	return slices.ContainsFunc(rp.totals.kept, func(d cube.Day) bool { return r.whole || periods[r.checked.Grain.Period(d)] })
}

// wouldLose is that refusal.
func (rp *repairer) wouldLose(r rebuild) error {
	return fmt.Errorf("repair %s: %s has no rows of %s (days of which only aggregates hold any: %d), and no table of days that agrees with it on all others can give what %s holds of them, which would be lost: "+
		"repair those days first, or all together with --from and --to; or make a table of days agree (clickql ingest verify names those that do not)",
		rp.days, rp.d.Base, rp.totals.kept[0], len(rp.totals.kept), rp.tables.Shown(r.t.ID))
}

// want is what should be in what is rebuilt of a table, at its grain.
func (rp *repairer) want(r rebuild) count.Counts {
	days := rp.totals.all
	if r.checked.Count == "count()" {
		days = rp.totals.raw
	}
	then := count.Fold(r.checked.Grain, days)
	if r.whole {
		return then
	}
	out := count.Counts{Counts: maps.Clone(r.now.Counts)}
	for p := range rp.periods(r) {
		out.Counts[p] = then.Counts[p]
	}
	return out
}

// periods lists the days or months that are rebuilt of a table.
func (rp *repairer) periods(r rebuild) map[cube.Day]bool {
	periods := map[cube.Day]bool{}
	for d := rp.days.From; d <= rp.days.To; d++ {
		periods[r.checked.Grain.Period(d)] = true
	}
	return periods
}

// planned describes what becomes of a table.
func (rp *repairer) planned(r rebuild) Table {
	t := Table{Table: rp.tables.Shown(r.t.ID), Grain: r.checked.Grain, Reason: r.checked.Reason}
	switch {
	case r.checked.Grain == count.Unchecked:
		return t
	case r.checked.Grain == count.FirstLast:
		t.Reason = "it holds no counts"
		return t
	case r.whole:
		t.Grain = count.InTotal
	}
	want, now, then := rp.want(r), int64(0), int64(0)
	for p := range rp.periods(r) {
		now, then = now+r.now.Counts[p], then+want.Counts[p]
	}
	if r.whole {
		now, then = r.now.Total(), want.Total()
	}
	t.Now, t.Then = &now, &then
	return t
}

// agrees compares a successor with what it should hold.
func (rp *repairer) agrees(ctx context.Context, r rebuild, next tables.ID) error {
	if r.checked.Grain == count.Unchecked {
		return nil
	}
	found, err := rp.observe(ctx, r, next)
	if err != nil {
		return err
	}
	want := rp.want(r)
	switch differ := r.checked.Grain.Compare(found, want); {
	case len(differ) == 0:
		return nil
	case r.checked.Grain == count.FirstLast:
		return fmt.Errorf("repair %s: the successor of %s holds the days %s to %s and should hold %s to %s; nothing was changed",
			rp.days, r.t.ID, found.Ends[0], found.Ends[1], want.Ends[0], want.Ends[1])
	default:
		return fmt.Errorf("repair %s: the successor of %s holds %d downloads of %s and should hold %d: something else writes to the tables; stop it and run this again; nothing was changed",
			rp.days, r.t.ID, differ[0].A, differ[0].Period, differ[0].B)
	}
}

// swaps lists what becomes public.
func (rp *repairer) swaps(ctx context.Context, at *publish.Passage) ([]ledger.Swap, error) {
	var swaps []ledger.Swap
	for _, r := range rp.rebuilds {
		put, err := at.W.P.SwapsOf(ctx, at.Line.Batch, at.Stage, tables.Successor(r.t.Copy), r.t)
		if err != nil {
			return nil, err
		}
		if r.t.Engine.Replicated() {
			if err := rp.unchanged(ctx, r); err != nil {
				return nil, err
			}
		} else {
			put[0].Witness, put[0].Before = publish.PartsWitness, r.parts
		}
		swaps = append(swaps, put...)
	}
	return swaps, nil
}

// unchanged refuses a table that does not hold any more what it held when its successor
// was built.
func (rp *repairer) unchanged(ctx context.Context, r rebuild) error {
	now, err := publish.Parts(ctx, rp.s, r.t.ID)
	if err == nil && now != r.parts {
		err = fmt.Errorf("repair %s: something other than clickql ingest has written to %s meanwhile; stop that for a while and run this again; nothing was changed", rp.days, r.t.ID)
	}
	return err
}
