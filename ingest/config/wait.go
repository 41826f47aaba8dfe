package config

import (
	"context"
	"time"
)

// Sleep waits, or ends early with the context's error.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Doubled doubles a wait some times, within reason.
func Doubled(d time.Duration, times int) time.Duration {
	const most = 20 // a thousand thousand times
	return d << max(0, min(times, most))
}

// jitter is how much of a wait, more or less, is left to chance.
const jitter = 0.1

// Spread moves a wait a little by a fraction in [0, 1), so that what failed
// together does not come back together.
func Spread(d time.Duration, fraction float64) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*fraction))
}
