package fetch_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clickql/internal/chconn"
	"clickql/internal/cube"
	"clickql/internal/fetch"
	"clickql/internal/projects"
)

// crowd is a loader with one place for quick statements, which a statement that
// waits at the gate has taken.
type crowd struct {
	*fetch.Loader
	gate  gate
	first chan error // of the operation at the gate
	leave context.CancelFunc
}

// crowded is a loader with a queue. conn replaces the database's own connection
// where it is not nil.
func crowded(t *testing.T, conn fetch.Querier) crowd {
	t.Helper()
	db, cat, _ := open(t, fetch.Config{})
	if conn == nil {
		conn = db.Conn
	}
	c := crowd{gate: gate{Querier: conn, arrived: make(chan struct{}, 99), opened: make(chan struct{})}, first: make(chan error, 1)}
	c.Loader = fetch.New(fetch.Config{Conn: c.gate, Catalog: cat, Quick: 1})
	ctx, leave := context.WithCancel(t.Context())
	c.leave = leave
	go func() {
		_, err := c.Begin(ctx).Load(ctx, cube.TotalOf(of("pandas")))
		c.first <- err
	}()
	<-c.gate.arrived
	return c
}

// open lets all queries go.
func (c crowd) open(t *testing.T) {
	t.Helper()
	close(c.gate.opened)
	if err := <-c.first; err != nil {
		t.Error(err)
	}
}

var people = []string{"pandas", "numpy", "tiny", "absent"}

// daily asks for the days of each project, in an operation of its own.
func (c crowd) daily(ctx context.Context) (ops []*fetch.Operation) {
	for _, p := range people {
		op := c.Begin(ctx)
		op.Prefetch(ctx, []cube.Request{cube.SeriesOf(of(p), cube.Daily)})
		ops = append(ops, op)
	}
	return ops
}

// expect compares every operation's answer with that of a loader of its own.
func (c crowd) expect(t *testing.T, ops []*fetch.Operation) {
	t.Helper()
	var wg sync.WaitGroup
	for i, p := range people {
		wg.Go(func() {
			res, err := ops[i].Load(t.Context(), cube.SeriesOf(of(p), cube.Daily))
			if err != nil {
				t.Errorf("%s: %v", p, err)
				return
			}
			if want := map[string]int64{"pandas": 715, "numpy": 715, "tiny": 3570, "absent": 0}[p]; res.Total != want || len(res.Totals) != 10 {
				t.Errorf("%s: %d downloads on %d days, want %d on 10", p, res.Total, len(res.Totals), want)
			}
		})
	}
	wg.Wait()
}

// TestWaitingOperationsGoTogether: what waits for a place is asked in one query,
// each operation gets its own answer, and is told for how many the query was.
func TestWaitingOperationsGoTogether(t *testing.T) {
	c := crowded(t, nil)
	ops := c.daily(t.Context())
	c.open(t)
	c.expect(t, ops)
	if n := len(c.gate.arrived); n != 1 {
		t.Errorf("%d queries for %d operations that waited, want 1", n, len(people))
	}
	alone := c.cost(t)
	for _, op := range ops {
		if got := op.Cost(); got != alone {
			t.Errorf("together with others it costs %+v, alone %+v", got, alone)
		}
		e := op.Explain()
		if len(e) != 1 || e[0].Source != fetch.FromClickHouse || e[0].Operations != len(people) || !strings.Contains(e[0].SQL, "'tiny'") {
			t.Errorf("explained as %+v", e)
		}
	}
	again := c.daily(t.Context())
	c.expect(t, again)
	if n := len(c.gate.arrived); n != 1 {
		t.Errorf("%d queries, asked again", n)
	}
	if e := again[0].Explain(); len(e) != 1 || e[0].Source != fetch.FromCache || e[0].AgeSeconds <= 0 {
		t.Errorf("asked again: %+v", e)
	}
}

// cost is what the days of one project cost who asks for them alone.
func (c crowd) cost(t *testing.T) fetch.Price {
	t.Helper()
	price, _, failed := c.Begin(t.Context()).Price([]cube.Request{cube.SeriesOf(of("numpy"), cube.Daily)})
	if len(failed) > 0 || price.Queries != 1 {
		t.Errorf("%+v, %v", price, failed)
	}
	return price
}

// TestAllThatIsAskedComesAlong: answers that come with another's, as a total
// with its split, do so too for operations that went together.
func TestAllThatIsAskedComesAlong(t *testing.T) {
	c := crowded(t, nil)
	reqs := func(p string) []cube.Request {
		return []cube.Request{
			cube.SplitOf(of(p), cube.Version, 2, nil), cube.TotalOf(of(p)),
			cube.SplitOf(of(p), cube.Country, 2, nil), cube.SeriesOf(of(p), cube.Weekly),
			cube.ExtentOf(of(p)), cube.CountOf(of(p), cube.Country),
		}
	}
	projects := []string{"numpy", "tiny", "absent"} // pandas' total is on its way
	var ops []*fetch.Operation
	for _, p := range projects {
		op := c.Begin(t.Context())
		op.Prefetch(t.Context(), reqs(p))
		ops = append(ops, op)
	}
	c.open(t)
	for i, p := range projects {
		_, _, alone := open(t, fetch.Config{})
		for n, r := range reqs(p) {
			want, err := alone.Begin(t.Context()).Load(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ops[i].Load(t.Context(), r)
			if err != nil {
				t.Errorf("%s, %d: %v", p, n, err)
				continue
			}
			want.Total, got.Total = totalOf(r, want), totalOf(r, got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %d:\n%s", p, n, diff)
			}
		}
	}
}

// totalOf is the total that an answer has to a request for one.
func totalOf(r cube.Request, res *cube.Result) int64 {
	if r.Kind == cube.Total {
		return res.Total
	}
	return 0
}

// TestDifferentKindsGoApart: a small question does not wait for one of another
// kind.
func TestDifferentKindsGoApart(t *testing.T) {
	c := crowded(t, nil)
	ops := c.daily(t.Context())
	other := c.Begin(t.Context())
	split := cube.SplitOf(of("numpy"), cube.Country, 3, nil)
	other.Prefetch(t.Context(), []cube.Request{split})
	c.open(t)
	c.expect(t, ops)
	if res, err := other.Load(t.Context(), split); err != nil || res.Total != 715 {
		t.Errorf("%+v, %v", res, err)
	}
	if n := len(c.gate.arrived); n != 2 {
		t.Errorf("%d queries, want 2", n)
	}
}

// TestMetadataGoesTogether: names too are looked up together.
func TestMetadataGoesTogether(t *testing.T) {
	c := crowded(t, nil)
	var ops []*fetch.Operation
	for i := range 5 {
		op := c.Begin(t.Context())
		projects.In(op).PrefetchMetadata(t.Context(), []string{fmt.Sprint("p", i)})
		ops = append(ops, op)
	}
	c.open(t)
	for i, op := range ops {
		if _, err := projects.In(op).Metadata(t.Context(), fmt.Sprint("p", i)); err != nil {
			t.Error(err)
		}
	}
	if n := len(c.gate.arrived); n != 1 {
		t.Errorf("%d queries, want 1", n)
	}
}

// TestLeavingTheQueue: who leaves takes nothing from the others; what nobody
// waits for any more is not asked.
func TestLeavingTheQueue(t *testing.T) {
	c := crowded(t, nil)
	ctx, leave := context.WithCancel(t.Context())
	split := cube.SplitOf(of("numpy"), cube.Country, 3, nil)
	gone := c.Begin(ctx)
	gone.Prefetch(ctx, []cube.Request{split, cube.SeriesOf(of("numpy"), cube.Weekly)})
	ops := c.daily(t.Context())
	c.WaitJoined(t.Context(), 1+2+len(ops))
	leave()
	c.WaitJoined(t.Context(), 1+len(ops))
	c.open(t)
	c.expect(t, ops)
	if n := len(c.gate.arrived); n != 1 {
		t.Errorf("%d queries, want 1: that of those who stayed", n)
	}
	if _, err := gone.Load(ctx, split); err == nil {
		t.Error("who left got an answer")
	}
}

// TestLastToLeaveCancelsAll: a query for several operations goes on for the last
// of them, and ends with it.
func TestLastToLeaveCancelsAll(t *testing.T) {
	c := crowded(t, nil)
	ctx, leave := context.WithCancel(t.Context())
	others, leaveToo := context.WithCancel(t.Context())
	c.daily(ctx)
	c.daily(others)
	c.leave() // the place is free: everything that waits goes
	<-c.gate.arrived
	leave()
	c.WaitJoined(t.Context(), len(people))
	leaveToo()
	c.WaitJoined(t.Context(), 0)
	close(c.gate.opened)
	c.expect(t, c.daily(t.Context()))
}

// TestNoneFailsForAnother: what is too much together is asked one by one.
func TestNoneFailsForAnother(t *testing.T) {
	db, _, _ := open(t, fetch.Config{})
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.DSN, Settings: map[string]any{"max_rows_to_group_by": 12, "group_by_overflow_mode": "throw"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := crowded(t, conn)
	ops := c.daily(t.Context())
	c.open(t)
	c.expect(t, ops)
	if n := len(c.gate.arrived); n != 1+len(people) {
		t.Errorf("%d queries, want one together and %d apart", n, len(people))
	}
	for _, op := range ops {
		if e := op.Explain(); len(e) != 1 || e[0].Operations != 1 {
			t.Errorf("explained as %+v", e)
		}
	}
}
