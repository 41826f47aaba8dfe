package fetch_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// fill writes downloads of two projects over ten days into the raw table; the
// views fill the aggregates.
const fill = `INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version, ci, filename, libc)
SELECT toDate('2024-02-25') + n % 10, ['US', 'DE', '', 'FR'][n % 4 + 1], ['pandas', 'numpy', 'tiny'][least(n % 7, 2) + 1],
       'bdist_wheel', ['pip', 'uv', 'bandersnatch'][n % 3 + 1], ['3.11', '3.12'][n % 2 + 1], 'Linux',
       ['1.0', '1.1', '2.0'][n % 11 % 3 + 1], n % 3, 'f.whl', tuple('glibc', ['2.31', '2.35'][n % 2 + 1])
FROM (SELECT toUInt64(number) AS n FROM numbers(5000))`

// open fills a database and opens a loader on it.
func open(t *testing.T, cfg fetch.Config) (*chtest.DB, *catalog.Catalog, *fetch.Loader) {
	t.Helper()
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Conn == nil {
		cfg.Conn = db.Conn
	}
	cfg.Catalog = cat
	return db, cat, fetch.New(cfg)
}

func of(projects ...string) cube.Slice { return cube.Slice{Projects: projects, AllTime: true} }

// ran counts the queries that an operation had run.
func ran(op *fetch.Operation) int {
	n := 0
	for _, e := range op.Explain() {
		if e.Source == fetch.FromClickHouse {
			n++
		}
	}
	return n
}

// TestKinds compares each kind of answer with SQL on the raw table.
func TestKinds(t *testing.T) {
	db, _, l := open(t, fetch.Config{})
	op := l.Begin(t.Context())
	number := func(where string) (n int64) {
		t.Helper()
		if err := db.Conn.QueryRow(t.Context(), "SELECT toInt64(count()) FROM pypi WHERE "+where).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	load := func(r cube.Request) *cube.Result {
		t.Helper()
		res, err := op.Load(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	if got, want := load(cube.TotalOf(of("numpy", "pandas"))).Total, number("project IN ('numpy', 'pandas')"); got != want {
		t.Errorf("total of two projects: %d, want %d", got, want)
	}
	split := load(cube.SplitOf(of("pandas"), cube.Country, 2, nil))
	if split.Total != number("project = 'pandas'") || len(split.Groups) != 2 || !split.More {
		t.Errorf("split: %+v", split)
	}
	for _, g := range split.Groups {
		if want := number("project = 'pandas' AND country_code = '" + g.Value + "'"); g.Total != want {
			t.Errorf("%s: %d, want %d", g.Value, g.Total, want)
		}
	}
	last := split.Groups[1]
	rest := load(cube.SplitOf(of("pandas"), cube.Country, 9, &cube.Cursor{Total: last.Total, Value: last.Value}))
	if len(rest.Groups) != 2 || rest.More ||
		split.Groups[0].Total+last.Total+rest.Groups[0].Total+rest.Groups[1].Total != split.Total {
		t.Errorf("second page: %+v", rest)
	}
	weeks := load(cube.SeriesOf(of("numpy"), cube.Weekly))
	want := &cube.Result{Total: number("project = 'numpy'"),
		Days: []cube.Day{cube.Day(19772), cube.Day(19779), cube.Day(19786)},
		Totals: []int64{number("project = 'numpy' AND date < '2024-02-26'"),
			number("project = 'numpy' AND date BETWEEN '2024-02-26' AND '2024-03-03'"), number("project = 'numpy' AND date > '2024-03-03'")}}
	if diff := cmp.Diff(want, weeks); diff != "" {
		t.Errorf("weeks:\n%s", diff)
	}
	extent := load(cube.ExtentOf(of("numpy")))
	if extent.Extent.From.String() != "2024-02-25" || extent.Extent.To.String() != "2024-03-05" {
		t.Errorf("first and last day: %v", extent.Extent)
	}
	if nobody := load(cube.ExtentOf(of("nobody"))); !nobody.Extent.Empty() || nobody.Total != 0 {
		t.Errorf("first and last day of nobody: %+v", nobody)
	}
	libc := load(cube.TotalOf(of("numpy").With(cube.Libc, "glibc 2.31").
		Without(cube.CI, "true", "no such")))
	if want := number("project = 'numpy' AND libc.version = '2.31' AND ci != 'true'"); libc.Total != want {
		t.Errorf("libc and ci: %d, want %d", libc.Total, want)
	}
}

// TestOneBatchOneQuery: what differs only in its project or in one value shares
// a query, a total comes with its series, and a second time nothing is asked.
func TestOneBatchOneQuery(t *testing.T) {
	_, _, l := open(t, fetch.Config{})
	var reqs []cube.Request
	for _, p := range []string{"pandas", "numpy", "tiny", "absent"} {
		reqs = append(reqs, cube.SplitOf(of(p), cube.Version, 10, nil), cube.SeriesOf(of(p), cube.Daily), cube.TotalOf(of(p)))
		for _, v := range []string{"1.0", "1.1", "9.9"} {
			reqs = append(reqs, cube.SplitOf(of(p).With(cube.Version, v), cube.Country, 3, nil))
		}
	}
	for _, want := range []int{2, 0} { // versions and days in one scan, countries of versions in another
		op := l.Begin(t.Context())
		op.Prefetch(t.Context(), reqs)
		for _, r := range reqs {
			if _, err := op.Load(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if got := ran(op); got != want {
			t.Errorf("%d queries, want %d: %+v", got, want, op.Explain())
		}
	}
}

// gate is a connection whose queries wait until it is opened.
type gate struct {
	fetch.Querier
	arrived chan struct{}
	opened  chan struct{}
}

func (g gate) Query(ctx context.Context, sql string, args ...any) (driver.Rows, error) {
	g.arrived <- struct{}{}
	select {
	case <-g.opened:
		return g.Querier.Query(ctx, sql, args...)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestSingleFlight: operations that ask the same at one time share one query,
// and one that gives up does not take it from the others.
func TestSingleFlight(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	g := gate{Querier: db.Conn, arrived: make(chan struct{}, 8), opened: make(chan struct{})}
	l := fetch.New(fetch.Config{Conn: g, Catalog: cat})
	r := cube.TotalOf(of("pandas"))

	impatient, giveUp := context.WithCancel(t.Context())
	first := l.Begin(impatient)
	gaveUp := make(chan error)
	go func() { _, err := first.Load(impatient, r); gaveUp <- err }()
	<-g.arrived // the query is on its way

	const others = 8
	var wg sync.WaitGroup
	totals := make([]int64, others)
	ops := make([]*fetch.Operation, others)
	for i := range others {
		ops[i] = l.Begin(t.Context())
		ops[i].Prefetch(t.Context(), []cube.Request{r}) // joins before the first gives up
		wg.Go(func() {
			if res, err := ops[i].Load(t.Context(), r); err != nil {
				t.Error(err)
			} else {
				totals[i] = res.Total
			}
		})
	}
	l.WaitJoined(t.Context(), others+1)
	giveUp()
	if err := <-gaveUp; err == nil {
		t.Error("the operation that gave up got an answer")
	}
	close(g.opened)
	wg.Wait()
	if len(g.arrived) != 0 {
		t.Errorf("%d more queries were sent", len(g.arrived))
	}
	for i, total := range totals {
		if total == 0 || total != totals[0] {
			t.Errorf("operation %d got %d, the first %d", i, total, totals[0])
		}
		if ran(ops[i]) != 0 {
			t.Errorf("operation %d claims a query that another started", i)
		}
	}
}

// TestLastToLeaveCancels: when nobody waits any more, the query is cancelled.
func TestLastToLeaveCancels(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	g := gate{Querier: db.Conn, arrived: make(chan struct{}, 8), opened: make(chan struct{})}
	l := fetch.New(fetch.Config{Conn: g, Catalog: cat})
	ctx, giveUp := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := l.Begin(ctx).Load(ctx, cube.TotalOf(of("pandas"))); done <- err }()
	<-g.arrived
	giveUp()
	if err := <-done; err == nil {
		t.Error("got an answer from a query that never ran")
	}
	l.WaitJoined(t.Context(), 0)
	close(g.opened) // who asks now starts anew
	if _, err := l.Begin(t.Context()).Load(t.Context(), cube.TotalOf(of("pandas"))); err != nil {
		t.Error(err)
	}
}

// TestNewDataIsSeen: answers are kept for one version of the data only.
func TestNewDataIsSeen(t *testing.T) {
	db, cat, l := open(t, fetch.Config{})
	r := cube.TotalOf(of("pandas"))
	before, err := l.Begin(t.Context()).Load(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Conn.Exec(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	if err := cat.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := l.Begin(t.Context()).Load(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if after.Total != 2*before.Total {
		t.Errorf("after a second load of the same rows: %d, before %d", after.Total, before.Total)
	}
}

// TestErrorsAreClasses: what a client is told when a query fails, and that an
// error is not kept.
func TestErrorsAreClasses(t *testing.T) {
	db, cat, _ := open(t, fetch.Config{})
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.DSN, Settings: map[string]any{"max_rows_to_read": 10}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	l := fetch.New(fetch.Config{Conn: conn, Catalog: cat})
	r := cube.SplitOf(of("pandas"), cube.Country, 5, nil)
	for range 2 {
		op := l.Begin(t.Context())
		_, err = op.Load(t.Context(), r)
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.CostLimit || strings.Contains(e.Message, "SELECT") {
			t.Errorf("got %v, want COST_LIMIT without SQL", err)
		}
		if ran(op) != 1 {
			t.Error("an error was kept")
		}
	}
}

// TestExplainTellsWhatWasRead: over the native protocol rows and bytes are those
// of the query; over HTTP, where the driver does not tell, they are left open.
func TestExplainTellsWhatWasRead(t *testing.T) {
	db, cat, native := open(t, fetch.Config{})
	info := chtest.Engine(t).Info()
	conn, err := chconn.Open(t.Context(), chconn.Config{
		DSN: "http://" + info.User + ":" + info.Password + "@" + info.HTTP + "/" + db.Name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	r := cube.TotalOf(of("pandas"))
	totals := map[int64]bool{}
	for name, l := range map[string]*fetch.Loader{"native": native, "http": fetch.New(fetch.Config{Conn: conn, Catalog: cat})} {
		op := l.Begin(t.Context())
		res, err := op.Load(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		totals[res.Total] = true
		e := op.Explain()
		if len(e) != 1 || (e[0].RowsRead != nil) != (name == "native") || e[0].ElapsedMs <= 0 {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if len(totals) != 1 {
		t.Errorf("the protocols disagree: %v", totals)
	}
}

// TestUnreachable: a server that is away is UNAVAILABLE, at once.
func TestUnreachable(t *testing.T) {
	_, cat, _ := open(t, fetch.Config{})
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: "clickhouse://u:p@127.0.0.1:1/x"})
	if err != nil {
		t.Fatal(err)
	}
	l := fetch.New(fetch.Config{Conn: conn, Catalog: cat, QueryTimeout: time.Minute})
	_, err = l.Begin(t.Context()).Load(t.Context(), cube.TotalOf(of("pandas")))
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.Unavailable || strings.Contains(e.Message, "127.0.0.1") {
		t.Errorf("got %v, want UNAVAILABLE without a host name", err)
	}
}
