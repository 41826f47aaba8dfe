package ddl

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"clickql/internal/chconn"
)

// checkTotals compares each derived table with the raw table.
func (r *Report) checkTotals(ctx context.Context, conn *chconn.Conn, have *actual) error {
	raw, ok := have.tables[RawTable]
	if !ok || !raw.hasColumns(rawTable(), "date") {
		return nil
	}
	counted, err := rawExtent(ctx, conn, r.Database)
	if err != nil {
		return err
	}
	var tables []Table
	var extents []extent
	for _, t := range Derived() {
		got, ok := have.tables[t.Name]
		if !ok || !got.hasColumns(t, valueColumns(t)...) {
			continue
		}
		found, err := derivedExtent(ctx, conn, r.Database, t)
		if err != nil {
			return err
		}
		tables, extents = append(tables, t), append(extents, found)
	}
	doubtful := rawDoubtful(tables, extents, counted)
	for i, t := range tables {
		r.addTotal(t, extents[i], counted, doubtful)
	}
	return nil
}

// rawDoubtful reports that no aggregate with downloads counts as many as the raw
// table, and several agree with one another: then it is the raw table that has
// lost rows or has too many.
func rawDoubtful(tables []Table, found []extent, raw extent) bool {
	same := map[int64]int{}
	for i, t := range tables {
		if t.Kind != Extremes && !found[i].empty() {
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
func (a actualTable) hasColumns(t Table, names ...string) bool {
	for _, name := range names {
		for _, c := range t.Columns {
			if c.Name == name && meaning(a.columns[name]) != meaning(c.Type) {
				return false
			}
		}
	}
	return true
}

// valueColumns lists the columns of a derived table that are outside its key.
func valueColumns(t Table) []string { return t.ColumnNames()[len(t.OrderBy):] }

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
func rawExtent(ctx context.Context, conn *chconn.Conn, database string) (e extent, err error) {
	var n uint64
	err = conn.QueryRow(ctx, "SELECT count(), min(date), max(date) FROM "+qualified(database, RawTable)).Scan(&n, &e.first, &e.last)
	if err != nil {
		return e, fmt.Errorf("count the rows of %s.%s: %w", database, RawTable, err)
	}
	e.downloads = int64(n)
	return e, nil
}

// derivedExtent reads a derived table: its downloads or its days.
func derivedExtent(ctx context.Context, conn *chconn.Conn, database string, t Table) (e extent, err error) {
	from := " FROM " + qualified(database, t.Name)
	if t.Kind == Extremes {
		err = conn.QueryRow(ctx, "SELECT min(min_date), max(max_date)"+from).Scan(&e.first, &e.last)
	} else {
		err = conn.QueryRow(ctx, "SELECT toInt64(sum(count))"+from).Scan(&e.downloads)
	}
	if err != nil {
		return e, fmt.Errorf("add up %s.%s: %w", database, t.Name, err)
	}
	return e, nil
}

// addTotal records how a derived table compares, and a finding where it does
// not agree.
func (r *Report) addTotal(t Table, found, raw extent, rawDoubtful bool) {
	total := Total{Table: t.Name, Found: strconv.FormatInt(found.downloads, 10), Raw: strconv.FormatInt(raw.downloads, 10)}
	unit := " downloads"
	if t.Kind == Extremes {
		total.Found, total.Raw, unit = found.days(), raw.days(), ""
	}
	total.Agrees = total.Found == total.Raw
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
	r.add(r.Database+"."+t.Name, WrongTotal, remedy, "the table has %s%s and the raw table has %s", total.Found, unit, total.Raw)
}
