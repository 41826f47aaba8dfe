package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// dayTotals is what the tables should hold after a repair, by day.
type dayTotals struct {
	raw map[day]int64 // the raw table's rows
	// all adds the days that the raw table has no rows of and tables of days do.
	all  map[day]int64
	kept []day // those days, in their order
}

// rebuild is what becomes of one table.
type rebuild struct {
	t       target
	checked checked
	now     observed
	whole   bool // nothing of it stays
}

// planTables finds every table that the server's views fill from the raw table,
// and what is to be rebuilt of each.
func (rp *repairer) planTables(ctx context.Context) error {
	known, err := rp.tables.tables(ctx)
	if err != nil {
		return err
	}
	byID := map[tableID]checked{rp.d.Base.tableID: rp.tables.rawTable()}
	for _, c := range known {
		byID[c.id] = c
	}
	for _, t := range rp.d.all() {
		if _, err := exchangeable(ctx, rp.s, t.tableID); err != nil {
			return err
		}
		r := rebuild{t: t, checked: byID[t.tableID]}
		if r.checked.id == (tableID{}) {
			r.checked = checked{id: t.tableID, grain: Unchecked, reason: "it is filled from another aggregate"}
		}
		if filledBy(rp.d, t.tableID) > 1 {
			r.checked.grain, r.checked.reason = Unchecked, "several views fill it"
		}
		r.whole = r.checked.grain != ByDay && r.checked.grain != ByMonth || !slices.Contains(t.Key, unquote(r.checked.period))
		if r.checked.grain != Unchecked {
			if r.now, err = rp.tables.observe(ctx, r.checked); err != nil {
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
		if c.views == 0 {
			rp.plan.Notes = append(rp.plan.Notes, fmt.Sprintf("no view fills %s, so it stays as it is: fill it with clickql ingest backfill %s", rp.tables.shown(c.id), c.id.Table))
		}
	}
	if rp.loads.Publishing > 0 {
		rp.plan.Notes = append(rp.plan.Notes, "a batch is half published: the counts of the tables may be off until the next ingest command has finished it")
	}
	return nil
}

// expectDays says what each day should hold afterwards.
func (rp *repairer) expectDays() {
	raw := map[day]int64{}
	for d, n := range rp.rebuilds[0].now.counts {
		if n != 0 && !rp.days.holds(d) {
			raw[d] = n
		}
	}
	kept := rp.keptDays(raw)
	for d := rp.days.from; d <= rp.days.to; d++ {
		raw[d] = rp.source.days[d].rows
	}
	all := maps.Clone(raw)
	maps.Copy(all, kept)
	rp.totals = dayTotals{raw: raw, all: all, kept: slices.Sorted(maps.Keys(kept))}
}

// keptDays is what tables of days hold of days that the raw table has no row of:
// rows that were dropped when they were old, or lost. What most of the tables say
// holds. Between the raw table's days one of several is not believed: rows were
// put into it.
func (rp *repairer) keptDays(raw map[day]int64) map[day]int64 {
	first := noDay
	for d := range raw {
		first = min(first, d)
	}
	says := map[day]map[int64]int{} // tables by what they hold of the day
	tables := 0
	for _, r := range rp.rebuilds[1:] {
		if r.whole || r.checked.grain != ByDay {
			continue
		}
		tables++
		for d, n := range r.now.counts {
			if n == 0 || raw[d] != 0 || rp.days.holds(d) {
				continue
			}
			if says[d] == nil {
				says[d] = map[int64]int{}
			}
			says[d][n]++
		}
	}
	kept := map[day]int64{}
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
			if v.Target != r.t.tableID || !rp.needsKept(r, v) {
				continue
			}
			covered := func(c view) bool {
				return isCover(rp.d, c, v) && filledBy(rp.d, r.t.tableID) == 1 && slices.ContainsFunc(rp.rebuilds, func(o rebuild) bool {
					return o.t.tableID == c.Target && !o.whole && o.checked.grain == ByDay && len(differing(rp.want(o).counts, rp.totals.all)) == 0
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
func (rp *repairer) needsKept(r rebuild, v view) bool {
	if v.Source != rp.d.Base.tableID || !r.whole && r.checked.grain == ByDay {
		return false
	}
	periods := rp.periods(r)
	return slices.ContainsFunc(rp.totals.kept, func(d day) bool { return r.whole || periods[r.checked.grain.period(d)] })
}

// wouldLose is that refusal.
func (rp *repairer) wouldLose(r rebuild) error {
	return fmt.Errorf("repair %s: %s has no rows of %s (days of which only aggregates hold any: %d), and no table of days that agrees with it on all others can give what %s holds of them, which would be lost: "+
		"repair those days first, or all together with --from and --to; or make a table of days agree (clickql ingest verify names those that do not)",
		rp.days, rp.d.Base, rp.totals.kept[0], len(rp.totals.kept), rp.tables.shown(r.t.tableID))
}

// want is what a table should hold after the repair, at its grain: what it
// holds now, and what the days make of what is rebuilt.
func (rp *repairer) want(r rebuild) observed {
	days := rp.totals.all
	if r.checked.count == "count()" {
		days = rp.totals.raw
	}
	then := fold(r.checked.grain, days)
	if r.whole {
		return then
	}
	out := observed{counts: maps.Clone(r.now.counts)}
	for p := range rp.periods(r) {
		out.counts[p] = then.counts[p]
	}
	return out
}

// periods lists the days or months that are rebuilt of a table.
func (rp *repairer) periods(r rebuild) map[day]bool {
	periods := map[day]bool{}
	for d := rp.days.from; d <= rp.days.to; d++ {
		periods[r.checked.grain.period(d)] = true
	}
	return periods
}

// planned describes what becomes of a table.
func (rp *repairer) planned(r rebuild) RepairTable {
	t := RepairTable{Table: rp.tables.shown(r.t.tableID), Grain: r.checked.grain, Reason: r.checked.reason}
	switch {
	case r.checked.grain == Unchecked:
		return t
	case r.checked.grain == FirstLast:
		t.Reason = "it holds no counts"
		return t
	case r.whole:
		t.Grain = InTotal
	}
	want, now, then := rp.want(r), int64(0), int64(0)
	for p := range rp.periods(r) {
		now, then = now+r.now.counts[p], then+want.counts[p]
	}
	if r.whole {
		now, then = r.now.total(), want.total()
	}
	t.Now, t.Then = &now, &then
	return t
}

// agrees compares a successor with what it should hold.
func (rp *repairer) agrees(ctx context.Context, r rebuild, next tableID) (observed, error) {
	c := r.checked
	if c.id = next; c.grain == Unchecked {
		return observed{}, nil
	}
	found, err := rp.tables.observe(ctx, c)
	if err != nil {
		return found, err
	}
	want := rp.want(r)
	if c.grain == FirstLast {
		if found.ends == want.ends {
			return found, nil
		}
		return found, fmt.Errorf("repair %s: the successor of %s holds the days %s to %s and should hold %s to %s; nothing was changed",
			rp.days, r.t.tableID, found.ends[0], found.ends[1], want.ends[0], want.ends[1])
	}
	for _, p := range differing(found.counts, want.counts) {
		return found, fmt.Errorf("repair %s: the successor of %s holds %d downloads of %s and should hold %d: something else writes to the tables; stop it and run this again; nothing was changed",
			rp.days, r.t.tableID, found.counts[p], c.grain.write(p), want.counts[p])
	}
	return found, nil
}

// swaps lists what becomes public.
func (rp *repairer) swaps(ctx context.Context, at *passage) ([]swapLine, error) {
	var swaps []swapLine
	for _, r := range rp.rebuilds {
		l, err := at.w.p.swapOf(ctx, at.line.Batch, at.stage, successor(r.t.Staged), r.t.tableID)
		if err != nil {
			return nil, err
		}
		if r.checked.count != "" && r.checked.grain != Unchecked {
			l.Witness, l.Before = r.checked.count, r.now.total()
		}
		swaps = append(swaps, l)
	}
	return swaps, nil
}
