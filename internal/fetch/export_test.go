package fetch

import (
	"context"
	"time"
)

// WaitJoined returns when n operations wait for runs under way.
func (l *Loader) WaitJoined(ctx context.Context, n int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if l.waiting() == n {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// waiting counts the operations that wait for the calls under way.
func (l *Loader) waiting() int {
	l.flights.mu.Lock()
	defer l.flights.mu.Unlock()
	n := 0
	for _, c := range l.flights.calls {
		n += c.waiting
	}
	return n
}
