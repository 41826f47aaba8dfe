package gateway

import (
	"context"
	"errors"
	"log/slog"
	"testing"
)

// fakeProcess is a process that a test kills.
type fakeProcess struct {
	gone   chan struct{}
	closed chan struct{}
}

func newFakeProcess() *fakeProcess {
	return &fakeProcess{gone: make(chan struct{}), closed: make(chan struct{})}
}

func (p *fakeProcess) Done() <-chan struct{} { return p.gone }

func (p *fakeProcess) Close() error {
	close(p.closed)
	return nil
}

func TestKeeperStartsAgainUntilItWorks(t *testing.T) {
	first, second := newFakeProcess(), newFakeProcess()
	ctx, stop := context.WithCancel(t.Context())
	attempts := 0
	started := make(chan struct{})
	k := keeper{log: slog.New(slog.DiscardHandler), start: func(context.Context) (process, error) {
		if attempts++; attempts < 3 {
			return nil, errors.New("no space left on device")
		}
		close(started)
		return second, nil
	}}
	kept := make(chan process, 1)
	go func() { kept <- k.keep(ctx, first) }()

	close(first.gone)
	<-started
	<-first.closed
	if attempts != 3 {
		t.Errorf("started in %d attempts, want 3", attempts)
	}
	stop()
	if left := <-kept; left != process(second) {
		t.Errorf("%v is left running, not the second", left)
	}
}

func TestKeeperStopsWhileItCannotStart(t *testing.T) {
	first := newFakeProcess()
	ctx, stop := context.WithCancel(t.Context())
	k := keeper{log: slog.New(slog.DiscardHandler), start: func(context.Context) (process, error) {
		stop()
		return nil, errors.New("no space left on device")
	}}
	close(first.gone)
	if left := k.keep(ctx, first); left != nil {
		t.Errorf("%v is left running", left)
	}
}
