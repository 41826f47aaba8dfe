package fetch

import (
	"time"

	"clickql/internal/chconn"
)

// Stale says that answers are of before, and why. It is what clients are told as
// extensions.stale.
type Stale struct {
	// AsOf is the last moment at which the answer is known to have been right.
	AsOf time.Time `json:"asOf"`
	// Reason is for people, and names no hosts.
	Reason string `json:"reason"`
}

// Reasons of stale answers.
const (
	reasonAway  = "ClickHouse does not answer"
	reasonSpent = "ClickHouse takes no more of the gateway's queries for now"
	reasonSlow  = "ClickHouse did not answer in time"
)

// Stale is nil while ClickHouse answers, as far as is known, and otherwise says of
// when answers from memory are. It is nil as well where they are too old to be given,
// or nothing is known that they could be given from.
func (l *Loader) Stale() *Stale {
	if l.cfg.StaleFor <= 0 {
		return nil
	}
	snap := l.cfg.Catalog.Snapshot()
	s := &Stale{AsOf: snap.ReadAt, Reason: reasonAway}
	away, unready := l.cfg.Pulse.Err(), l.cfg.Catalog.Ready()
	switch {
	case away != nil:
		s.AsOf = away.Since
	case unready == nil || !passes(unready):
		return nil
	case l.cfg.Pulse != nil:
		s.AsOf = l.cfg.Pulse.Last()
	}
	if len(snap.Tables) == 0 || l.cfg.Now().Sub(s.AsOf) > l.cfg.StaleFor {
		return nil
	}
	return s
}

// passes reports a failure of ClickHouse that says nothing of its data.
func passes(err error) bool {
	switch chconn.Classify(err) {
	case chconn.Unavailable, chconn.Timeout, chconn.Overloaded, chconn.Cancelled, chconn.Memory, chconn.DiskFull:
		return true
	}
	return false
}

// Instead says of when an answer is that was right until asOf, the zero time for now,
// and is given in place of one that failed with a code; nil where it is too old.
func (l *Loader) Instead(asOf time.Time, code string) *Stale {
	s := &Stale{AsOf: asOf, Reason: reasonAway}
	switch code {
	case "OVERLOADED":
		s.Reason = reasonSpent
	case "TIMEOUT":
		s.Reason = reasonSlow
	}
	if asOf.IsZero() {
		s.AsOf = l.cfg.Now()
		if l.cfg.Pulse != nil {
			s.AsOf = l.cfg.Pulse.Last()
		}
	}
	if l.cfg.StaleFor <= 0 || l.cfg.Now().Sub(s.AsOf) > l.cfg.StaleFor {
		return nil
	}
	return s
}

// StaleFor is how long answers from before are given.
func (l *Loader) StaleFor() time.Duration { return l.cfg.StaleFor }

// Changed is closed when ClickHouse begins or ceases to answer.
func (l *Loader) Changed() <-chan struct{} { return l.cfg.Pulse.Changed() }
