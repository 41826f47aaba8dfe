package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/fetch"
	"clickql/internal/server"
)

// clientCounts are how many clients ask at one time.
var clientCounts = [...]int{1, 16, 64}

// maxClients is the largest of clientCounts.
const maxClients = 64

// servingRun is what the measurements of serving share.
type servingRun struct {
	*bench
	hand              byHand
	cat               *catalog.Catalog
	dsn               string
	enginePID         int
	cold, warm, whole *running
	variants          []variant
	operations        []operation  // each statement on its best table
	written           []operation  // each statement on ClickPy's table
	labels            atomic.Int64 // of pictures
}

// measureServing measures answering against hand-written SQL and against a
// server that knows the answers.
func (b *bench) measureServing(ctx context.Context) error {
	return b.onServed(ctx, b.serve)
}

// onServed opens the data that is served and keeps its catalog new while measure
// works with it.
func (b *bench) onServed(ctx context.Context, measure func(context.Context, *store, *catalog.Catalog) error) (err error) {
	dir, err := b.serving(ctx, b.options(b.rows, b.days, ""))
	if err != nil {
		return err
	}
	st, err := b.openStore(ctx, dir, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	// The catalog's own connection: reading sizes now and then is a part of
	// serving, but waits for no query.
	conn, err := chconn.Open(ctx, chconn.Config{DSN: st.engine.ReadOnlyDSN(), MaxConns: 2, Log: b.log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	began := time.Now()
	cat, err := b.openCatalog(ctx, conn)
	if err != nil {
		return err
	}
	b.say("catalog read in %s", time.Since(began).Round(time.Millisecond))
	background, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- cat.Run(background) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	return measure(ctx, st, cat)
}

// serve opens every side and measures.
func (b *bench) serve(ctx context.Context, st *store, cat *catalog.Catalog) (err error) {
	s := &servingRun{bench: b, cat: cat, dsn: st.engine.ReadOnlyDSN(), enginePID: st.engine.Info().PID, operations: b.selected()}
	if s.variants, err = variantsOf(mostDownloaded(cat.Snapshot(), variants*peers), cat.Snapshot().Days); err != nil {
		return err
	}
	if s.hand, err = openByHand(s.dsn); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.hand.Close()) }()
	if s.cold, err = startGateway(ctx, s.dsn, cat, -1, -1); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.cold.Close()) }()
	if s.warm, err = startGateway(ctx, s.dsn, cat, 0, -1); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.warm.Close()) }()
	if s.whole, err = startGateway(ctx, s.dsn, cat, 0, 0); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.whole.Close()) }()
	server.TuneMemory(fetch.DefaultCacheBytes) // the clients' garbage and the bare handler's too
	var version string
	if err := st.admin.QueryRow(ctx, "SELECT version()").Scan(&version); err != nil {
		return fmt.Errorf("ask ClickHouse for its version: %w", err)
	}
	b.report.heading(2, "Serving")
	b.report.para("ClickHouse %s, embedded; gateway, clients and ClickHouse share the machine's cores.", version)
	return s.measure(ctx)
}

// selected are the operations that -only names.
func (b *bench) selected() []operation {
	wanted := regexp.MustCompile(b.only) // compiled before
	var out []operation
	for _, o := range operations() {
		if wanted.MatchString(o.name) {
			out = append(out, o)
		}
	}
	return out
}

// measure runs all of the section's parts.
func (s *servingRun) measure(ctx context.Context) error {
	s.say("finding the best table for each statement")
	s.written = slices.Clone(s.operations)
	for i, o := range s.operations {
		var err error
		if s.operations[i], err = s.best(ctx, o); err != nil {
			return err
		}
		if err := s.agree(ctx, s.operations[i]); err != nil {
			return err
		}
	}
	planned, err := s.measureRows(ctx)
	if err != nil {
		return err
	}
	var all []measured
	for _, o := range s.operations {
		m, err := s.measureOperation(ctx, o)
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	s.reportRatios(all)
	s.reportRows(planned)
	if s.flags.sides == allSides {
		if err := s.measureMemory(ctx); err != nil {
			return err
		}
	}
	s.reportTimes(all)
	return nil
}

// The sides of a comparison.
const (
	sideHand  = iota // (a)
	sideCold         // (b)
	sideWarm         // (c)
	sideWhole        // (d)
	sideFloor        // (e)
	sideCount
)

// letters name the sides in the report and in the flag -sides.
var letters = [sideCount]string{"a", "b", "c", "d", "e"}

// measured is one operation's figures: for each of clientCounts, the turns of
// each side.
type measured struct {
	operation operation
	bytes     int // of an answer
	turns     [len(clientCounts)][]turns
}

// measureOperation lets the sides take turns at one operation.
func (s *servingRun) measureOperation(ctx context.Context, o operation) (m measured, err error) {
	m.operation = o
	sides, bodies, err := s.sides(ctx, o)
	if err != nil {
		return m, err
	}
	m.bytes = len(bodies[0])
	contentType := "application/json"
	if o.query == "" {
		contentType = "image/svg+xml"
	}
	least, err := startFloor(bodies, contentType)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, least.Close()) }()
	requests, err := o.requests(s.variants, func(i int) string { return "/" + strconv.Itoa(i) })
	if err != nil {
		return m, err
	}
	sides[sideFloor] = over("(e) bare handler", least.clients, requests, bodies)
	for i := range sides {
		if !strings.Contains(s.flags.sides, letters[i]) {
			sides[i] = nil
		}
	}
	for i, clients := range clientCounts {
		if m.turns[i], err = compare(ctx, s.pace(), clients, sides); err != nil {
			return m, fmt.Errorf("%s at %d clients: %w", o.name, clients, err)
		}
		s.say("%-14s %2d clients  (b)/(a) %s, of processor time %s  (c)/(e) %s  (d)/(e) %s", o.name, clients, ratio(m.slower(i)), ratio(m.work(i)), ratio(m.throughput(i, sideWarm)), ratio(m.throughput(i, sideWhole)))
	}
	return m, nil
}

// pace of the comparisons: about four minutes for all of them.
func (s *servingRun) pace() pace {
	p := pace{rounds: 7, span: 150 * time.Millisecond, budget: 6 * time.Second}
	if s.quick {
		p = pace{rounds: 3, span: 60 * time.Millisecond, budget: time.Second}
	}
	if s.span > 0 {
		p.span = s.span
	}
	p.engine = s.enginePID
	return p
}

// sides are the ways that an operation is answered, all but the floor, whose
// answers come with them: one for each variant. Asking for these fills the warm
// gateways' caches.
func (s *servingRun) sides(ctx context.Context, o operation) ([]*side, [][]byte, error) {
	statements := make([][]string, len(s.variants))
	for i, v := range s.variants {
		statements[i] = statementsFor(o.sql, v)
	}
	bodies, err := s.warm.answers(ctx, o, s.variants)
	if err != nil {
		return nil, nil, err
	}
	requests, err := o.requests(s.variants, func(int) string { return "" })
	if err != nil {
		return nil, nil, err
	}
	out := make([]*side, sideCount)
	out[sideHand] = &side{name: "(a) SQL by hand", ask: func(ctx context.Context, _ int, n int64) error {
		return s.hand.run(ctx, statements[n%int64(len(statements))], nil)
	}}
	out[sideCold] = over("(b) gateway, nothing cached", s.cold.clients, requests, bodies)
	if o.path != "" {
		out[sideCold] = s.unseen(o)
	}
	out[sideWarm] = over("(c) gateway, results cached", s.warm.clients, requests, bodies)
	for _, request := range requests { // so that all are kept before the first turn
		if err := s.whole.send(ctx, 0, request, io.Discard); err != nil {
			return nil, nil, err
		}
	}
	out[sideWhole] = over("(d) gateway, responses cached", s.whole.clients, requests, bodies)
	return out, bodies, nil
}

// over is the side that sends requests over HTTP, each variant in turn. An
// answer that does not begin as it should is an error: GraphQL tells of failures
// with status 200, but first.
func over(name string, c *clients, requests, bodies [][]byte) *side {
	return &side{name: name, ask: func(ctx context.Context, number int, n int64) error {
		at := n % int64(len(requests))
		var start beginning
		err := c.send(ctx, number, requests[at], &start)
		if got := start.bytes[:start.n]; err == nil && !bytes.HasPrefix(got, bodies[at][:min(compared, len(bodies[at]))]) {
			err = fmt.Errorf("the answer is not what it was before: %s", got)
		}
		return err
	}}
}

// compared is how much of an answer is looked at: enough to tell {"data" from
// {"errors".
const compared = 7

// beginning keeps the first bytes that are written to it.
type beginning struct {
	bytes [300]byte
	n     int
}

func (b *beginning) Write(p []byte) (int, error) {
	b.n += copy(b.bytes[b.n:], p)
	return len(p), nil
}

// unseen is the side that asks the cold gateway for pictures. The server keeps
// those that it has drawn, whatever the loader keeps, so that each is given a
// label of its own.
func (s *servingRun) unseen(o operation) *side {
	return &side{name: "(b) gateway, nothing cached", ask: func(ctx context.Context, number int, n int64) error {
		labelled := o
		labelled.path += "?label=" + strconv.FormatInt(1e9+s.labels.Add(1), 10)
		request, err := labelled.request(s.variants[n%int64(len(s.variants))])
		if err == nil {
			err = s.cold.send(ctx, number, request, io.Discard)
		}
		return err
	}}
}

// slower is how many times the time of hand-written SQL the gateway takes when
// nothing is cached: of the median latency for one client, and of the time per
// request, all clients together, for more.
func (m measured) slower(i int) float64 {
	hand, cold := m.turns[i][sideHand], m.turns[i][sideCold]
	if clientCounts[i] == 1 {
		return medianRatio(cold.p50s(), hand.p50s())
	}
	return medianRatio(hand.rates(), cold.rates())
}

// work is how many times the processor time of hand-written SQL the gateway
// takes when nothing is cached, ClickHouse and clients included.
func (m measured) work(i int) float64 {
	own, engine := m.turns[i][sideHand].perRequest()
	ownCold, engineCold := m.turns[i][sideCold].perRequest()
	return (ownCold + engineCold) / (own + engine)
}

// throughput is the part of a bare handler's requests per second that a side
// reaches.
func (m measured) throughput(i, side int) float64 {
	return medianRatio(m.turns[i][side].rates(), m.turns[i][sideFloor].rates())
}
