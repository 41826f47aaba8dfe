package projects

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// Ranked is a project in a ranking: its downloads, and of Hot its largest
// relative rise.
type Ranked struct {
	Project string
	Total   int64
	Growth  float64
}

// Ranking is projects in the order of a ranking. Read only.
type Ranking []Ranked

// Bytes is about what they occupy.
func (rs Ranking) Bytes() (n int64) {
	for _, r := range rs {
		n += int64(32 + len(r.Project))
	}
	return n
}

// Emerging is the most downloaded projects whose first download is on since or
// later, ties by name.
func (r Reader) Emerging(ctx context.Context, since cube.Day, first int) (Ranking, error) {
	return r.ranking(ctx, keyOf("emerging", since, first), func(snap *catalog.Snapshot) (*query.Query, error) {
		return askEmerging(snap, since, first)
	})
}

// Stale is the most downloaded projects that uploaded something, but nothing
// within the months before the newest upload of all, ties by name.
func (r Reader) Stale(ctx context.Context, months, first int) (Ranking, error) {
	return r.ranking(ctx, keyOf("stale", months, first), func(snap *catalog.Snapshot) (*query.Query, error) {
		return askStale(snap, months, first)
	})
}

// Hot is the projects with the largest relative rise of downloads from one
// calendar month to the next, every day of both of which is settled, of the months
// from since, the first day of one, among the projects that have at least so many
// downloads in them; ties by name. Projects that never rose are left out.
func (r Reader) Hot(ctx context.Context, since cube.Day, least int64, first int) (Ranking, error) {
	snap := r.op.Snapshot()
	if !slices.ContainsFunc(wholeMonths(snap.Calendar(), since), func(run monthRun) bool { return run.last > run.first }) {
		return nil, nil
	}
	return r.ranking(ctx, keyOf("hot", since, least, first), func(snap *catalog.Snapshot) (*query.Query, error) {
		return askHot(snap, since, least, first)
	})
}

// ranking looks one up.
func (r Reader) ranking(ctx context.Context, key string, ask func(*catalog.Snapshot) (*query.Query, error)) (Ranking, error) {
	return listOf[Ranking](ctx, r, "t:", key, ask, func(rows driver.Rows) (one Ranked, err error) {
		err = rows.Scan(&one.Project, &one.Total, &one.Growth)
		return one, err
	})
}

// askEmerging asks for Emerging.
func askEmerging(snap *catalog.Snapshot, since cube.Day, first int) (*query.Query, error) {
	w, err := onTotals(snap, first)
	if err != nil {
		return nil, err
	}
	days, err := query.OnCheapest(snap, cube.Request{Slice: cube.Slice{AllTime: true}, Kind: cube.Extent, Dim: cube.Project})
	if err != nil {
		return nil, err
	}
	began := "min(" + days.Table.TimeColumn + ")"
	if e := days.Extents; e != nil {
		began = "min(" + catalog.Ident(e.Min) + ")"
	}
	project := cube.Project.Column()
	young := "SELECT " + project + days.From() + "\nGROUP BY " + project + "\nHAVING " + began + " >= " + w.Param(since)
	w.Where(project + " IN (\n" + young + ")")
	return mostDownloaded(w, first), nil
}

// askStale asks for Stale.
func askStale(snap *catalog.Snapshot, months, first int) (*query.Query, error) {
	w, err := onTotals(snap, first)
	if err != nil {
		return nil, err
	}
	m, err := onMetadata(snap, "upload_time")
	if err != nil {
		return nil, err
	}
	// Names are normalised once for each way of writing them, not for each file.
	old := "SELECT " + pypi.FoldedSQL("name") + " AS project FROM (SELECT name, max(upload_time) AS at" + m.From() + "\nGROUP BY name)" +
		"\nGROUP BY project" +
		"\nHAVING max(at) < (SELECT addMonths(max(upload_time), -" + w.Param(int64(months)) + ")" + m.From() + ")"
	w.Where(cube.Project.Column() + " IN (\n" + old + ")")
	return mostDownloaded(w, first), nil
}

// askHot asks for Hot.
func askHot(snap *catalog.Snapshot, since cube.Day, least int64, first int) (*query.Query, error) {
	s := cube.Slice{Days: cube.Range{From: since, To: snap.Days.To}}
	w, err := query.OnCheapest(snap, cube.SplitOf(s, cube.Project, first, nil), cube.SeriesOf(s, cube.Monthly))
	if err != nil {
		return nil, err
	}
	w.Where(w.Table.TimeColumn + " >= " + w.Param(since))
	months := "SELECT " + cube.Project.Column() + " AS value, toRelativeMonthNum(" + w.Table.TimeColumn + ") AS nth, " +
		w.Counted() + " AS downloads" + w.From() + "\nGROUP BY value, nth\nHAVING downloads > 0"
	var whole []string
	for _, run := range wholeMonths(snap.Calendar(), since) {
		whole = append(whole, "nth BETWEEN "+w.Param(run.first)+" AND "+w.Param(run.last))
	}
	sql := "SELECT value, sum(downloads) AS total, arraySort(groupArrayIf((nth, downloads), " + cmp.Or(strings.Join(whole, " OR "), "0") + ")) AS months, " +
		"arrayMax(arrayMap((at, before) -> if(at.1 = before.1 + 1, (at.2 - before.2) / before.2, -1), " +
		"arrayPopFront(months), arrayPopBack(months))) AS growth" +
		"\nFROM (\n" + months + ")\nGROUP BY value" +
		"\nHAVING total >= " + w.Param(least) + " AND length(months) > 1 AND growth > 0" +
		"\nORDER BY growth DESC, value\nLIMIT " + strconv.Itoa(first)
	return w.Query("SELECT value, total, growth FROM (\n" + sql + ")"), nil
}

// monthRun is a run of calendar months, as toRelativeMonthNum counts them, both
// included.
type monthRun struct{ first, last int64 }

// wholeMonths are the runs of months from since on of which every day is settled.
func wholeMonths(c cube.Calendar, since cube.Day) (runs []monthRun) {
	for _, first := range cube.Buckets(cube.Range{From: since, To: c.Days.To}, cube.Monthly) {
		y, m, _ := first.Time().Date()
		nth := int64(y)*12 + int64(m)
		switch n := len(runs); {
		case !c.Whole(cube.Range{From: first, To: cube.Monthly.Next(first) - 1}):
		case n > 0 && runs[n-1].last == nth-1:
			runs[n-1].last = nth
		default:
			runs = append(runs, monthRun{nth, nth})
		}
	}
	return runs
}

// onTotals writes a statement on the table that ranks projects of all time.
func onTotals(snap *catalog.Snapshot, first int) (*query.Writer, error) {
	return query.OnCheapest(snap, cube.SplitOf(cube.Slice{AllTime: true}, cube.Project, first, nil))
}

// mostDownloaded asks for the most downloaded projects that the writer's
// conditions leave.
func mostDownloaded(w *query.Writer, first int) *query.Query {
	return w.Query("SELECT " + cube.Project.Column() + " AS value, " + w.Counted() + " AS total, toFloat64(0) AS growth" +
		w.From() + "\nGROUP BY value\nHAVING total > 0\nORDER BY total DESC, value\nLIMIT " + strconv.Itoa(first))
}
