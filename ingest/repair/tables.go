package repair

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/tables"
	"clickql/internal/cube"
)

// dayTotals is what the tables should hold after a repair, by day.
type dayTotals struct {
	raw map[cube.Day]int64 // the raw table's rows
	// all adds the days that the raw table has no rows of and tables of days do.
	all  map[cube.Day]int64
	kept []cube.Day // those days, in their order
}

// rebuild is what becomes of one table.
type rebuild struct {
	t       tables.Target
	checked count.Table
	now     count.Counts
	whole   bool // nothing of it stays
}

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
	for _, t := range rp.d.All() {
		if _, err := publish.Exchangeable(ctx, rp.s, t.ID); err != nil {
			return err
		}
		r := rebuild{t: t, checked: byID[t.ID]}
		if r.checked.ID == (tables.ID{}) {
			r.checked = count.Table{ID: t.ID, Grain: count.Unchecked, Reason: "it is filled from another aggregate"}
		}
		if tables.FilledBy(rp.d, t.ID) > 1 {
			r.checked.Grain, r.checked.Reason = count.Unchecked, "several views fill it"
		}
		r.whole = r.checked.Grain != count.ByDay && r.checked.Grain != count.ByMonth || !slices.Contains(t.Key, tables.Unquote(r.checked.Period))
		if r.checked.Grain != count.Unchecked {
			if r.now, err = rp.tables.Observe(ctx, r.checked); err != nil {
				return err
			}
		}
		rp.rebuilds = append(rp.rebuilds, r)
	}
	rp.expectDays()
	if err := rp.refuseLoss(); err != nil {
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

// expectDays says what each day should hold afterwards.
func (rp *repairer) expectDays() {
	raw := map[cube.Day]int64{}
	for d, n := range rp.rebuilds[0].now.Counts {
		if n != 0 && !rp.days.Holds(d) {
			raw[d] = n
		}
	}
	kept := rp.keptDays(raw)
	for d := rp.days.From; d <= rp.days.To; d++ {
		if of := rp.source.Days[d]; of != nil {
			raw[d] = of.Rows
		}
	}
	all := maps.Clone(raw)
	maps.Copy(all, kept)
	rp.totals = dayTotals{raw: raw, all: all, kept: slices.Sorted(maps.Keys(kept))}
}

// keptDays is what tables of days hold of days that the raw table has no row of:
// rows that were dropped when they were old, or lost. What most of the tables say
// holds. Between the raw table's days one of several is not believed: rows were
// put into it.
func (rp *repairer) keptDays(raw map[cube.Day]int64) map[cube.Day]int64 {
	first := cube.MaxDay
	for d := range raw {
		first = min(first, d)
	}
	says := map[cube.Day]map[int64]int{} // tables by what they hold of the day
	tables := 0
	for _, r := range rp.rebuilds[1:] {
		if r.whole || r.checked.Grain != count.ByDay {
			continue
		}
		tables++
		for d, n := range r.now.Counts {
			if n == 0 || raw[d] != 0 || rp.days.Holds(d) {
				continue
			}
			if says[d] == nil {
				says[d] = map[int64]int{}
			}
			says[d][n]++
		}
	}
	kept := map[cube.Day]int64{}
	for d, counts := range says {
		most := 0
		for n, say := range counts {
			if say > most || say == most && n > kept[d] {
				most, kept[d] = say, n
			}
		}
		if most < min(2, tables) && d > first {
			delete(kept, d)
		}
	}
	return kept
}

// refuseLoss refuses to compute tables from the raw table that hold more than it
// can give.
func (rp *repairer) refuseLoss() error {
	for _, r := range rp.rebuilds[1:] {
		for _, v := range rp.d.Views {
			if v.Target != r.t.ID || !rp.needsKept(r, v) {
				continue
			}
			covered := func(c tables.View) bool {
				return tables.IsCover(rp.d, c, v) && tables.FilledBy(rp.d, r.t.ID) == 1 && slices.ContainsFunc(rp.rebuilds, func(o rebuild) bool {
					return o.t.ID == c.Target && !o.whole && o.checked.Grain == count.ByDay && len(count.Differing(rp.want(o).Counts, rp.totals.all)) == 0
				})
			}
			if !slices.ContainsFunc(rp.d.Views, covered) {
				return rp.wouldLose(r)
			}
		}
	}
	return nil
}

// needsKept reports that a view of the raw table computes what holds days that
// the raw table lacks.
func (rp *repairer) needsKept(r rebuild, v tables.View) bool {
	if v.Source != rp.d.Base.ID || !r.whole && r.checked.Grain == count.ByDay {
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

// want is what a table should hold after the repair, at its grain: what it
// holds now, and what the days make of what is rebuilt.
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
func (rp *repairer) agrees(ctx context.Context, r rebuild, next tables.ID) (count.Counts, error) {
	c := r.checked
	if c.ID = next; c.Grain == count.Unchecked {
		return count.Counts{}, nil
	}
	found, err := rp.tables.Observe(ctx, c)
	if err != nil {
		return found, err
	}
	want := rp.want(r)
	switch differ := c.Grain.Compare(found, want); {
	case len(differ) == 0:
		return found, nil
	case c.Grain == count.FirstLast:
		return found, fmt.Errorf("repair %s: the successor of %s holds the days %s to %s and should hold %s to %s; nothing was changed",
			rp.days, r.t.ID, found.Ends[0], found.Ends[1], want.Ends[0], want.Ends[1])
	default:
		return found, fmt.Errorf("repair %s: the successor of %s holds %d downloads of %s and should hold %d: something else writes to the tables; stop it and run this again; nothing was changed",
			rp.days, r.t.ID, differ[0].A, differ[0].Period, differ[0].B)
	}
}

// swaps lists what becomes public.
func (rp *repairer) swaps(ctx context.Context, at *publish.Passage) ([]ledger.Swap, error) {
	var swaps []ledger.Swap
	for _, r := range rp.rebuilds {
		l, err := at.W.P.SwapOf(ctx, at.Line.Batch, at.Stage, tables.Successor(r.t.Copy), r.t.ID)
		if err != nil {
			return nil, err
		}
		if r.checked.Count != "" && r.checked.Grain != count.Unchecked {
			l.Witness, l.Before = r.checked.Count, r.now.Total()
		}
		swaps = append(swaps, l)
	}
	return swaps, nil
}
