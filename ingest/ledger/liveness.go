package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// CreatePulse creates a table for signs of life; its comment says whose they are.
// ifMissing lets it be there already.
func CreatePulse(ctx context.Context, s *session.Session, id tables.ID, comment string, ifMissing bool) error {
	create := "CREATE TABLE "
	if ifMissing {
		create += "IF NOT EXISTS "
	}
	return s.Do(ctx, create+id.String()+" (beat UInt64) ENGINE = Memory SETTINGS min_rows_to_keep = 1, max_rows_to_keep = 1 COMMENT "+chconn.Literal(comment))
}

// Pulse gives signs of life: a number in a table, which grows.
type Pulse struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// StartPulse gives signs of life until the pulse is ended. The context that it
// derives ends with lost when the table has gone.
func StartPulse(ctx context.Context, s *session.Session, id tables.ID, every time.Duration, lost error) (context.Context, *Pulse) {
	return startPulse(ctx, every, lost, func(ctx context.Context, beat uint64) bool {
		err := s.Exec(ctx, session.Statement{SQL: "INSERT INTO " + id.String() + " SELECT {beat:UInt64}", Params: map[string]any{"beat": beat}, Pulse: true})
		return session.Gone(err)
	})
}

// startPulse gives signs of life until the pulse is ended. The context that it
// derives ends with lost when one finds that it is of no use any more.
func startPulse(ctx context.Context, every time.Duration, lost error, give func(ctx context.Context, beat uint64) bool) (context.Context, *Pulse) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &Pulse{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for beat := uint64(1); ; beat++ {
			if give(ctx, beat) {
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

// End ends the signs of life, and the context.
func (p *Pulse) End() {
	p.cancel(nil)
	<-p.done
}

// ReadPulse is the number of the last sign of life; -1 where the table has gone.
func ReadPulse(ctx context.Context, s *session.Session, id tables.ID) (int64, error) {
	return readPulse(ctx, s, id, "")
}

// readPulse is ReadPulse among the lines that a WHERE chooses.
func readPulse(ctx context.Context, s *session.Session, id tables.ID, where string) (int64, error) {
	var beat uint64
	err := s.Row(ctx, session.Statement{SQL: "SELECT max(beat) FROM " + id.String() + where, Pulse: true}, &beat)
	switch {
	case session.Gone(err):
		return -1, nil
	case err != nil:
		return 0, fmt.Errorf("read the signs of life in %s: %w", id, err)
	}
	return int64(beat), nil
}

// Sighting is the last sign of life that was seen of another process. It has
// lapsed when the number has not changed for a lease on this machine's monotonic
// clock: the clocks of two machines are never compared.
type Sighting struct {
	Beat int64
	At   time.Time // when it was seen to change; zero: not seen yet
}

// Sees takes the number as it is now, and tells whether it is another one.
func (s *Sighting) Sees(beat int64, now time.Time) bool {
	if !s.At.IsZero() && beat == s.Beat {
		return false
	}
	first := s.At.IsZero()
	s.Beat, s.At = beat, now
	return !first
}

// Lapsed tells whether there was no sign of life for a lease.
func (s *Sighting) Lapsed(lease time.Duration, now time.Time) bool { return now.Sub(s.At) > lease }

// Holder says who holds a lock or a claim. It is the comment of the table in which
// that one gives signs of life.
type Holder struct {
	Host     string    `json:"host"`
	PID      int       `json:"pid"`
	Machine  string    `json:"machine,omitempty"`
	Since    time.Time `json:"since"`
	Command  string    `json:"command,omitempty"`
	Token    string    `json:"token"`
	Released bool      `json:"released,omitempty"`
	// Server is the one of several replicas that it works on; empty without any.
	Server string `json:"server,omitempty"`
}

// Self describes this process as a holder.
func Self(command string, now time.Time) Holder {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	return Holder{Host: host, PID: os.Getpid(), Machine: MachineID(), Since: now, Command: command, Token: rand.Text()}
}

// String names the holder for messages.
func (h Holder) String() string {
	return fmt.Sprintf("pid %d on %s, since %s", h.PID, h.Host, h.Since.UTC().Format(time.RFC3339))
}

// Owner names the holder in the ledger.
func (h Holder) Owner() string {
	if h.Server != "" {
		return fmt.Sprintf("%s/%d at %s", h.Host, h.PID, h.Server)
	}
	return fmt.Sprintf("%s/%d", h.Host, h.PID)
}

// Besides reports that both are processes of one machine, which knows of the
// other whether it lives.
func (h Holder) Besides(other Holder) bool { return h.Machine != "" && h.Machine == other.Machine }

// Ended reports that the holder's process has ended, as far as me can know without
// waiting for a sign of life.
func (h Holder) Ended(me Holder, alive func(pid int) bool) bool {
	return h.Besides(me) && !alive(h.PID)
}

// MachineID identifies the space in which process ids are unique for as long as
// it lives: one boot and one pid namespace. Empty where the system does not
// tell; then only the lease tells whether a holder lives.
func MachineID() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + space
}

// ProcessAlive reports that a process with the id exists on this machine.
func ProcessAlive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
