package ingest

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
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
		Round: func(context.Context, bool) (config.Summary, error) {
			if round++; round == 1 || round == 7 {
				return config.Summary{}, nil
			}
			return config.Summary{}, errors.New("the server is away")
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

// TestWatchListsAllNowAndThen lists everything at first, after FullEvery, and
// again where that failed or the clock was put back.
func TestWatchListsAllNowAndThen(t *testing.T) {
	var full []int
	ww := watchWorld{}
	round := 0
	err := ww.watch(t, 12, WatchConfig{Every: time.Hour, FullEvery: 4 * time.Hour, Retry: time.Hour,
		Round: func(_ context.Context, all bool) (config.Summary, error) {
			if round++; all {
				full = append(full, round)
			}
			switch round {
			case 5:
				return config.Summary{}, errors.New("the bucket is away")
			case 7:
				ww.now = ww.now.Add(-48 * time.Hour)
			}
			return config.Summary{}, nil
		}})
	if want := []int{1, 5, 6, 8, 12}; err != nil || !slices.Equal(full, want) {
		t.Errorf("%v; everything was listed in rounds %v, want %v", err, full, want)
	}
}

// TestSetAside sets a bad file aside after its tries, whoever makes them, and
// takes it up again when it changes or when asked to.
func TestSetAside(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(1, 50)...)
	bad := dir + "/bad.parquet"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("bad")
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	cfg := config.Config{Conn: db.Conn, Tries: 2, Now: func() time.Time { return now }}
	waiting := cfg
	waiting.RetryAfter = time.Hour
	again := cfg
	again.RetryAll = true
	for i, step := range []struct {
		cfg                       config.Config
		after                     time.Duration
		failed, aside, later, all int
	}{
		{cfg: cfg, failed: 1},
		{cfg: waiting, later: 1},
		{cfg: waiting, after: 2 * time.Hour, failed: 1},
		{cfg: waiting, after: 99 * time.Hour, aside: 1},
		{cfg: cfg, aside: 1},
		{cfg: again, failed: 1},
		{cfg: cfg, aside: 1},
	} {
		now = now.Add(step.after)
		sum := mustLoad(t, step.cfg, dir+"/*.parquet")
		if len(sum.Failed) != step.failed || len(sum.SetAside) != step.aside || sum.Waiting != step.later || sum.Complete() {
			t.Fatalf("step %d: %+v", i, sum)
		}
	}
	st, err := New(cfg).Status(t.Context())
	if err != nil || len(st.Failed) != 1 || !st.Failed[0].SetAside || st.Failed[0].Times != 3 {
		t.Errorf("status: %+v, %v", st.Failed, err)
	}
	write("other, and longer")
	if sum := mustLoad(t, waiting, dir+"/*.parquet"); len(sum.Failed) != 1 || len(sum.SetAside) != 0 {
		t.Errorf("after it changed: %+v", sum)
	}
}

// TestWatchEnds ends at what cannot be mended, and without an error when it is
// told to, in a round or between two.
func TestWatchEnds(t *testing.T) {
	fatal := errors.New("wrong")
	ww := watchWorld{}
	err := ww.watch(t, 5, WatchConfig{Fatal: func(err error) bool { return errors.Is(err, fatal) },
		Round: func(context.Context, bool) (config.Summary, error) { return config.Summary{}, fatal }})
	if !errors.Is(err, fatal) || len(ww.rounds) != 0 {
		t.Errorf("error %v after %d rounds", err, len(ww.rounds))
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := Watch(ctx, WatchConfig{Round: func(ctx context.Context, _ bool) (config.Summary, error) {
		cancel()
		return config.Summary{}, ctx.Err()
	}}); err != nil {
		t.Errorf("interrupted in a round: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	if err := Watch(ctx, WatchConfig{Every: time.Hour, Report: func(Round) { cancel() },
		Round: func(context.Context, bool) (config.Summary, error) { return config.Summary{}, nil }}); err != nil {
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
	late := exportFile{"late.parquet", false, 9, 100}
	round, ww := 0, watchWorld{}
	err := ww.watch(t, 3, WatchConfig{Every: time.Minute, Round: func(ctx context.Context, _ bool) (config.Summary, error) {
		if round++; round == 2 {
			exports(t, db.Conn, dir, files[1], late)
		}
		// The lock is free between rounds: otherwise this would be refused.
		return New(config.Config{Conn: db.Conn}).Run(ctx, ledger.Downloads, dir+"/*.parquet")
	}})
	if err != nil || len(ww.rounds) != 3 {
		t.Fatalf("%v after %+v", err, ww.rounds)
	}
	for i, want := range []config.Summary{{Listed: 2, Files: 1}, {Listed: 3, Already: 1, Files: 2}, {Listed: 3, Already: 3}} {
		got := ww.rounds[i].Summary
		if got.Listed != want.Listed || got.Already != want.Already || got.Files != want.Files || ww.rounds[i].Err != nil {
			t.Errorf("round %d: %+v, want %+v", i+1, ww.rounds[i], want)
		}
	}
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, append(files, late)))
}
