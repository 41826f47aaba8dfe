package main

import (
	"context"
	"fmt"
	"sync/atomic"
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
