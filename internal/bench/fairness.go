package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"clickql/internal/access"
	"clickql/internal/catalog"
	"clickql/internal/gateway"
)

const (
	// manyCheap is how many clients ask little, each of an address of its own, and
	// greedyConns how many connections the one has that asks as much as it can.
	manyCheap, greedyConns = 63, 8
	// fairRounds is how many turns each side has.
	fairRounds = 5
)

// measureFairness measures what clients that ask little wait beside one that asks much.
func (b *bench) measureFairness(ctx context.Context) error { return b.onServed(ctx, b.fairness) }

func (b *bench) fairness(ctx context.Context, st *store, cat *catalog.Catalog) (err error) {
	proxies, err := access.NewProxies([]string{"127.0.0.1"}, access.ForwardedFor)
	if err != nil {
		return err
	}
	// Nothing is kept: what is in memory waits for nobody.
	g, err := startGateway(ctx, st.engine.ReadOnlyDSN(), cat, -1, -1, func(c *gateway.Config) {
		c.Gate = access.NewGate(access.Config{Proxies: proxies})
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	top := mostDownloaded(cat.Snapshot(), manyCheap)
	if len(top) < manyCheap {
		return fmt.Errorf("the data has %d projects, and %d are needed", len(top), manyCheap)
	}
	all := newClients(g.addr, manyCheap+greedyConns)
	defer all.close()
	var asked, dear atomic.Int64
	cheap := func(told bool) ask {
		return func(ctx context.Context, client int, n int64) error {
			query := fmt.Sprintf(`{project(name:%q){downloads(range:{last:%d}){total}}}`, top[client], 30+n%300)
			return all.send(ctx, client, fromClient(query, addressOf(client, told)), io.Discard)
		}
	}
	greedy := func(told bool) ask {
		return func(ctx context.Context, client int, _ int64) error {
			query := fmt.Sprintf(`{downloads(range:{last:%d}){by(dimension:VERSION,first:50){total downloads{by(dimension:COUNTRY,first:5){total}}}}}`, 200+asked.Add(1)%150)
			dear.Add(1)
			return all.send(ctx, manyCheap+client, fromClient(query, addressOf(1000, told)), io.Discard)
		}
	}
	sides := []*fairSide{{name: "alone", cheap: cheap(true)}, {name: "beside the greedy one", cheap: cheap(true), greedy: greedy(true)},
		{name: "the same, clients not told apart", cheap: cheap(false), greedy: greedy(false)}}
	if err := b.fairTurns(ctx, sides); err != nil {
		return err
	}
	b.reportFairness(sides, dear.Load())
	return nil
}

// addressOf is where a client comes from; one place where they are not told apart.
func addressOf(client int, told bool) string {
	if !told {
		client = 0
	}
	return fmt.Sprintf("10.0.%d.%d", client/250, client%250+1)
}

// fromClient is a request for a document, by way of a proxy that tells its client.
func fromClient(query, address string) []byte {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		panic(err) // strings are always JSON
	}
	return fmt.Appendf(nil, "POST /graphql HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-Forwarded-For: %s\r\nContent-Length: %d\r\n\r\n%s", address, len(body), body)
}

// fairSide is one of the ways that are compared.
type fairSide struct {
	name          string
	cheap, greedy ask
	counter       atomic.Int64
	turns         turns
}

// fairTurns lets the sides take turns.
func (b *bench) fairTurns(ctx context.Context, sides []*fairSide) error {
	span := cmp.Or(b.span, 4*time.Second)
	for range fairRounds {
		for _, s := range sides {
			t, err := s.turn(ctx, span)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			s.turns = append(s.turns, t)
		}
	}
	return nil
}

// turn drives the cheap clients, beside the greedy one where there is one.
func (s *fairSide) turn(ctx context.Context, span time.Duration) (t turn, err error) {
	asking, stop := context.WithCancel(ctx)
	var greedy errgroup.Group
	if s.greedy != nil {
		for client := range greedyConns {
			greedy.Go(func() (err error) {
				for err == nil && asking.Err() == nil {
					err = s.greedy(ctx, client, 0)
				}
				return err
			})
		}
	}
	t, err = drive(ctx, loop{clients: manyCheap, span: span, counter: &s.counter}, s.cheap)
	stop()
	return t, errors.Join(err, greedy.Wait())
}

// reportFairness writes the section.
func (b *bench) reportFairness(sides []*fairSide, dear int64) {
	b.report.heading(2, "Fairness")
	b.report.para("%d clients that each ask one project's total, one request after another, beside one that asks for all of PyPI's versions by country over %d connections (%d times in all). "+
		"Nothing is answered from memory. Ratios are of one turn each, the median of %d.", manyCheap, greedyConns, dear, fairRounds)
	var rows [][]string
	for _, s := range sides {
		row := []string{s.name}
		for _, q := range []float64{0.5, 0.99} {
			row = append(row, millis(median(s.turns.quantiles(q))), ratio(medianRatio(s.turns.quantiles(q), sides[0].turns.quantiles(q))))
		}
		rows = append(rows, row)
	}
	b.report.table([]string{"cheap clients", "p50", "of alone", "p99", "of alone"}, rows)
}
