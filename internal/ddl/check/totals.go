package check

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/catalog/judge"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// checkTotals says of each derived table whether it agrees with the raw table:
// as a whole, and in what the catalog compares of its days and values.
func (r *Report) checkTotals(ctx context.Context, conn *chconn.Conn, have *ddl.Present) error {
	wanted, _ := ddl.Lookup(ddl.RawTable)
	if raw := have.Tables[ddl.RawTable]; raw == nil || !hasColumns(raw, wanted, "date") {
		return nil
	}
	raw, err := r.rawExtent(ctx, conn)
	if err != nil {
		return err
	}
	objections, gone, err := r.objections(ctx, conn)
	if err != nil {
		return err
	}
	if !gone.Days.Empty() {
		r.note(r.Database+"."+ddl.RawTable, WrongTotal, "%d rows of %s to %s were dropped with clickql ingest retire: the aggregates hold these days, and are compared with what it had", gone.Rows, gone.Days.From, gone.Days.To)
		raw = raw.with(gone)
	}
	var tables []ddl.Table
	var found []extent
	for _, t := range ddl.Derived() {
		got := have.Tables[t.Name]
		if got == nil || !hasColumns(got, t, valueColumns(t)...) {
			continue
		}
		e, err := r.derivedExtent(ctx, conn, t)
		if err != nil {
			return err
		}
		tables, found = append(tables, t), append(found, e)
	}
	doubtful := rawDoubtful(tables, found, raw)
	for i, t := range tables {
		r.addTotal(t, found[i], raw, objections[t.Name], doubtful)
	}
	return nil
}

// with is an extent with what was dropped.
func (e extent) with(gone catalog.Retired) extent {
	if first := gone.Days.From.Time(); e.downloads == 0 || first.Before(e.first) {
		e.first = first
	}
	if last := gone.Days.To.Time(); last.After(e.last) {
		e.last = last
	}
	e.downloads += gone.Rows
	return e
}

// objections are the catalog's, by table: why it does not hold every day, or has
// other first and last days; and what was dropped from the raw table on purpose.
func (r *Report) objections(ctx context.Context, conn *chconn.Conn) (map[string]string, catalog.Retired, error) {
	c, err := catalog.Open(ctx, conn, catalog.Options{Database: r.Database, RawTable: ddl.RawTable})
	if err == nil {
		err = c.Ready()
	}
	if err != nil {
		return nil, catalog.Retired{}, fmt.Errorf("ask the catalog whether the tables agree: %w", err)
	}
	why, s := map[string]string{}, c.Snapshot()
	for _, t := range s.Tables {
		why[t.Name] = t.Incomplete
	}
	for _, t := range s.Ignored {
		if t.Differs {
			why[strings.TrimPrefix(t.Table, r.Database+".")] = t.Reason
		}
	}
	return why, s.Retired, nil
}

// rawDoubtful reports that no aggregate with downloads counts as many as the raw
// table, and several agree with one another: then it is the raw table that has
// lost rows or has too many.
func rawDoubtful(tables []ddl.Table, found []extent, raw extent) bool {
	same := map[int64]int{}
	for i, t := range tables {
		if t.Kind != ddl.Extremes && !found[i].empty() {
			same[found[i].downloads]++
		}
	}
	most := 0
	for _, n := range same {
		most = max(most, n)
	}
	return same[raw.downloads] == 0 && most > 1
}

// hasColumns reports that the table has the columns with the types they should have.
func hasColumns(got *chschema.Table, want ddl.Table, names ...string) bool {
	types := got.Types()
	return !slices.ContainsFunc(want.Columns, func(c ddl.Column) bool {
		return slices.Contains(names, c.Name) && chschema.PlainType(types[c.Name]) != chschema.PlainType(c.Type)
	})
}

// valueColumns lists the columns of a derived table that are outside its key.
func valueColumns(t ddl.Table) []string { return t.ColumnNames()[len(t.OrderBy):] }

// extent is a table's downloads, and the days they span.
type extent struct {
	downloads   int64
	first, last time.Time
}

// empty reports that there are no rows: the smallest of no days is 1970-01-01.
func (e extent) empty() bool { return e.downloads == 0 && e.first.Unix() <= 0 }

// days writes the days.
func (e extent) days() string {
	if e.last.Unix() == 0 { // what the engine's min and max of no rows are
		return "no days"
	}
	return e.first.Format(time.DateOnly) + " to " + e.last.Format(time.DateOnly)
}

// rawExtent reads the raw table.
func (r *Report) rawExtent(ctx context.Context, conn *chconn.Conn) (e extent, err error) {
	var n uint64
	err = conn.QueryRow(ctx, "SELECT count(), min(date), max(date) FROM "+r.sql(ddl.RawTable)).Scan(&n, &e.first, &e.last)
	if err != nil {
		return e, fmt.Errorf("count the rows of %s.%s: %w", r.Database, ddl.RawTable, err)
	}
	e.downloads = int64(n)
	return e, nil
}

// derivedExtent reads a derived table: its downloads or its days.
func (r *Report) derivedExtent(ctx context.Context, conn *chconn.Conn, t ddl.Table) (e extent, err error) {
	from := " FROM " + r.sql(t.Name)
	if t.Kind == ddl.Extremes {
		err = conn.QueryRow(ctx, "SELECT min(min_date), max(max_date)"+from).Scan(&e.first, &e.last)
	} else {
		err = conn.QueryRow(ctx, "SELECT toInt64(sum(count))"+from).Scan(&e.downloads)
	}
	if err != nil {
		return e, fmt.Errorf("add up %s.%s: %w", r.Database, t.Name, err)
	}
	return e, nil
}

// whole is the judge's verdict on the table's downloads of all time.
func (e extent) whole(raw extent) judge.Verdict {
	days := cube.Range{From: cube.DayOf(raw.first), To: cube.DayOf(raw.last)}
	if raw.downloads == 0 {
		days = cube.NoDays
	}
	ref := judge.Reference{ByDay: judge.Totals{days.From: raw.downloads}, Days: days}
	return ref.Judge(cube.GrainNone, judge.Totals{0: e.downloads})
}

// addTotal records how a derived table compares, and a finding where it does
// not agree.
func (r *Report) addTotal(t ddl.Table, found, raw extent, objection string, rawDoubtful bool) {
	total := Total{Table: t.Name, Found: strconv.FormatInt(found.downloads, 10), Raw: strconv.FormatInt(raw.downloads, 10)}
	unit, same := " downloads", found.whole(raw).Reason == ""
	if t.Kind == ddl.Extremes {
		total.Found, total.Raw, unit = found.days(), raw.days(), ""
		same = total.Found == total.Raw
	}
	total.Agrees = same && objection == ""
	r.Totals = append(r.Totals, total)
	if total.Agrees {
		return
	}
	remedy := "Find the days that differ, and why, with: clickql ingest verify SOURCE. If the raw table is right, run: " + backfill(t)
	switch {
	case found.empty():
		remedy = refill(t)
	case rawDoubtful:
		remedy = "No aggregate counts what the raw table does, so that one seems to be wrong. Run: clickql ingest verify SOURCE, which names the days and what mends them; fill nothing from the raw table before"
	}
	if same {
		r.add(r.Database+"."+t.Name, WrongTotal, remedy, "the table has %s%s as the raw table has, but: %s", total.Found, unit, objection)
		return
	}
	r.add(r.Database+"."+t.Name, WrongTotal, remedy, "the table has %s%s and the raw table has %s", total.Found, unit, total.Raw)
}
