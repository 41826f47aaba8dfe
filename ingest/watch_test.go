package ingest

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"
)

// watchWorld is a clock that only sleeping moves, and what a watch did.
type watchWorld struct {
	now    time.Time
	slept  []time.Duration
	rounds []Round
}

// watch runs a watch of some rounds.
func (ww *watchWorld) watch(t *testing.T, rounds int, cfg WatchConfig) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ww.now = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	cfg.Now = func() time.Time { return ww.now }
	cfg.Random = func() float64 { return 0.5 } // the wait itself
	cfg.Report = func(r Round) { ww.rounds = append(ww.rounds, r) }
	cfg.Sleep = func(ctx context.Context, d time.Duration) error {
		ww.slept, ww.now = append(ww.slept, d), ww.now.Add(d)
		if len(ww.slept) == rounds {
			cancel()
		}
		return ctx.Err()
	}
	return Watch(ctx, cfg)
}

// TestWatchBackoff doubles the wait after rounds that fail, up to the ordinary
// one, and forgets them after one that does not.
func TestWatchBackoff(t *testing.T) {
	round, ww := 0, watchWorld{}
	err := ww.watch(t, 8, WatchConfig{Every: time.Minute, Retry: 10 * time.Second,
		Round: func(context.Context, func(Object) bool) (Summary, error) {
			if round++; round == 1 || round == 7 {
				return Summary{}, nil
			}
			return Summary{}, errors.New("the server is away")
		}})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{60, 10, 20, 40, 60, 60, 60, 10}
	for i, w := range want {
		if ww.slept[i].Seconds() != w || ww.rounds[i].Number != i+1 {
			t.Fatalf("waits %v, want %v seconds", ww.slept, want)
		}
	}
}

// TestWatchJitter spreads waits to both sides.
func TestWatchJitter(t *testing.T) {
	for random, want := range map[float64]time.Duration{0: 90 * time.Second, 0.5: 100 * time.Second, 1: 110 * time.Second} {
		w := watcher{cfg: WatchConfig{Random: func() float64 { return random }}}
		if got := w.spread(100 * time.Second).Round(time.Millisecond); got != want {
			t.Errorf("at %v: %v, want %v", random, got, want)
		}
	}
}

// TestWatchFileBudget tries a bad file ever more seldom, then never, and again
// once it has changed; it is forgotten when it loads.
func TestWatchFileBudget(t *testing.T) {
	bad := Object{Name: "bad", Generation: "1"}
	var tried []int
	var left []int
	round, ww := 0, watchWorld{}
	err := ww.watch(t, 20, WatchConfig{Every: time.Minute, Tries: 3,
		Round: func(_ context.Context, skip func(Object) bool) (Summary, error) {
			round++
			o := bad
			if round >= 15 {
				o.Generation = "2"
			}
			switch {
			case round > 16: // loaded: it is not asked for any more
				return Summary{}, nil
			case skip(o):
				return Summary{Skipped: 1}, nil
			}
			tried = append(tried, round)
			if round == 16 {
				return Summary{Files: 1}, nil
			}
			return Summary{Failed: []Failure{{o, "bad"}}}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range ww.rounds {
		if len(r.Left) > 0 {
			left = append(left, r.Number)
		}
	}
	// After the first try a minute, after the second two; then none until it changes.
	if want := []int{1, 2, 4, 15, 16}; !slices.Equal(tried, want) {
		t.Errorf("tried in rounds %v, want %v", tried, want)
	}
	if len(left) != 11 || left[0] != 4 || left[10] != 14 {
		t.Errorf("given up in rounds %v, want 4 to 14", left)
	}
}

// TestWatchEnds ends at what cannot be mended, and without an error when it is
// told to, in a round or between two.
func TestWatchEnds(t *testing.T) {
	fatal := errors.New("wrong")
	ww := watchWorld{}
	err := ww.watch(t, 5, WatchConfig{Fatal: func(err error) bool { return errors.Is(err, fatal) },
		Round: func(context.Context, func(Object) bool) (Summary, error) { return Summary{}, fatal }})
	if !errors.Is(err, fatal) || len(ww.rounds) != 0 {
		t.Errorf("error %v after %d rounds", err, len(ww.rounds))
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := Watch(ctx, WatchConfig{Round: func(ctx context.Context, _ func(Object) bool) (Summary, error) {
		cancel()
		return Summary{}, ctx.Err()
	}}); err != nil {
		t.Errorf("interrupted in a round: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	if err := Watch(ctx, WatchConfig{Every: time.Hour, Report: func(Round) { cancel() },
		Round: func(context.Context, func(Object) bool) (Summary, error) { return Summary{}, nil }}); err != nil {
		t.Errorf("interrupted between rounds: %v", err)
	}
}

// TestWatchLoads loads what comes, beside a bad file that is repaired later.
func TestWatchLoads(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(2, 100)
	exports(t, db.Conn, dir, files[0])
	if err := os.WriteFile(dir+"/late.parquet", []byte("bad"), 0o600); err != nil {
		t.Fatal(err)
	}
	late := export{"late.parquet", false, 9, 100}
	round, ww := 0, watchWorld{}
	err := ww.watch(t, 3, WatchConfig{Every: time.Minute, Round: func(ctx context.Context, skip func(Object) bool) (Summary, error) {
		if round++; round == 2 {
			exports(t, db.Conn, dir, files[1], late)
		}
		// The lock is free between rounds: otherwise this would be refused.
		return New(Config{Conn: db.Conn, Skip: skip}).Run(ctx, Downloads, dir+"/*.parquet")
	}})
	if err != nil || len(ww.rounds) != 3 {
		t.Fatalf("%v after %+v", err, ww.rounds)
	}
	for i, want := range []Summary{{Listed: 2, Files: 1}, {Listed: 3, Already: 1, Files: 2}, {Listed: 3, Already: 3}} {
		got := ww.rounds[i].Summary
		if got.Listed != want.Listed || got.Already != want.Already || got.Files != want.Files || ww.rounds[i].Err != nil {
			t.Errorf("round %d: %+v, want %+v", i+1, ww.rounds[i], want)
		}
	}
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, append(files, late)))
}
