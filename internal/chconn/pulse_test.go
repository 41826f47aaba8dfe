package chconn

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	chproto "github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// patient is a server whose answer to a ping a test sets.
type patient struct {
	err   atomic.Pointer[error] // nil answers well
	hangs atomic.Bool
	pings atomic.Int32
}

func (p *patient) ping(ctx context.Context) error {
	p.pings.Add(1)
	if p.hangs.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := p.err.Load(); err != nil {
		return *err
	}
	return nil
}

// watched runs a test with a pulse on a server, in a time of its own.
func watched(t *testing.T, test func(t *testing.T, p *Pulse, server *patient)) {
	synctest.Test(t, func(t *testing.T) {
		server := &patient{}
		p := NewPulse(server.ping, nil)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		test(t, p, server)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// until waits for a change and gives how long it took.
func until(t *testing.T, p *Pulse, holds func(*AwayError) bool) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		changed := p.Changed()
		if holds(p.Err()) {
			return time.Since(began)
		}
		<-changed
	}
}

func isAway(e *AwayError) bool { return e != nil }
func isGone(e *AwayError) bool { return e != nil && e.Gone }
func isBack(e *AwayError) bool { return e == nil }

// A server that refuses connections is known to be gone after one look, what runs ends
// then, and what begins later ends at once; it is asked by one probe at a time, however
// many doubt, and what begins after its return runs.
func TestARefusalIsKnownAtOnce(t *testing.T) {
	watched(t, func(t *testing.T, p *Pulse, server *patient) {
		refused := error(&net.OpError{Op: "dial", Err: errors.New("connection refused")})
		under, done := p.Watch(t.Context())
		defer done()
		server.err.Store(&refused)
		p.Doubt()
		if took := until(t, p, isGone); took > 100*time.Millisecond {
			t.Errorf("known after %s", took)
		}
		<-under.Done()
		if err := Gone(under, under.Err()); Classify(err) != Unavailable || !errors.As(err, new(*AwayError)) {
			t.Errorf("a statement under way ended with %v", err)
		}
		late, lateDone := p.Watch(t.Context())
		<-late.Done()
		lateDone()
		before := server.pings.Load()
		for range 1000 {
			p.Doubt()
		}
		synctest.Wait()
		if n := server.pings.Load() - before; n > 4 {
			t.Errorf("%d probes for a thousand who doubt", n)
		}
		server.err.Store(nil)
		if took := until(t, p, isBack); took > awayEvery {
			t.Errorf("back after %s", took)
		}
		again, againDone := p.Watch(t.Context())
		defer againDone()
		if again.Err() != nil {
			t.Error("a statement ended after the return")
		}
	})
}

// A server that hangs is known to be silent within two seconds of a statement that
// waits for it, and to be gone after some more; until then statements go on.
func TestSilenceIsKnownInTime(t *testing.T) {
	watched(t, func(t *testing.T, p *Pulse, server *patient) {
		server.hangs.Store(true)
		under, done := p.Watch(t.Context())
		defer done()
		if took := until(t, p, isAway); took >= 2*time.Second {
			t.Errorf("known after %s", took)
		}
		if p.Err().Gone || under.Err() != nil {
			t.Error("gone at once")
		}
		if took := until(t, p, isGone); took > 2*goneAfter {
			t.Errorf("gone after %s", took)
		}
		<-under.Done()
		server.hangs.Store(false)
		if took := until(t, p, isBack); took > 2*time.Second {
			t.Errorf("back after %s", took)
		}
	})
}

// A server that is too busy for a probe and answers others is there.
func TestWhoAnswersOthersIsThere(t *testing.T) {
	watched(t, func(t *testing.T, p *Pulse, server *patient) {
		server.hangs.Store(true)
		for range 100 {
			time.Sleep(100 * time.Millisecond) // of the test's own time
			p.Beat()
			if err := p.Err(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Whatever a server says, it answers.
func TestARefusalByTheServerIsAnAnswer(t *testing.T) {
	watched(t, func(t *testing.T, p *Pulse, server *patient) {
		denied := error(&chproto.Exception{Code: 516, Message: "Authentication failed"})
		server.err.Store(&denied)
		p.Doubt()
		synctest.Wait()
		if err := p.Err(); err != nil {
			t.Error(err)
		}
	})
}

// Without a pulse ClickHouse is taken to answer.
func TestNoPulse(t *testing.T) {
	var p *Pulse
	p.Beat()
	p.Doubt()
	ctx, done := p.Watch(t.Context())
	done()
	if p.Err() != nil || p.Changed() != nil || !p.Last().IsZero() || ctx != t.Context() {
		t.Error("it knows something")
	}
}
