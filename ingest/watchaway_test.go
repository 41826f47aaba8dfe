package ingest

import (
	"context"
	"sync"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
)

// TestWatchServerAway watches a server that is away at first, and goes away again
// while a round publishes: each such round fails and is tried again, and the one
// that finds the server back loads what the others did not.
func TestWatchServerAway(t *testing.T) {
	a := newArena(t, 3)
	database := a.database()
	conn := a.revive(database)
	defer func() { _ = conn.Close() }()
	a.killEngine()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var rounds []Round
	var away sync.Once // the moves that are under way beside each other all find it gone
	err := Watch(ctx, WatchConfig{
		Every: time.Minute, Retry: time.Second, Random: func() float64 { return 0.5 },
		Report: func(r Round) { rounds = append(rounds, r) },
		Round: func(ctx context.Context, _ bool) (config.Summary, error) {
			return New(config.Config{Conn: conn, Beat: 50 * time.Millisecond, Lease: time.Second, Before: atSteps(func(s Step) error {
				if s == StepMoved && len(rounds) == 1 {
					away.Do(a.killEngine)
				}
				return nil
			})}).Run(ctx, ledger.Downloads, a.source)
		},
		Sleep: func(context.Context, time.Duration) error {
			if rounds[len(rounds)-1].Err == nil {
				stop()
				return ctx.Err()
			}
			_ = conn.Close() // the server that it named has gone
			conn = a.revive(database)
			return nil
		},
	})
	if err != nil || len(rounds) != 3 || rounds[2].Err != nil {
		t.Fatalf("%v after %+v", err, rounds)
	}
	for i, r := range rounds[:2] {
		if chconn.Classify(r.Err) != chconn.Unavailable || r.Next != time.Second<<i || r.Fails != i+1 {
			t.Errorf("round %d: %+v", r.Number, r)
		}
	}
	checkEqual(t, conn, database, a.want)
	checkClean(t, conn, database)
}
