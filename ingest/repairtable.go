package ingest

import (
	"context"
	"fmt"
	"maps"
)

// dayTotals is what the tables should hold after a repair, by day.
type dayTotals struct {
	raw map[day]int64 // the raw table's rows
	// all adds the days before the raw table's first that tables of days hold:
	// raw rows are sometimes dropped when they are old.
	all   map[day]int64
	older bool // all holds such days
}

// rebuild is what becomes of one table.
type rebuild struct {
	target
	checked checked
	now     observed
	whole   bool // nothing of it stays
}

// planTables finds every table that the server's views fill from the raw table,
// and what is to be rebuilt of each.
func (rp *repairer) planTables(ctx context.Context) error {
	known, err := rp.tables(ctx)
	if err != nil {
		return err
	}
	byID := map[tableID]checked{rp.d.Base.tableID: rp.rawTable()}
	for _, c := range known {
		byID[c.tableID] = c
	}
	for _, t := range rp.d.all() {
		r := rebuild{target: t, checked: byID[t.tableID]}
		if r.checked.tableID == (tableID{}) {
			r.checked = checked{tableID: t.tableID, grain: Unchecked, reason: "it is filled from another aggregate"}
		}
		if filledBy(rp.d, t.tableID) > 1 {
			r.checked.grain, r.checked.reason = Unchecked, "several views fill it"
		}
		r.whole = r.checked.grain != ByDay && r.checked.grain != ByMonth || !contains(t.Key, unquote(r.checked.period))
		if r.checked.grain != Unchecked {
			if r.now, err = rp.observe(ctx, r.checked); err != nil {
				return err
			}
		}
		rp.rebuilds = append(rp.rebuilds, r)
	}
	rp.expectDays()
	for _, r := range rp.rebuilds {
		rp.plan.Tables = append(rp.plan.Tables, rp.planned(r))
	}
	for _, c := range known {
		if c.views == 0 {
			rp.plan.Notes = append(rp.plan.Notes, fmt.Sprintf("no view fills %s, so it stays as it is: fill it with clickql ingest backfill %s", rp.shown(c.tableID), c.Table))
		}
	}
	if rp.loads.Publishing > 0 {
		rp.plan.Notes = append(rp.plan.Notes, "a batch is half published: the counts of the tables may be off until the next ingest command has finished it")
	}
	return nil
}

// within reports one of the repaired days.
func (rp *repairer) within(d day) bool { return d >= rp.from && d <= rp.to }

// expectDays says what each day should hold afterwards.
func (rp *repairer) expectDays() {
	now := rp.rebuilds[0].now.counts
	raw := map[day]int64{}
	first := day(1<<16 - 1)
	for d, n := range now {
		if n != 0 && !rp.within(d) {
			raw[d], first = n, min(first, d)
		}
	}
	var older map[day]int64
	var most int64
	for _, r := range rp.rebuilds[1:] {
		if r.whole || r.checked.grain != ByDay {
			continue
		}
		if past, n := rp.past(r.now.counts, raw, first); n > most {
			older, most = past, n
		}
	}
	for d := rp.from; d <= rp.to; d++ {
		raw[d] = rp.source.days[d].rows
	}
	all := maps.Clone(raw)
	maps.Copy(all, older)
	rp.days = dayTotals{raw: raw, all: all, older: most > 0}
}

// past is what a table of days holds before the raw table's first day, if it
// agrees with the raw table from there on; the repaired days do not count.
func (rp *repairer) past(counts, raw map[day]int64, first day) (map[day]int64, int64) {
	past, total := map[day]int64{}, int64(0)
	for d, n := range counts {
		switch {
		case rp.within(d) || n == 0:
		case d < first:
			past[d], total = n, total+n
		case raw[d] != n:
			return nil, 0
		}
	}
	for d, n := range raw {
		if counts[d] != n {
			return nil, 0
		}
	}
	return past, total
}

// want is what a table should hold after the repair, at its grain: what it
// holds now, and what the days make of what is rebuilt.
func (rp *repairer) want(r rebuild) observed {
	days := rp.days.all
	if r.checked.count == "count()" {
		days = rp.days.raw
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
	for d := rp.from; d <= rp.to; d++ {
		periods[r.checked.grain.period(d)] = true
	}
	return periods
}

// planned describes what becomes of a table.
func (rp *repairer) planned(r rebuild) RepairTable {
	t := RepairTable{Table: rp.shown(r.tableID), Grain: r.checked.grain, Reason: r.checked.reason}
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
	if c.tableID = next; c.grain == Unchecked {
		return observed{}, nil
	}
	found, err := rp.observe(ctx, c)
	if err != nil {
		return found, err
	}
	want := rp.want(r)
	if c.grain == FirstLast {
		if found.ends == want.ends {
			return found, nil
		}
		return found, fmt.Errorf("repair %s: the successor of %s holds the days %s to %s and should hold %s to %s; nothing was changed",
			rp.span(), r.tableID, found.ends[0], found.ends[1], want.ends[0], want.ends[1])
	}
	for _, counts := range []map[day]int64{found.counts, want.counts} {
		for p := range counts {
			if found.counts[p] != want.counts[p] {
				return found, fmt.Errorf("repair %s: the successor of %s holds %d downloads of %s and should hold %d: something else writes to the tables; stop it and run this again; nothing was changed",
					rp.span(), r.tableID, found.counts[p], c.grain.write(p), want.counts[p])
			}
		}
	}
	return found, nil
}

// swaps lists what becomes public.
func (rp *repairer) swaps(ctx context.Context, w *work) ([]swapLine, error) {
	var swaps []swapLine
	for _, r := range rp.rebuilds {
		l, err := rp.p.swapOf(ctx, w.batch.Name, w.stage, successor(r.Staged), r.tableID)
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
