package ingest

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"clickql/ingest/config"
)

// WatchConfig says what to do again and again, and how often.
type WatchConfig struct {
	// Round loads what is new, once. full asks for a listing of everything. The
	// lock is its own affair, so that none is held between rounds.
	Round func(ctx context.Context, full bool) (config.Summary, error)
	// Every is the time from the end of a round to the beginning of the next.
	Every time.Duration
	// FullEvery is the time after which everything is listed again, to find files
	// that came late or are not named by days; the first round always does.
	FullEvery time.Duration
	// Fatal tells the errors that trying again cannot mend.
	Fatal func(error) bool
	// Report is told of each round.
	Report func(Round)

	// Retry is the time before the first new try of a round that failed; it
	// doubles with each, up to Every.
	Retry time.Duration

	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error // ends early with ctx's error
	Random func() float64                                   // in [0, 1)
	Log    *slog.Logger
}

// Defaults of a watch.
const (
	DefaultEvery     = time.Hour
	DefaultFullEvery = 24 * time.Hour
	DefaultLookBack  = 14 * 24 * time.Hour
	defaultRetry     = 5 * time.Second
)

// Round is what one round did.
type Round struct {
	Number  int
	Summary config.Summary
	Err     error         // of the round as a whole
	Fails   int           // rounds that have failed one after another, this one included
	Took    time.Duration // until its end
	Next    time.Duration // until the next one
}

// Watch runs rounds until ctx is done, which is no error, or one fails beyond
// mending. A round that fails as a whole is tried again after a time that
// doubles. Which files are tried again, and when, is the ledger's and Config's
// affair, so that it outlives the watch.
func Watch(ctx context.Context, cfg WatchConfig) error {
	w := watcher{cfg: cfg.withDefaults()}
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
	c.Every = cmp.Or(c.Every, DefaultEvery)
	c.FullEvery = cmp.Or(c.FullEvery, DefaultFullEvery)
	c.Retry = min(cmp.Or(c.Retry, defaultRetry), c.Every)
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
		c.Sleep = config.Sleep
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	return c
}

// watcher is one Watch.
type watcher struct {
	cfg    WatchConfig
	rounds int
	fails  int       // rounds that have failed one after another
	full   time.Time // when everything was listed last
}

// round runs one round and decides when the next is.
func (w *watcher) round(ctx context.Context) Round {
	began := w.cfg.Now()
	w.rounds++
	// A clock that is put back makes the age negative: then it is not known.
	age := began.Sub(w.full)
	full := w.full.IsZero() || age < 0 || age >= w.cfg.FullEvery
	sum, err := w.cfg.Round(ctx, full)
	r := Round{Number: w.rounds, Summary: sum, Err: err, Took: w.cfg.Now().Sub(began), Next: w.cfg.Every}
	if err != nil {
		r.Next = min(config.Doubled(w.cfg.Retry, w.fails), w.cfg.Every)
		w.fails++
	} else {
		w.fails = 0
		if full {
			w.full = began
		}
	}
	r.Fails, r.Next = w.fails, config.Spread(r.Next, w.cfg.Random())
	return r
}
