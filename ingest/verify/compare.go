package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/cube"
)

// compare compares every table with the source.
func (v *verifier) compare(ctx context.Context) error {
	v.cfg.Progress.Phase("counting rows in the tables")
	raw := v.tables.RawTable()
	derived, err := v.tables.Tables(ctx)
	if err != nil {
		return err
	}
	inRaw, rawProjects, err := v.tables.ObserveProjects(ctx, raw)
	if err != nil {
		return err
	}
	had := inRaw.With(v.retired) // what was dropped on purpose included
	want := v.expect(had)
	v.compareTable(raw, inRaw, inRaw, v.left(want))
	if err := v.compareProjects(ctx, raw, inRaw, rawProjects, rawProjects); err != nil {
		return err
	}
	agree := map[tables.ID]bool{} // with the raw table
	for _, c := range derived {
		if c.Grain == count.Unchecked {
			v.out.Tables = append(v.out.Tables, Table{Table: v.tables.Shown(c.ID), Grain: c.Grain, Reason: c.Reason})
			continue
		}
		found, projects, err := v.tables.ObserveProjects(ctx, c)
		if err != nil {
			return err
		}
		agree[c.ID] = c.Grain == count.ByDay && len(c.Grain.Compare(found, had)) == 0
		v.compareTable(c, found, had, want)
		if err := v.compareProjects(ctx, c, found, projects, rawProjects); err != nil {
			return err
		}
		if c.Views == 0 && v.out.Tables[len(v.out.Tables)-1].Differing == 0 {
			v.notef("no view fills %s, so that it lacks what is loaded from now on: fill it with clickql ingest backfill%s %s", v.tables.Shown(c.ID), v.cfg.Repeat, ShellQuote(c.ID.Table))
		}
	}
	now, err := v.tables.Observe(ctx, raw)
	if err != nil {
		return err
	}
	if len(now.Counts.Differing(inRaw.Counts)) > 0 {
		v.notef("rows came into %s or left it while the tables were read, so that they were read at different moments; run this again when that has ended", v.tables.Shown(raw.ID))
	}
	return v.compareEachKey(ctx, derived, agree)
}

// compareEachKey looks at each key of the tables of first and last days that are
// right as a whole, once the raw table is.
func (v *verifier) compareEachKey(ctx context.Context, derived []count.Table, agree map[tables.ID]bool) error {
	for _, c := range derived {
		i := slices.IndexFunc(v.out.Tables, func(t Table) bool { return t.Table == v.tables.Shown(c.ID) })
		if c.Grain != count.FirstLast || len(c.Keys) == 0 || v.out.Tables[i].Differing > 0 || v.out.Tables[0].Differing > 0 {
			continue
		}
		before := len(v.out.Differences)
		if err := v.compareKeys(ctx, c, derived, agree); err != nil {
			return err
		}
		v.out.Tables[i].Differing = len(v.out.Differences) - before
	}
	return nil
}

// left is what the raw table should hold of what was counted.
func (v *verifier) left(want map[cube.Day]int64) map[cube.Day]int64 {
	days := maps.Clone(want)
	for d, n := range v.retired {
		days[d] -= n
	}
	return days
}

// expect is what has been counted by day: what the source holds, and where the source
// is only a part of what is loaded, on other days what the raw table itself has held.
func (v *verifier) expect(inRaw count.Counts) map[cube.Day]int64 {
	want := map[cube.Day]int64{}
	if !v.whole {
		maps.Copy(want, inRaw.Counts)
	}
	for d, c := range v.source.Days {
		want[d] = c.Rows
	}
	return want
}

// expectFor is what a table should hold. Months and totals of a part of the
// source cannot be known: they are those of the raw table.
func (v *verifier) expectFor(c count.Table, inRaw count.Counts, want map[cube.Day]int64) count.Counts {
	if c.Grain != count.ByDay && !v.whole {
		want = inRaw.Counts
	}
	return count.Fold(c.Grain, want)
}

// compareTable reports how one table differs.
func (v *verifier) compareTable(c count.Table, found, inRaw count.Counts, want map[cube.Day]int64) {
	check := Table{Table: v.tables.Shown(c.ID), Grain: c.Grain}
	expected := v.expectFor(c, inRaw, want)
	before := len(v.out.Differences)
	if c.Grain == count.FirstLast {
		v.compareEnds(c, found, count.Fold(count.FirstLast, inRaw.Counts), expected)
	} else {
		check.Expected, check.Found = new(expected.Total()), new(found.Total())
		v.compareCounts(c, found, count.Fold(c.Grain, inRaw.Counts), expected)
	}
	check.Differing = len(v.out.Differences) - before
	v.out.Tables = append(v.out.Tables, check)
}

// compareCounts reports the periods that differ.
func (v *verifier) compareCounts(c count.Table, found, inRaw, expected count.Counts) {
	e := evidence{table: c, raw: c.Count == "count()", found: found, inRaw: inRaw, expected: expected, loads: v.loads}
	e.late = e.missesStart()
	v.differences(e, func(p cube.Day) count.PeriodFiles { return v.source.FilesOf(c.Grain, p) })
}

// differences reports the periods in which one table's counts differ from what is
// expected; files gives those that may explain it.
func (v *verifier) differences(e evidence, files func(p cube.Day) count.PeriodFiles) (n int) {
	c := e.table
	for _, at := range c.Grain.Compare(e.found, e.expected) {
		n++
		verdict := e.judge(at.At, files(at.At))
		v.differ(c, at, at.At, verdict, e.mends(at.At, verdict.cause))
	}
	return n
}

// compareEnds reports a wrong first or last day.
func (v *verifier) compareEnds(c count.Table, found, inRaw, expected count.Counts) {
	for _, at := range c.Grain.Compare(found, expected) {
		i := int(at.At)
		verdict := judgeEnd(c, i, found.Ends[i], inRaw.Ends[i], expected.Ends[i])
		v.differ(c, at, 0, verdict, evidence{}.mends(0, verdict.cause))
	}
}

// differ reports one difference, with its cause and what mends it.
func (v *verifier) differ(c count.Table, at count.Difference, day cube.Day, cause verdictOn, m mend) {
	d := Difference{Table: v.tables.Shown(c.ID), Grain: c.Grain, Period: at.Period, Expected: at.B, Found: at.A}
	d.judge(c, day, cause, m)
	v.out.Differences = append(v.out.Differences, d)
}

// compareKeys looks whether each key of a table of first and last days, such as
// each project, has those of the downloads: the ends of all may be right where
// one is wrong. The days of each come from the table of days with the fewest
// columns that holds the keys and agrees with the raw table, or from that.
func (v *verifier) compareKeys(ctx context.Context, c count.Table, derived []count.Table, agree map[tables.ID]bool) error {
	from, dayColumn := v.tables.RawTable().ID, chconn.Ident(v.tables.Day)
	least := 0
	for _, t := range derived {
		if d, covers := t.DayOf(c, v.tables.Day); covers && agree[t.ID] && (least == 0 || len(t.Keys) < least) {
			from, dayColumn, least = t.ID, chconn.Ident(d), len(t.Keys)
		}
	}
	if least == 0 && len(v.retired) > 0 {
		v.notef("the first and last days of each key in %s were not compared: no table of days that agrees holds the days that were dropped from the raw table", v.tables.Shown(c.ID))
		return nil
	}
	var right, all, found uint64
	keys, ours := c.KeyColumns(), c.SourceColumns()
	// Both sides as rows of one relation, so that grouping may spill to disk.
	err := v.tables.S.Row(ctx, session.Statement{Settings: v.cfg.Spilling(nil), SQL: `SELECT countIf(of = 3 AND f1 = f2 AND l1 = l2), countIf(bitAnd(of, 2) > 0), countIf(bitAnd(of, 1) > 0) FROM (
			SELECT groupBitOr(side) AS of, anyIf(first, side = 1) AS f1, anyIf(first, side = 2) AS f2, anyIf(last, side = 1) AS l1, anyIf(last, side = 2) AS l2 FROM (
				SELECT ` + strings.Join(keys, ", ") + `, 1 AS side, toDate(` + c.Ends[0] + `) AS first, toDate(` + c.Ends[1] + `) AS last FROM ` + c.ID.String() + ` GROUP BY ` + strings.Join(keys, ", ") + `
				UNION ALL SELECT ` + strings.Join(ours, ", ") + `, 2 AS side, min(` + dayColumn + `), max(` + dayColumn + `) FROM ` + from.String() + ` GROUP BY ` + strings.Join(keys, ", ") + `)
			GROUP BY ` + strings.Join(keys, ", ") + `)`}, &right, &all, &found)
	if err != nil {
		return fmt.Errorf("compare the first and last days in %s with %s: %w", c.ID, from, err)
	}
	if right == all && found == all {
		return nil
	}
	what := strings.Join(keys, ", ")
	d := Difference{Table: v.tables.Shown(c.ID), Grain: count.ByKey, Period: "each " + strings.ReplaceAll(what, "`", ""), Expected: int64(all), Found: int64(right)}
	d.judge(c, 0, verdictOn{CauseKeys, fmt.Sprintf("the first and last days of %d of %d are those of the downloads; it has %d", right, all, found), nil}, mendBackfill)
	v.out.Differences = append(v.out.Differences, d)
	return nil
}

// quick compares the ledger's rows with the raw table's: by day, or in total
// where the ledger does not know the days.
func (v *verifier) quick(ctx context.Context) error {
	days, err := v.ledger.LoadedDays(ctx)
	if err != nil && !session.Gone(err) {
		return err
	}
	raw := v.tables.RawTable()
	found, err := v.tables.Observe(ctx, raw)
	if err != nil {
		return err
	}
	v.out.Rows = v.loads.Rows
	expected := count.Counts{Counts: days}
	delta := found.Total() - int64(v.loads.Rows)
	files, err := v.ledgerFilesOf(ctx, max(delta, -delta))
	if err != nil {
		return err
	}
	// Batches from before the ledger counted days make the sums differ.
	if expected.Total() != int64(v.loads.Rows) {
		raw.Grain, raw.Period = count.InTotal, ""
		found, expected = count.Counts{Counts: map[cube.Day]int64{0: found.Total()}}, count.Counts{Counts: map[cube.Day]int64{0: int64(v.loads.Rows)}}
	}
	if !oneWay(found, expected) {
		files = count.PeriodFiles{}
	}
	wanted, has := expected.Total(), found.Total()
	check := Table{Table: v.tables.Shown(raw.ID), Grain: raw.Grain, Expected: &wanted, Found: &has}
	e := evidence{table: raw, raw: true, found: found, inRaw: found, expected: expected, loads: v.loads}
	check.Differing = v.differences(e, func(p cube.Day) count.PeriodFiles { return files.As(found.Counts[p] - expected.Counts[p]) })
	v.out.Tables = append(v.out.Tables, check)
	return nil
}

// oneWay tells whether every period lacks rows, or every one has too many: only
// then can a single file explain it.
func oneWay(found, expected count.Counts) bool {
	less, more := false, false
	for _, p := range found.Counts.Differing(expected.Counts) {
		n := found.Counts[p] - expected.Counts[p]
		less, more = less || n < 0, more || n > 0
	}
	return less != more
}

// ledgerFilesOf finds loaded files that brought a number of rows.
func (v *verifier) ledgerFilesOf(ctx context.Context, stored int64) (count.PeriodFiles, error) {
	var files count.PeriodFiles
	if stored == 0 || v.loads.Files == 0 {
		return files, nil
	}
	names, err := v.ledger.S.Texts(ctx, session.SQL(`SELECT DISTINCT name FROM (SELECT batch, name, max(f.rows) AS rows, max(arraySum(mapValues(f.rejected))) AS rejected
				FROM `+v.ledger.Table(ledger.Files)+` AS f WHERE kind = {kind:String} AND outcome != 'failed' AND batch IN
					`+v.ledger.Done()+` GROUP BY batch, name)
			WHERE toInt64(rows) - toInt64(rejected) = {stored:Int64} ORDER BY name LIMIT {most:UInt64}`,
		"kind", string(ledger.Downloads), "stored", stored, "most", uint64(count.MaxNamed)))
	for _, name := range names {
		files.Files = append(files.Files, count.CountedFile{Name: name, State: count.StateLoaded, Rows: stored})
	}
	return files, session.Wrap(err, "look for files of %d rows in the ledger", stored)
}
