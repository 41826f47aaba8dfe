package fetch_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"clickql/internal/access"
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
