package gateway

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// follower is a connection that outlives the ClickHouse behind it: when the
// embedded engine is started again, on other ports, it leads to the new one.
// Queries under way at that moment fail as those of a server that went away.
type follower struct {
	mu       sync.RWMutex
	current  *chconn.Conn
	previous *chconn.Conn // still in the hands of late queries; closed by the next turn
}

// Query runs a query that returns rows.
func (f *follower) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	return f.Current().Query(ctx, query, args...)
}

// QueryRow runs a query for its one row.
func (f *follower) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	return f.Current().QueryRow(ctx, query, args...)
}

// Ping fails where ClickHouse does not answer.
func (f *follower) Ping(ctx context.Context) error { return f.Current().Ping(ctx) }

// Current leads to the ClickHouse of this moment, for a few statements.
func (f *follower) Current() *chconn.Conn {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.current
}

// turn leads to another ClickHouse from now on.
func (f *follower) turn(to *chconn.Conn) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.previous
	f.previous, f.current = f.current, to
	if old == nil {
		return nil
	}
	return old.Close()
}

// Close ends the connections.
func (f *follower) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, c := range []*chconn.Conn{f.previous, f.current} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// How long to wait before the engine is started again. It rarely fails twice:
// a full disk or a taken library is what makes it.
const (
	restartFirst = 100 * time.Millisecond
	restartMost  = 15 * time.Second
)

// process is what a keeper keeps alive; *engine.Engine is one.
type process interface {
	// Done is closed when the process has gone.
	Done() <-chan struct{}
	Close() error
}

// keeper keeps the embedded engine alive: whenever it dies it is started
// again on its data.
type keeper struct {
	// start starts the engine and leads the connections to it.
	start func(context.Context) (process, error)
	log   *slog.Logger
}

// keep keeps running alive until ctx ends, and returns what runs then; nil for
// nothing.
func (k keeper) keep(ctx context.Context, running process) process {
	for {
		select {
		case <-ctx.Done():
			return running
		case <-running.Done():
		}
		log := k.log
		if err := running.Close(); err != nil { // which may say why it died
			log = log.With("error", err)
		}
		log.Error("the embedded ClickHouse died; starting it again")
		next, ok := k.revive(ctx)
		if !ok {
			return nil
		}
		running = next
		k.log.Info("the embedded ClickHouse runs again")
	}
}

// revive starts the engine, however often that takes; ok is false when ctx
// ends first.
func (k keeper) revive(ctx context.Context) (next process, ok bool) {
	for wait := restartFirst; ; wait = min(2*wait, restartMost) {
		next, err := k.start(ctx)
		if err == nil {
			return next, true
		}
		k.log.Error("could not start the embedded ClickHouse", "error", err, "again_in", wait)
		select {
		case <-ctx.Done():
			return nil, false
		case <-time.After(wait):
		}
	}
}
