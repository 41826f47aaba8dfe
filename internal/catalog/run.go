package catalog

import (
	"context"
	"time"
)

const (
	// restFactor keeps looking at the version below a twentieth of the time,
	// however many parts there are.
	restFactor = 20
	// longestPause bounds the pause between looks while the server is away, and
	// so how long it takes to notice that it is back.
	longestPause = 5 * time.Second
)

// Run keeps the snapshot new until ctx is done, and returns nil then.
func (c *Catalog) Run(ctx context.Context) error {
	timer := time.NewTimer(c.opts.PollEvery)
	defer timer.Stop()
	failures := 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		failures = c.report(c.look(ctx, false), failures)
		timer.Reset(c.pause(failures))
	}
}

// report logs the first of a run of failures, and its end; it counts them.
func (c *Catalog) report(err error, failures int) int {
	switch {
	case err != nil && failures == 0:
		c.opts.Log.Warn("the database cannot be read", "database", c.opts.Database, "err", err)
	case err == nil && failures > 0:
		c.opts.Log.Info("the database can be read again", "database", c.opts.Database)
	}
	if err == nil {
		return 0
	}
	return failures + 1
}

// pause is the time until the next look.
func (c *Catalog) pause(failures int) time.Duration {
	switch {
	case failures > 0:
		return min(max(longestPause, c.opts.PollEvery), c.opts.PollEvery<<min(failures-1, 4))
	case c.reader.unsettled():
		return c.opts.PollEvery / 4
	}
	took := time.Duration(c.reader.cost.Load())
	return max(c.opts.PollEvery, min(took*restFactor, c.opts.TTL))
}
