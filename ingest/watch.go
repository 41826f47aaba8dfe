package ingest

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"time"
)

// WatchConfig says what to do again and again, and how often.
type WatchConfig struct {
	// Round loads what is new, once. It leaves out the objects that skip tells
	// it to. The lock is its own affair, so that none is held between rounds.
	Round func(ctx context.Context, skip func(Object) bool) (Summary, error)
	// Every is the time from the end of a round to the beginning of the next.
	Every time.Duration
	// Fatal tells the errors that trying again cannot mend.
	Fatal func(error) bool
	// Report is told of each round.
	Report func(Round)

	// Retry is the time before the first new try of a round that failed; it
	// doubles with each, up to Every.
	Retry time.Duration
	// Tries is how often a file that fails is tried at one generation before it
	// is left alone. The time between tries is Every and doubles with each.
	Tries int

	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error // ends early with ctx's error
	Random func() float64                                   // in [0, 1)
	Log    *slog.Logger
}

// Defaults of a watch.
const (
	DefaultEvery = time.Hour
	defaultRetry = 5 * time.Second
	defaultTries = 6
	jitter       = 0.1 // of a wait, more or less
)

// Round is what one round did.
type Round struct {
	Number  int
	Summary Summary
	Err     error         // of the round as a whole
	Took    time.Duration // until its end
	Next    time.Duration // until the next one
	// Left lists the files that failed as often as is allowed: they are not
	// tried again before they change or the watch begins anew.
	Left []Failure
}

// Watch runs rounds until ctx is done, which is no error, or one fails beyond
// mending. A round that fails as a whole is tried again after a time that
// doubles. A file that fails holds nothing else up: it is tried again ever more
// seldom, and left alone when its tries are used up.
func Watch(ctx context.Context, cfg WatchConfig) error {
	w := watcher{cfg: cfg.withDefaults(), files: map[string]*trial{}}
	for {
		r := w.round(ctx)
		if ctx.Err() != nil {
			if r.Err != nil {
				w.cfg.Log.Info("interrupted in a round: what it had in hand is carried on or loaded again by the next command", "error", r.Err)
			}
			return nil
		}
		if r.Err != nil && w.cfg.Fatal(r.Err) {
			return r.Err
		}
		w.cfg.Report(r)
		if err := w.cfg.Sleep(ctx, r.Next); err != nil {
			return nil //nolint:nilerr // being told to stop is how a watch ends
		}
	}
}

// withDefaults fills what is not given.
func (c WatchConfig) withDefaults() WatchConfig {
	c.Every = or(c.Every, DefaultEvery)
	c.Retry = min(or(c.Retry, defaultRetry), c.Every)
	c.Tries = or(c.Tries, defaultTries)
	if c.Fatal == nil {
		c.Fatal = func(error) bool { return false }
	}
	if c.Report == nil {
		c.Report = func(Round) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// sleep waits, or ends early with the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// watcher is one Watch.
type watcher struct {
	cfg      WatchConfig
	rounds   int
	failures int               // rounds that have failed one after another
	files    map[string]*trial // by name, of files that failed
}

// trial is what a watch knows of a file that failed.
type trial struct {
	generation string
	tries      int
	next       time.Time
	failure    Failure
}

// round runs one round and decides when the next is.
func (w *watcher) round(ctx context.Context) Round {
	began := w.cfg.Now()
	w.rounds++
	keep := map[string]bool{}
	sum, err := w.cfg.Round(ctx, func(o Object) bool {
		keep[o.Name] = w.waits(o, began)
		return keep[o.Name]
	})
	now := w.cfg.Now()
	r := Round{Number: w.rounds, Summary: sum, Err: err, Took: now.Sub(began), Next: w.cfg.Every}
	for _, f := range sum.Failed {
		w.failed(f, now)
		keep[f.Object.Name] = true
	}
	if err != nil {
		r.Next = min(doubled(w.cfg.Retry, w.failures), w.cfg.Every)
		w.failures++
	} else {
		w.failures = 0
		maps.DeleteFunc(w.files, func(name string, _ *trial) bool { return !keep[name] }) // loaded at last, or gone
	}
	r.Next = w.spread(r.Next)
	for _, name := range sortedKeys(w.files) {
		if t := w.files[name]; t.tries >= w.cfg.Tries {
			r.Left = append(r.Left, t.failure)
		}
	}
	return r
}

// waits reports that a file is not to be tried now.
func (w *watcher) waits(o Object, now time.Time) bool {
	t := w.files[o.Name]
	if t == nil || t.generation != o.Generation {
		return false
	}
	return t.tries >= w.cfg.Tries || now.Before(t.next)
}

// failed counts a file's failure and decides when it is tried again.
func (w *watcher) failed(f Failure, now time.Time) {
	t := w.files[f.Object.Name]
	if t == nil || t.generation != f.Object.Generation {
		t = &trial{generation: f.Object.Generation}
		w.files[f.Object.Name] = t
	}
	t.failure = f
	t.next = now.Add(w.spread(doubled(w.cfg.Every, t.tries)))
	t.tries++
}

// spread moves a wait a little, so that watches which failed together do not
// come back together.
func (w *watcher) spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*w.cfg.Random()))
}

// doubled doubles a wait some times, within reason.
func doubled(d time.Duration, times int) time.Duration {
	const most = 20 // a thousand thousand times
	return d << min(times, most)
}

// ErrNoSource refuses a SOURCE of a kind that nothing here reads.
var ErrNoSource = errors.New("no such kind of source: give gs://bucket/object or a path on the ClickHouse server's disk")
