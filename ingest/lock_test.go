package ingest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// TestTakeover pauses a writer at each step until another has taken its lock
// over and loaded everything, and then lets it go on: it must fail, and change
// nothing.
func TestTakeover(t *testing.T) {
	t.Parallel()
	for _, step := range []Step{StepPlanned, StepStageCreated, StepChecked, StepStaged, StepStepsWritten, StepPublishing, StepMoved, StepAllMoved} {
		t.Run(string(step), func(t *testing.T) {
			db := newFew(t)
			dir := t.TempDir()
			files := mixed(2, 100)
			exports(t, db.Conn, dir, files...)
			paused, goOn := make(chan struct{}), make(chan struct{})
			var once sync.Once
			// It gives its first sign of life and no other.
			slow := config.Config{Conn: db.Conn, Beat: time.Hour, Before: atSteps(func(s Step) error {
				if s == step {
					once.Do(func() {
						close(paused)
						<-goOn
					})
				}
				return nil
			})}
			ended := make(chan error, 1)
			go func() {
				_, err := New(slow).Run(t.Context(), ledger.Downloads, dir+"/*.parquet")
				ended <- err
			}()
			select {
			case <-paused:
			case err := <-ended:
				t.Fatalf("it ended before the step: %v", err)
			}
			mustLoad(t, config.Config{Conn: db.Conn, Beat: 20 * time.Millisecond, Lease: 100 * time.Millisecond}, dir+"/*.parquet")
			close(goOn)
			// A writer whose moves are all done has nothing left to do wrong.
			if err := <-ended; err == nil && step != StepAllMoved {
				t.Error("the lapsed writer went on")
			}
			checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
			mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
			checkEqual(t, db.Conn, db.Name, "expected")
			checkClean(t, db.Conn, db.Name)
		})
	}
}

// TestLockIsExclusive lets many try to take a lock that was given back.
func TestLockIsExclusive(t *testing.T) {
	db := chtest.New(t)
	cfg := ledger.Locking{Beat: 10 * time.Millisecond, Lease: time.Minute, Log: slog.New(slog.DiscardHandler)}
	for round := range 3 {
		var mu sync.Mutex
		var wg sync.WaitGroup
		var winners []*ledger.Lock
		for i := range 8 {
			wg.Go(func() {
				s := session.New(db.Conn, db.Name, nil)
				l, err := ledger.Acquire(t.Context(), s, ledger.Holder{Host: "h", PID: 1 << 30, Token: fmt.Sprint(round, i)}, cfg)
				var held *ledger.HeldError
				if err != nil && !errors.As(err, &held) {
					t.Error(err)
				}
				if err == nil {
					l.Keep(t.Context(), cfg)
					mu.Lock()
					defer mu.Unlock()
					winners = append(winners, l)
				}
			})
		}
		wg.Wait()
		if len(winners) != 1 {
			t.Fatalf("round %d: %d hold the lock", round, len(winners))
		}
		if err := winners[0].Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := winners[0].Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOneServer refuses a DSN of several hosts before anything is written.
func TestOneServer(t *testing.T) {
	db := chtest.New(t)
	u, err := url.Parse(db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	u.Host += "," + u.Host
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	const want = "give the DSN of one server"
	if _, err := New(config.Config{Conn: conn}).Run(t.Context(), ledger.Downloads, "/a.parquet"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("load: %v", err)
	}
	if _, err := New(config.Config{Conn: conn}).Help(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("help: %v", err)
	}
}
