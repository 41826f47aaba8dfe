package main

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func near(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-9
}

func TestQuantile(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3, 10, 9, 8, 7, 6}
	for q, want := range map[float64]float64{0: 1, 0.1: 1, 0.5: 5, 0.51: 6, 0.99: 10, 1: 10} {
		if got := quantile(values, q); !near(got, want) {
			t.Errorf("quantile %g is %g, want %g", q, got, want)
		}
	}
	if values[0] != 5 {
		t.Error("the values were sorted in place")
	}
	if got := quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("of no values: %g, want NaN", got)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{7}, 7},
		{nil, math.NaN()},
	} {
		if got := median(c.values); !near(got, c.want) {
			t.Errorf("median of %v is %g, want %g", c.values, got, c.want)
		}
	}
}

// TestMedianRatio: a turn in which the machine was slow counts as one ratio,
// however slow it was.
func TestMedianRatio(t *testing.T) {
	slow := medianRatio([]float64{2, 200, 2}, []float64{1, 100, 1})
	if !near(slow, 2) {
		t.Errorf("the ratio is %g, want 2", slow)
	}
	if got := medianRatio([]float64{3, 8}, []float64{0, 2}); !near(got, 4) {
		t.Errorf("a turn without a floor should be left out: %g, want 4", got)
	}
	if got := medianRatio([]float64{1}, nil); !math.IsNaN(got) {
		t.Errorf("without turns: %g, want NaN", got)
	}
}

func TestGeomean(t *testing.T) {
	if got := geomean([]float64{0.5, 2, math.NaN()}); !near(got, 1) {
		t.Errorf("%g, want 1", got)
	}
	if got := geomean(nil); !math.IsNaN(got) {
		t.Errorf("of nothing: %g, want NaN", got)
	}
}

func TestTurns(t *testing.T) {
	ts := turns{
		{millis: []float64{1, 2, 3, 4}, took: 2 * time.Second},
		{millis: []float64{10, 20}, took: 500 * time.Millisecond},
	}
	if r := ts.rates(); !near(r[0], 2) || !near(r[1], 4) {
		t.Errorf("rates %v, want 2 and 4", r)
	}
	if p := ts.p50s(); !near(p[0], 2) || !near(p[1], 10) {
		t.Errorf("medians %v, want 2 and 10", p)
	}
	if n := len(ts.all()); n != 6 {
		t.Errorf("%d requests, want 6", n)
	}
	if !math.IsNaN((turn{}).perSecond()) {
		t.Error("a turn without time has a rate")
	}
}

// TestDrive: every client asks at least once, however short the turn; numbers
// are given out once; an error ends the turn.
func TestDrive(t *testing.T) {
	var asked [8]atomic.Int64
	got, err := drive(t.Context(), loop{clients: 8, counter: new(atomic.Int64)}, func(_ context.Context, client int, _ int64) error {
		asked[client].Add(1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for client := range asked {
		n := asked[client].Load()
		if n == 0 {
			t.Errorf("client %d asked nothing", client)
		}
		sum += n
	}
	if int64(len(got.millis)) != sum {
		t.Errorf("%d latencies of %d requests", len(got.millis), sum)
	}

	seen := map[int64]bool{}
	_, err = drive(t.Context(), loop{clients: 1, least: 100, counter: new(atomic.Int64)}, func(_ context.Context, _ int, n int64) error {
		if seen[n] {
			t.Errorf("number %d twice", n)
		}
		seen[n] = true
		return nil
	})
	if err != nil || len(seen) != 100 {
		t.Errorf("%d requests, %v; want 100", len(seen), err)
	}

	boom := errors.New("boom")
	if _, err := drive(t.Context(), loop{clients: 2, counter: new(atomic.Int64)}, func(context.Context, int, int64) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("error %v, want boom", err)
	}
}

// TestParseScaleRows takes sizes that ascend, two of them at the least.
func TestParseScaleRows(t *testing.T) {
	for text, want := range map[string][]int64{
		defaultScale: {3_000_000, 12_000_000, 60_000_000}, "1, 2": {1, 2}, "": nil, "5": nil, "2,1": nil, "1,1": nil, "1,x": nil, "0,1": nil, "1,,2": nil,
	} {
		got, err := parseScaleRows(text)
		if (err != nil) != (want == nil) || err == nil && !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}
