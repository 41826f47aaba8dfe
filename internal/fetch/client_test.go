package fetch_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"clickql/internal/access"
	"clickql/internal/chconn"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
)

// clientOf is a client who may have so many rows read in an hour.
func clientOf(t *testing.T, rows int64) *access.Client {
	t.Helper()
	c, err := access.NewGate(access.Config{Anonymous: access.Limits{Rows: access.Rate{N: rows, Per: time.Hour}}}).
		Identify(httptest.NewRequest(http.MethodGet, "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Who may not have something read is refused it; who asks for the same at that moment
// is not, and neither does a refusal take anything off what is left.
func TestRefusalsAreTheClientsOwn(t *testing.T) {
	_, _, l := open(t, fetch.Config{})
	for day := range cube.Day(9) {
		r := cube.SeriesOf(of("pandas").On(cube.Range{From: 19772 + day, To: 19781}), cube.Daily) // not from memory
		poor := []*access.Client{clientOf(t, 1), clientOf(t, 1)}
		var all sync.WaitGroup
		for _, c := range append(poor, nil, clientOf(t, 1<<40)) {
			all.Go(func() {
				op := l.Begin(access.With(t.Context(), c))
				_, err := op.Load(t.Context(), r)
				if err == nil {
					return
				}
				told := new(fault.Error)
				if !errors.As(err, &told) || told.Code != fault.RateLimited || !slices.Contains(poor, c) {
					t.Errorf("from day %d: %v", day, err)
				} else if op.Limited() == nil || c.Spend(1) != nil {
					t.Errorf("from day %d: refused without a word, or for what is there: %v", day, op.Limited())
				}
			})
		}
		all.Wait()
	}
	op := l.Begin(access.With(t.Context(), clientOf(t, 1)))
	if _, err := op.Load(t.Context(), cube.SeriesOf(of("numpy"), cube.Daily)); err == nil {
		t.Error("nobody was refused")
	}
}

// An operation of a client with a largest cost is held to it.
func TestClientsHaveALargestCost(t *testing.T) {
	_, _, l := open(t, fetch.Config{MaxOperationRows: 1 << 40})
	c, err := access.NewGate(access.Config{Anonymous: access.Limits{MaxCost: 1}}).Identify(httptest.NewRequest(http.MethodGet, "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	op := l.Begin(access.With(t.Context(), c))
	_, loadErr := op.Load(t.Context(), cube.SeriesOf(of("pandas"), cube.Daily))
	if told := new(fault.Error); !errors.As(loadErr, &told) || told.Code != fault.CostLimit || told.Limit != 1 || op.MaxRows() != 1 {
		t.Errorf("%v", loadErr)
	}
}

// With a quota of ClickHouse's own for each client, whoever has spent it is refused,
// whichever gateway is asked, and nobody else is.
func TestQuotasOfClickHouseAreTheClients(t *testing.T) {
	db, cat, _ := open(t, fetch.Config{})
	gateways := make([]*fetch.Loader, 2)
	for i := range gateways {
		conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.GuestDSN(t, "keyed")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		gateways[i] = fetch.New(fetch.Config{Conn: conn, Catalog: cat, CacheBytes: -1, QuotaKeys: true})
	}
	gate, network := access.NewGate(access.Config{}), rand.Uint32() // of this run
	ask := func(host, gateway int) error {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = fmt.Sprintf("[2001:db8:%x:%x::1]:1", network>>16, network&0xfff0+uint32(host))
		client, refused := gate.Identify(r)
		if refused != nil {
			t.Fatal(refused)
		}
		ctx := access.With(t.Context(), client)
		_, err := gateways[gateway].Begin(ctx).Load(ctx, cube.SeriesOf(of("pandas"), cube.Daily))
		return err
	}
	answered := 0
	for n := range 100 {
		err := ask(0, n%2)
		if err == nil {
			answered++
			continue
		}
		if told := new(fault.Error); !errors.As(err, &told) || told.Code != fault.RateLimited || told.RetryAfter() < 1 {
			t.Fatalf("question %d: %v", n+1, err)
		}
	}
	if answered != 60 {
		t.Errorf("%d of 60 questions were answered by two gateways together", answered)
	}
	for gateway := range gateways {
		if err := ask(1, gateway); err != nil {
			t.Errorf("another client: %v", err)
		}
	}
	// What a client who has nothing left asks first fails for nobody who asks it as well;
	// he may have what others ask.
	var all sync.WaitGroup
	for host := range 10 {
		all.Go(func() {
			if err := ask(host, 0); err != nil && host > 0 {
				t.Errorf("client %d: %v", host, err)
			}
		})
	}
	all.Wait()
}
