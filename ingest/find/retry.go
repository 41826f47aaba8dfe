package find

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
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
func judgeFailures(c config.Config, name string, f failures, now time.Time) patience {
	wait := config.Spread(config.Doubled(c.RetryAfter, int(f.Times)-1), fraction(name, int(f.Times)))
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

// fraction is a file's own chance for one try: the same for all who ask.
func fraction(name string, times int) float64 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %d", name, times) // cannot fail
	return float64(h.Sum32()) / (1 << 32)
}

// failuresOf reads how often objects have failed, at the generation that failed
// last.
func (f *Finder) failuresOf(ctx context.Context, objects []export.Object) (map[string]failures, error) {
	condition, params := f.About(objects)
	lines, err := session.Structs[failures](ctx, f.s, session.Statement{
		SQL: `SELECT name, argMax(t.generation, t.last) AS generation, argMax(t.times, t.last) AS times, max(t.last) AS last, argMax(t.reason, t.last) AS reason
			FROM (SELECT name, generation, count() AS times, max(at) AS last, argMax(reason, at) AS reason FROM ` + f.Ledger.Table(ledger.Files) + `
				WHERE ` + condition + ` AND outcome = 'failed' GROUP BY name, generation) AS t
			GROUP BY name`,
		Params: params,
	})
	if session.Gone(err) {
		err = nil // nothing has ever been tried
	}
	found := make(map[string]failures, len(lines))
	for _, l := range lines {
		found[l.Name] = l
	}
	return found, session.Wrap(err, "ask the ledger which files have failed")
}
