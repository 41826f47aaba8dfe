package main

import (
	"context"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// measureMemory watches this process and the engine while clients ask
// everything at once and nothing is cached, and counts the goroutines that are
// left when they have gone.
func (s *servingRun) measureMemory(ctx context.Context) error {
	span := time.Minute
	if s.quick {
		span = 2 * time.Second
	}
	s.say("memory under %d clients for %s", maxClients, span)
	before := runtime.NumGoroutine()
	g, err := startGateway(ctx, s.dsn, s.cat, -1, -1)
	if err != nil {
		return err
	}
	var requests [][]byte
	for i := range s.variants {
		for _, o := range s.operations {
			request, err := o.request(s.variants[i])
			if err != nil {
				return err
			}
			requests = append(requests, request)
		}
	}
	runtime.GC()
	own, engine := memory{os.Getpid()}, memory{s.enginePID}
	ownBefore, engineBefore := own.now(), engine.now()
	own.reset()
	engine.reset()
	t, err := drive(ctx, loop{clients: maxClients, span: span, counter: new(atomic.Int64)}, func(ctx context.Context, client int, n int64) error {
		return g.send(ctx, client, requests[n%int64(len(requests))], io.Discard)
	})
	ownPeak, enginePeak := own.peak(), engine.peak()
	if closeErr := g.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	left := settled(ctx, before)
	s.report.heading(3, "Memory")
	s.report.para("%d clients ask all operations for %s, nothing is cached: %s requests per second. The gateway's process is also that of the clients.",
		maxClients, span, whole(t.perSecond()))
	s.report.table([]string{"resident memory", "before", "peak"}, [][]string{
		{"gateway with clients", bytesOf(ownBefore), bytesOf(ownPeak)},
		{"ClickHouse", bytesOf(engineBefore), bytesOf(enginePeak)},
	})
	s.report.para("Goroutines left behind: %d.", max(0, left-before))
	return nil
}

// settled is the number of goroutines once it is down to a number, or after a
// few seconds, whatever it then is.
func settled(ctx context.Context, to int) int {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for runtime.NumGoroutine() > to {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return runtime.NumGoroutine()
		}
	}
	return runtime.NumGoroutine()
}
