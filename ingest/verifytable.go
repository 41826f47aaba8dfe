package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/ddl"
)

// checked is a table that can be compared, and how it is read.
type checked struct {
	id     tableID
	grain  Grain
	period string // expression of its day or month
	count  string // expression of its downloads
	ends   [2]string
	keys   []item // that it groups by
	views  int    // that fill it
	reason string
}

// observed is what a table holds.
type observed struct {
	counts map[day]int64 // by day, or by the first day of the month; under 0 in total
	ends   [2]day
}

// total adds the counts up.
func (o observed) total() (n int64) {
	for _, c := range o.counts {
		n += c
	}
	return n
}

// rawTable is how the raw table is read.
func (v *verifier) rawTable() checked {
	return checked{id: tableID{v.r.s.database, v.r.cfg.DownloadsTable}, grain: ByDay, period: quote(v.r.feed.Day), count: "count()", views: 1}
}

// tables finds the tables that views fill from the raw table, as the server
// has registered them, and those of the program's own schema that exist and
// that no view fills, in the order of their names.
func (v *verifier) tables(ctx context.Context) ([]checked, error) {
	sc := newSchema(v.r.s)
	views, err := sc.viewsOn(ctx, v.rawTable().id)
	if err != nil {
		return nil, err
	}
	found := map[tableID]checked{}
	for _, w := range views {
		if inFill(w.Target) {
			continue // not complete before its backfill ends
		}
		if c, ok := found[w.Target]; ok {
			c.views++
			found[w.Target] = c
			continue
		}
		found[w.Target] = v.checkedView(ctx, sc, w)
	}
	for _, t := range ddl.Derived() {
		id := tableID{v.r.s.database, t.Name}
		if _, ok := found[id]; !ok && v.r.cfg.DownloadsTable == ddl.RawTable && sc.databases[v.r.s.database][t.Name] != nil {
			found[id] = v.checkedView(ctx, sc, view{Target: id, shape: shapeOf(t)})
			c := found[id]
			c.views = 0
			found[id] = c
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b checked) int { return strings.Compare(a.id.String(), b.id.String()) }), nil
}

// shapeOf is the shape of the view that should fill a table.
func shapeOf(t ddl.Table) *shape {
	s := &shape{Counts: []string{"count"}}
	if t.Kind == ddl.Extremes {
		s = &shape{Ends: []item{{Name: "max_date", Func: "max", Column: "date"}, {Name: "min_date", Func: "min", Column: "date"}}}
	}
	for _, k := range t.Key() {
		i := item{Name: k, Column: k}
		if k == "month" {
			i.Func, i.Column = "toStartOfMonth", "date"
		}
		s.Keys = append(s.Keys, i)
	}
	return s
}

// checkedView tells how the target of a view is read.
func (v *verifier) checkedView(ctx context.Context, sc *schema, w view) checked {
	c := checked{id: w.Target, grain: Unchecked, views: 1}
	def, err := sc.table(ctx, w.Target)
	switch {
	case err != nil:
		c.reason = err.Error()
	case w.shape == nil:
		c.reason = "its view is more than a count by columns"
	case len(w.shape.Counts) > 0:
		c.keys = w.shape.Keys
		c.grain, c.count = InTotal, "sum("+quote(w.shape.Counts[0])+")"
		for _, k := range w.shape.Keys {
			switch {
			case k.Column != v.r.feed.Day:
			case k.Func == "":
				c.grain, c.period = ByDay, quote(k.Name)
			case k.Func == "toStartOfMonth" && c.grain != ByDay:
				c.grain, c.period = ByMonth, quote(k.Name)
			}
		}
	default:
		c.keys = w.shape.Keys
		for _, e := range w.shape.Ends {
			if e.Column == v.r.feed.Day {
				c.ends[map[string]int{"min": 0, "max": 1}[e.Func]] = def.end(e)
			}
		}
		if c.grain = FirstLast; c.ends[0] == "" || c.ends[1] == "" {
			c.grain, c.reason = Unchecked, "it holds neither counts nor both the first and the last day"
		}
	}
	return c
}

// end reads a smallest or greatest value over a whole table.
func (d *definition) end(i item) string {
	for _, c := range d.Columns {
		if c.Name == i.Name && strings.HasPrefix(c.Type, "AggregateFunction(") {
			return i.Func + "Merge(" + quote(i.Name) + ")"
		}
	}
	return i.Func + "(" + quote(i.Name) + ")"
}

// observe reads a table: one row for each day or month.
func (v *verifier) observe(ctx context.Context, c checked) (observed, error) {
	o := observed{counts: map[day]int64{}}
	var err error
	if c.grain == FirstLast {
		var first, last time.Time
		err = v.r.s.row(ctx, v.reading("SELECT toDate("+c.ends[0]+"), toDate("+c.ends[1]+") FROM "+c.id.String()), &first, &last)
		o.ends = [2]day{dayOf(first), dayOf(last)}
	} else {
		period, group := "toDate(0)", ""
		if c.period != "" {
			period, group = "toDate("+c.period+")", " GROUP BY period"
		}
		err = v.r.s.each(ctx, v.reading("SELECT "+period+" AS period, toInt64("+c.count+") FROM "+c.id.String()+group), func(rows driver.Rows) error {
			var t time.Time
			var n int64
			err := rows.Scan(&t, &n)
			o.counts[dayOf(t)] += n
			return err
		})
	}
	if err != nil {
		return o, fmt.Errorf("count the downloads in %s: %w", c.id, err)
	}
	return o, nil
}

// reading is a statement over a table within the bounds.
func (v *verifier) reading(sql string) statement {
	return statement{SQL: sql, Settings: v.bounded(nil)}
}

// bounded bounds a statement that reads, and takes more settings.
func (v *verifier) bounded(more map[string]any) map[string]any {
	s := map[string]any{"max_threads": v.r.cfg.Threads, "max_memory_usage": v.r.cfg.MaxMemory}
	maps.Copy(s, more)
	return s
}

// spilling is bounded for grouping that may need more than that: it goes to disk.
func (v *verifier) spilling(more map[string]any) map[string]any {
	s := v.bounded(more)
	s["max_bytes_before_external_group_by"] = v.r.cfg.MaxMemory / 2
	return s
}

// compare compares every table with the source.
func (v *verifier) compare(ctx context.Context) error {
	v.r.cfg.Progress.phase("counting rows in the tables")
	raw := v.rawTable()
	tables, err := v.tables(ctx)
	if err != nil {
		return err
	}
	inRaw, err := v.observe(ctx, raw)
	if err != nil {
		return err
	}
	want := v.expect(inRaw)
	v.compareTable(raw, inRaw, inRaw, want)
	agree := map[tableID]bool{} // with the raw table
	for _, c := range tables {
		if c.grain == Unchecked {
			v.out.Tables = append(v.out.Tables, TableCheck{Table: v.shown(c.id), Grain: c.grain, Reason: c.reason})
			continue
		}
		found, err := v.observe(ctx, c)
		if err != nil {
			return err
		}
		agree[c.id] = c.grain == ByDay && maps.Equal(found.counts, inRaw.counts)
		v.compareTable(c, found, inRaw, want)
		if c.views == 0 && v.out.Tables[len(v.out.Tables)-1].Differing == 0 {
			v.notef("no view fills %s, so that it lacks what is loaded from now on: fill it with clickql ingest backfill%s %s", v.shown(c.id), v.r.cfg.Repeat, ShellQuote(c.id.Table))
		}
	}
	now, err := v.observe(ctx, raw)
	if err != nil {
		return err
	}
	if !sameCounts(now.counts, inRaw.counts) {
		v.notef("rows came into %s or left it while the tables were read, so that they were read at different moments; run this again when that has ended", v.shown(raw.id))
	}
	return v.compareEachKey(ctx, tables, agree)
}

// compareEachKey looks at each key of the tables of first and last days that are
// right as a whole, once the raw table is.
func (v *verifier) compareEachKey(ctx context.Context, tables []checked, agree map[tableID]bool) error {
	for _, c := range tables {
		i := slices.IndexFunc(v.out.Tables, func(t TableCheck) bool { return t.Table == v.shown(c.id) })
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

// fold brings counts by day to a grain.
func fold(g Grain, days map[day]int64) observed {
	o := observed{counts: map[day]int64{}}
	for d, n := range days {
		if n == 0 {
			continue
		}
		if o.ends[1] == 0 {
			o.ends = [2]day{d, d}
		}
		o.ends = [2]day{min(o.ends[0], d), max(o.ends[1], d)}
		o.counts[g.period(d)] += n
	}
	return o
}

// period is the day that stands for a day's period.
func (g Grain) period(d day) day {
	switch g {
	case ByDay:
		return d
	case ByMonth:
		return d.month()
	default:
		return 0
	}
}

// shown names a table in a report: without the database where it is the own.
func (v *verifier) shown(id tableID) string {
	if id.Database == v.r.s.database {
		return id.Table
	}
	return id.Database + "." + id.Table
}

// compareTable reports how one table differs.
func (v *verifier) compareTable(c checked, found, inRaw observed, want map[day]int64) {
	check := TableCheck{Table: v.shown(c.id), Grain: c.grain}
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
	v.differences(e, func(p day) periodFiles { return v.filesOf(c.grain, p) })
}

// differences reports the periods in which one table's counts differ from what is
// expected; files gives those that may explain it.
func (v *verifier) differences(e evidence, files func(p day) periodFiles) (n int) {
	c, found, expected := e.table, e.found.counts, e.expected.counts
	for _, p := range periodsOf(found, expected) {
		if found[p] == expected[p] {
			continue
		}
		n++
		d := Difference{Table: v.shown(c.id), Grain: c.grain, Period: c.grain.write(p), Expected: expected[p], Found: found[p]}
		verdict := e.judge(p, files(p))
		d.judge(c, p, verdict, e.mends(p, verdict.cause))
		v.out.Differences = append(v.out.Differences, d)
	}
	return n
}

// write names a period.
func (g Grain) write(p day) string {
	switch g {
	case ByDay:
		return p.String()
	case ByMonth:
		return p.time().Format("2006-01")
	default:
		return "all"
	}
}

// compareEnds reports a wrong first or last day.
func (v *verifier) compareEnds(c checked, found, inRaw, expected observed) {
	for i, end := range []string{"first day", "last day"} {
		if found.ends[i] == expected.ends[i] {
			continue
		}
		d := Difference{Table: v.shown(c.id), Grain: FirstLast, Period: end, Expected: int64(expected.ends[i]), Found: int64(found.ends[i])}
		verdict := judgeEnd(c, i, found.ends[i], inRaw.ends[i], expected.ends[i])
		d.judge(c, 0, verdict, evidence{}.mends(0, verdict.cause))
		v.out.Differences = append(v.out.Differences, d)
	}
}
