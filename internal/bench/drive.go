package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// loop is how one turn is driven.
type loop struct {
	clients int
	span    time.Duration // no request begins later than this
	least   int           // requests of each client, whatever the span; 1 where 0
	counter *atomic.Int64 // numbers the requests over all turns
	engine  int           // process of ClickHouse, 0 where its time is not asked for
}

// ask sends one request and returns when its answer has been read. client is
// below loop.clients and has one request at a time; n is the request's number.
type ask func(ctx context.Context, client int, n int64) error

// drive runs one turn of a closed loop. The first error ends it.
func drive(ctx context.Context, l loop, one ask) (turn, error) {
	group, ctx := errgroup.WithContext(ctx)
	millis := make([][]float64, l.clients)
	began, before := time.Now(), processorTime(l.engine)
	for client := range l.clients {
		group.Go(func() error {
			for n := 0; n < max(l.least, 1) || time.Since(began) < l.span; n++ {
				sent := time.Now()
				if err := one(ctx, client, l.counter.Add(1)-1); err != nil {
					return err
				}
				millis[client] = append(millis[client], time.Since(sent).Seconds()*1000)
			}
			return nil
		})
	}
	err := group.Wait()
	t := turn{took: time.Since(began), used: processorTime(l.engine).since(before)}
	for _, m := range millis {
		t.millis = append(t.millis, m...)
	}
	return t, err
}

// side is one of the ways that are compared.
type side struct {
	name    string
	ask     ask
	counter atomic.Int64
}

// pace is how a comparison spends its time.
type pace struct {
	rounds int           // turns of each side
	span   time.Duration // of a turn
	budget time.Duration // after which no further round begins, once there are three
	engine int           // process of ClickHouse
}

// compare lets the sides take turns. An unmeasured turn of each, of one request
// for each client, comes first: it opens connections and fills the server's
// caches of marks and pages alike for all. A nil side is left out.
func compare(ctx context.Context, p pace, clients int, sides []*side) ([]turns, error) {
	for _, s := range sides {
		if s == nil {
			continue
		}
		if _, err := drive(ctx, loop{clients: clients, counter: &s.counter}, s.ask); err != nil {
			return nil, fmt.Errorf("warm up %s: %w", s.name, err)
		}
	}
	out := make([]turns, len(sides))
	began := time.Now()
	for round := range p.rounds {
		if round >= 3 && time.Since(began) > p.budget {
			break
		}
		for i, s := range sides {
			if s == nil {
				continue
			}
			t, err := drive(ctx, loop{clients: clients, span: p.span, counter: &s.counter, engine: p.engine}, s.ask)
			if err != nil {
				return nil, fmt.Errorf("measure %s: %w", s.name, err)
			}
			out[i] = append(out[i], t)
		}
	}
	return out, nil
}

// processor is the processor time that has been used: by this process, which is
// the clients and whatever they ask in it, and by ClickHouse.
type processor struct{ own, engine time.Duration }

// clockTick is the unit of times in /proc: a hundredth of a second on every
// Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// processorTime reads the times; those of ClickHouse stay 0 where the system
// does not tell.
func processorTime(enginePID int) (p processor) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err == nil {
		p.own = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", enginePID))
	if err != nil {
		return p
	}
	// The name, in parentheses, may hold anything; the times are the 12th and
	// 13th field behind it.
	_, rest, _ := strings.Cut(string(content), ") ")
	if fields := strings.Fields(rest); len(fields) > 12 {
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		p.engine = time.Duration(user+system) * clockTick
	}
	return p
}

// since is what was used since before.
func (p processor) since(before processor) processor {
	return processor{p.own - before.own, p.engine - before.engine}
}

// perRequest is the milliseconds of processor time that a request took over all
// turns, in this process and in ClickHouse.
func (ts turns) perRequest() (own, engine float64) {
	n := 0
	var sum processor
	for _, t := range ts {
		n += len(t.millis)
		sum.own += t.used.own
		sum.engine += t.used.engine
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	return sum.own.Seconds() * 1000 / float64(n), sum.engine.Seconds() * 1000 / float64(n)
}

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
	if err := errors.Join(err, g.Close()); err != nil {
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
