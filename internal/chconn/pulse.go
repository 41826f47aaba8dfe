package chconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Times of a Pulse. An answer from before comes within two seconds of a question to a
// ClickHouse that hangs: doubtAfter and pingPatience together are less.
const (
	// beatEvery is how often a ClickHouse that answers is asked for a sign of life, and
	// awayEvery one that does not.
	beatEvery = time.Second
	awayEvery = 250 * time.Millisecond
	// doubtAfter is how long a statement may be silent before a sign of life is asked for.
	doubtAfter = 300 * time.Millisecond
	// pingPatience is how long a sign of life is waited for.
	pingPatience = 1400 * time.Millisecond
	// goneAfter is how long ClickHouse is silent before it is taken to be gone: until
	// then it may be busy, and who has nothing better waits.
	goneAfter = 5 * time.Second
)

// AwayError is why statements are not sent: ClickHouse does not answer.
type AwayError struct {
	// Since is when it last gave a sign of life.
	Since time.Time
	// Gone reports that it refuses connections, or has been silent for long: no
	// statement is sent until it answers again. Otherwise it is silent for now.
	Gone bool
	err  error
}

// Error tells since when.
func (e *AwayError) Error() string {
	return fmt.Sprintf("ClickHouse has not answered since %s: %v", e.Since.UTC().Format(time.RFC3339), e.err)
}

// Unwrap is what the last sign of life asked for came to.
func (e *AwayError) Unwrap() error { return e.err }

// Pulse tells whether ClickHouse answers, and is the circuit breaker in front of it:
// one probe at a time is sent to one that does not, whoever else asks is told at once.
// A nil Pulse knows nothing, and takes ClickHouse to answer.
type Pulse struct {
	ping func(context.Context) error
	log  *slog.Logger

	doubts chan struct{} // holds a doubt that Run has not taken up

	mu      sync.Mutex
	last    time.Time     // the last sign of life
	away    *AwayError    // nil while it answers
	changed chan struct{} // closed with each change of away
	gone    context.Context
	goes    context.CancelCauseFunc
}

// NewPulse makes a Pulse that asks by ping. It takes ClickHouse to answer until Run
// finds otherwise.
func NewPulse(ping func(context.Context) error, log *slog.Logger) *Pulse {
	log = cmp.Or(log, slog.New(slog.DiscardHandler))
	p := &Pulse{ping: ping, log: log, doubts: make(chan struct{}, 1), changed: make(chan struct{}), last: time.Now()}
	p.gone, p.goes = context.WithCancelCause(context.Background())
	return p
}

// Err is nil while ClickHouse answers, as far as is known.
func (p *Pulse) Err() *AwayError {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.away
}

// Changed is closed when Err changes. Ask for it before looking at Err.
func (p *Pulse) Changed() <-chan struct{} {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// Last is when ClickHouse last gave a sign of life.
func (p *Pulse) Last() time.Time {
	if p == nil {
		return time.Time{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// Beat notes a sign of life: something of an answer.
func (p *Pulse) Beat() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	p.become(nil)
}

// Doubt has a sign of life asked for now.
func (p *Pulse) Doubt() {
	if p == nil {
		return
	}
	select {
	case p.doubts <- struct{}{}:
	default: // one is waiting
	}
}

// Watch is the context of a statement: it ends when ClickHouse has gone, and a
// statement that takes long has a sign of life asked for. done must be called when the
// statement has ended.
func (p *Pulse) Watch(ctx context.Context) (watched context.Context, done func()) {
	if p == nil {
		return ctx, func() {}
	}
	p.mu.Lock()
	gone := p.gone
	p.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(gone, func() { cancel(context.Cause(gone)) })
	slow := time.AfterFunc(doubtAfter, p.Doubt)
	return ctx, func() {
		slow.Stop()
		stop()
		cancel(nil)
	}
}

// Run asks for signs of life until ctx ends, and returns nil then.
func (p *Pulse) Run(ctx context.Context) error {
	timer := time.NewTimer(beatEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-p.doubts:
		}
		p.note(ctx, p.ask(ctx))
		pause := beatEvery
		if p.Err() != nil {
			pause = awayEvery
		}
		timer.Reset(pause)
	}
}

// ask asks for a sign of life, twice where the first is refused: the connection may
// have been one to a server that was started again.
func (p *Pulse) ask(ctx context.Context) (err error) {
	for range 2 {
		waiting, cancel := context.WithTimeout(ctx, pingPatience)
		err = p.ping(waiting)
		cancel()
		if _, told := Code(err); told || Classify(err) != Unavailable { // it answers, or is silent
			break
		}
	}
	if _, told := Code(err); told {
		return nil
	}
	return err
}

// note draws conclusions from the answer to a ping.
func (p *Pulse) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	silence := now.Sub(p.last)
	silent := Classify(err) != Unavailable
	switch {
	case err == nil:
		p.last = now
		p.become(nil)
	case silent && silence < pingPatience: // it is busy answering others
		p.become(nil)
	default:
		p.become(&AwayError{Since: p.last, Gone: !silent || silence >= goneAfter, err: err})
	}
}

// become sets what Err is. p.mu is held.
func (p *Pulse) become(away *AwayError) {
	before := p.away
	if before == nil && away == nil || before != nil && away != nil && (before.Gone || !away.Gone) {
		return // nothing new; who has gone stays gone until there is a sign of life
	}
	p.away = away
	close(p.changed)
	p.changed = make(chan struct{})
	switch {
	case away == nil:
		p.log.Info("ClickHouse answers again")
	case before == nil:
		p.log.Warn("ClickHouse does not answer", "gone", away.Gone, "error", away.err)
	}
	switch {
	case away != nil && away.Gone:
		p.goes(away)
	case away == nil && before.Gone:
		p.gone, p.goes = context.WithCancelCause(context.Background())
	}
}

// Gone is why a statement ended whose context is one of Watch's, where ClickHouse has
// gone meanwhile, and otherwise err.
func Gone(ctx context.Context, err error) error {
	if away := new(AwayError); err != nil && errors.As(context.Cause(ctx), &away) {
		return away
	}
	return err
}
