package ingest

import (
	"context"
	"fmt"
	"time"

	"clickql/internal/chconn"
)

// createPulse creates a table for signs of life; its comment says whose they are.
// ifMissing lets it be there already.
func createPulse(ctx context.Context, s *session, id tableID, comment string, ifMissing bool) error {
	create := "CREATE TABLE "
	if ifMissing {
		create += "IF NOT EXISTS "
	}
	return s.run(ctx, create+id.String()+" (beat UInt64) ENGINE = Memory SETTINGS min_rows_to_keep = 1, max_rows_to_keep = 1 COMMENT "+chconn.Literal(comment))
}

// pulse gives signs of life: a number in a table, which grows.
type pulse struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// startPulse gives signs of life until the pulse is ended. The context that it
// derives ends with lost when the table has gone.
func startPulse(ctx context.Context, s *session, id tableID, every time.Duration, lost error) (context.Context, *pulse) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &pulse{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for beat := uint64(1); ; beat++ {
			err := s.exec(ctx, statement{SQL: "INSERT INTO " + id.String() + " SELECT {beat:UInt64}", Params: map[string]any{"beat": beat}, Pulse: true})
			if gone(err) {
				cancel(lost)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return ctx, p
}

// end ends the signs of life, and the context.
func (p *pulse) end() {
	p.cancel(nil)
	<-p.done
}

// readPulse is the number of the last sign of life; -1 where the table has gone.
func readPulse(ctx context.Context, s *session, id tableID) (int64, error) {
	var beat uint64
	err := s.row(ctx, statement{SQL: "SELECT max(beat) FROM " + id.String(), Pulse: true}, &beat)
	switch {
	case gone(err):
		return -1, nil
	case err != nil:
		return 0, fmt.Errorf("read the signs of life in %s: %w", id, err)
	}
	return int64(beat), nil
}

// sighting is the last sign of life that was seen of another process. It has
// lapsed when the number has not changed for a lease on this machine's monotonic
// clock: the clocks of two machines are never compared.
type sighting struct {
	beat int64
	at   time.Time // when it was seen to change; zero: not seen yet
}

// sees takes the number as it is now, and tells whether it is another one.
func (s *sighting) sees(beat int64, now time.Time) bool {
	if !s.at.IsZero() && beat == s.beat {
		return false
	}
	first := s.at.IsZero()
	s.beat, s.at = beat, now
	return !first
}

// lapsed tells whether there was no sign of life for a lease.
func (s *sighting) lapsed(lease time.Duration, now time.Time) bool { return now.Sub(s.at) > lease }
