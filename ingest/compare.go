package ingest

import (
	"context"
	"maps"
	"slices"
)

// compare compares every table with the source.
func (v *verifier) compare(ctx context.Context) error {
	v.cfg.Progress.phase("counting rows in the tables")
	raw := v.tables.rawTable()
	tables, err := v.tables.tables(ctx)
	if err != nil {
		return err
	}
	inRaw, err := v.tables.observe(ctx, raw)
	if err != nil {
		return err
	}
	want := v.expect(inRaw)
	v.compareTable(raw, inRaw, inRaw, want)
	agree := map[tableID]bool{} // with the raw table
	for _, c := range tables {
		if c.grain == Unchecked {
			v.out.Tables = append(v.out.Tables, TableCheck{Table: v.tables.shown(c.id), Grain: c.grain, Reason: c.reason})
			continue
		}
		found, err := v.tables.observe(ctx, c)
		if err != nil {
			return err
		}
		agree[c.id] = c.grain == ByDay && maps.Equal(found.counts, inRaw.counts)
		v.compareTable(c, found, inRaw, want)
		if c.views == 0 && v.out.Tables[len(v.out.Tables)-1].Differing == 0 {
			v.notef("no view fills %s, so that it lacks what is loaded from now on: fill it with clickql ingest backfill%s %s", v.tables.shown(c.id), v.cfg.Repeat, ShellQuote(c.id.Table))
		}
	}
	now, err := v.tables.observe(ctx, raw)
	if err != nil {
		return err
	}
	if len(differing(now.counts, inRaw.counts)) > 0 {
		v.notef("rows came into %s or left it while the tables were read, so that they were read at different moments; run this again when that has ended", v.tables.shown(raw.id))
	}
	return v.compareEachKey(ctx, tables, agree)
}

// compareEachKey looks at each key of the tables of first and last days that are
// right as a whole, once the raw table is.
func (v *verifier) compareEachKey(ctx context.Context, tables []checked, agree map[tableID]bool) error {
	for _, c := range tables {
		i := slices.IndexFunc(v.out.Tables, func(t TableCheck) bool { return t.Table == v.tables.shown(c.id) })
		if c.grain != FirstLast || len(c.keys) == 0 || v.out.Tables[i].Differing > 0 || v.out.Tables[0].Differing > 0 {
			continue
		}
		before := len(v.out.Differences)
		if err := v.compareKeys(ctx, c, tables, agree); err != nil {
			return err
		}
		v.out.Tables[i].Differing = len(v.out.Differences) - before
	}
	return nil
}

// expect is what the raw table should hold by day: what the source does, and
// where the source is only a part of what is loaded, on other days what the raw
// table itself does.
func (v *verifier) expect(inRaw observed) map[day]int64 {
	want := map[day]int64{}
	if !v.whole {
		maps.Copy(want, inRaw.counts)
	}
	for d, c := range v.source.days {
		want[d] = c.rows
	}
	return want
}

// expectFor is what a table should hold. Months and totals of a part of the
// source cannot be known: they are those of the raw table.
func (v *verifier) expectFor(c checked, inRaw observed, want map[day]int64) observed {
	if c.grain != ByDay && !v.whole {
		want = inRaw.counts
	}
	return fold(c.grain, want)
}

// compareTable reports how one table differs.
func (v *verifier) compareTable(c checked, found, inRaw observed, want map[day]int64) {
	check := TableCheck{Table: v.tables.shown(c.id), Grain: c.grain}
	expected := v.expectFor(c, inRaw, want)
	before := len(v.out.Differences)
	if c.grain == FirstLast {
		v.compareEnds(c, found, fold(FirstLast, inRaw.counts), expected)
	} else {
		wanted, has := expected.total(), found.total()
		check.Expected, check.Found = &wanted, &has
		v.compareCounts(c, found, fold(c.grain, inRaw.counts), expected)
	}
	check.Differing = len(v.out.Differences) - before
	v.out.Tables = append(v.out.Tables, check)
}

// compareCounts reports the periods that differ.
func (v *verifier) compareCounts(c checked, found, inRaw, expected observed) {
	e := evidence{table: c, raw: c.count == "count()", found: found, inRaw: inRaw, expected: expected, loads: v.loads}
	e.late = e.missesStart()
	v.differences(e, func(p day) periodFiles { return v.source.filesOf(c.grain, p) })
}

// differences reports the periods in which one table's counts differ from what is
// expected; files gives those that may explain it.
func (v *verifier) differences(e evidence, files func(p day) periodFiles) (n int) {
	c, found, expected := e.table, e.found.counts, e.expected.counts
	for _, p := range differing(found, expected) {
		n++
		d := Difference{Table: v.tables.shown(c.id), Grain: c.grain, Period: c.grain.write(p), Expected: expected[p], Found: found[p]}
		verdict := e.judge(p, files(p))
		d.judge(c, p, verdict, e.mends(p, verdict.cause))
		v.out.Differences = append(v.out.Differences, d)
	}
	return n
}

// compareEnds reports a wrong first or last day.
func (v *verifier) compareEnds(c checked, found, inRaw, expected observed) {
	for i, end := range []string{"first day", "last day"} {
		if found.ends[i] == expected.ends[i] {
			continue
		}
		d := Difference{Table: v.tables.shown(c.id), Grain: FirstLast, Period: end, Expected: int64(expected.ends[i]), Found: int64(found.ends[i])}
		verdict := judgeEnd(c, i, found.ends[i], inRaw.ends[i], expected.ends[i])
		d.judge(c, 0, verdict, evidence{}.mends(0, verdict.cause))
		v.out.Differences = append(v.out.Differences, d)
	}
}
