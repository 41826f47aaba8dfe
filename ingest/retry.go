package ingest

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"
)

// patience is what a file that failed before, at the generation that it still
// has, is due.
type patience int

const (
	tryNow   patience = iota
	tryLater          // its wait is not over
	setAside          // its tries are used up: until it changes, or somebody asks for it
)

// failures is what the ledger says of an object's failures at one generation.
type failures struct {
	Name       string    `ch:"name"`
	Generation string    `ch:"generation"`
	Times      uint64    `ch:"times"`
	Last       time.Time `ch:"last"`
	Reason     string    `ch:"reason"`
}

// judgeFailures decides by the ledger's lines and the configuration. A line of
// the future, from a clock that has been put back since, delays nothing.
func judgeFailures(c Config, name string, f failures, now time.Time) patience {
	wait := spread(doubled(c.RetryAfter, int(f.Times)-1), fraction(name, int(f.Times)))
	since := now.Sub(f.Last)
	switch {
	case int(f.Times) == 0 || c.RetryAll:
		return tryNow
	case int(f.Times) >= c.Tries:
		return setAside
	case since >= 0 && since < wait:
		return tryLater
	}
	return tryNow
}

// doubled doubles a wait some times, within reason.
func doubled(d time.Duration, times int) time.Duration {
	const most = 20 // a thousand thousand times
	return d << max(0, min(times, most))
}

// jitter is how much of a wait, more or less, is left to chance.
const jitter = 0.1

// spread moves a wait a little by a fraction in [0, 1), so that what failed
// together does not come back together.
func spread(d time.Duration, fraction float64) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*fraction))
}

// fraction is a file's own chance for one try: the same for all who ask.
func fraction(name string, times int) float64 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %d", name, times) // cannot fail
	return float64(h.Sum32()) / (1 << 32)
}

// failuresOf reads how often objects have failed, at the generation that failed
// last.
func (f *finder) failuresOf(ctx context.Context, objects []Object) (map[string]failures, error) {
	condition, params := f.about(objects)
	lines, err := structs[failures](ctx, f.s, statement{
		SQL: `SELECT name, argMax(t.generation, t.last) AS generation, argMax(t.times, t.last) AS times, max(t.last) AS last, argMax(t.reason, t.last) AS reason
			FROM (SELECT name, generation, count() AS times, max(at) AS last, argMax(reason, at) AS reason FROM ` + f.ledger.table(ledgerFiles) + `
				WHERE ` + condition + ` AND outcome = 'failed' GROUP BY name, generation) AS t
			GROUP BY name`,
		Params: params,
	})
	found := make(map[string]failures, len(lines))
	for _, l := range lines {
		found[l.Name] = l
	}
	return found, failing(err, "ask the ledger which files have failed")
}
