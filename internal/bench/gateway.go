package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/fetch"
	"clickql/internal/gateway"
	"clickql/internal/server"
)

// conns is how many connections to ClickHouse the hand-written SQL has: more
// than the processors of a small machine can serve, so that none is idle.
const conns = 16

// gatewayConns is how many the gateway may use, which it never does all at once
// on a small machine.
const gatewayConns = fetch.MostQuick + fetch.DefaultLong

// running is a gateway that answers, with its clients.
type running struct {
	*clients
	registry *prometheus.Registry
	gateway  *gateway.Gateway
	conn     *chconn.Conn
	stop     context.CancelFunc
	ended    chan error
}

// startGateway starts the gateway of clickql serve and lets it listen on
// loopback. results and responses are CacheBytes as in fetch.Config and
// server.Config. The access log is written and thrown away.
func startGateway(ctx context.Context, dsn string, known gateway.Known, results, responses int64, change ...func(*gateway.Config)) (*running, error) {
	conn, err := chconn.Open(ctx, chconn.Config{DSN: dsn, MaxConns: gatewayConns})
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	g := &running{clients: newClients(ln.Addr().String(), maxClients), registry: prometheus.NewRegistry(), conn: conn, ended: make(chan error, 1)}
	cfg := gateway.Config{
		Conn: conn, Known: known, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Registry: g.registry,
		Loader: fetch.Config{CacheBytes: results}, Server: server.Config{CacheBytes: responses},
	}
	for _, c := range change {
		c(&cfg)
	}
	g.gateway = gateway.New(cfg)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	g.stop = stop
	if err := g.gateway.Start(serving); err != nil {
		stop()
		return nil, errors.Join(err, g.gateway.Stop(), ln.Close(), conn.Close())
	}
	go func() { g.ended <- g.gateway.Serve(serving, ln) }()
	return g, nil
}

// Close ends the clients' connections, then the gateway.
func (g *running) Close() error {
	g.close()
	g.stop()
	return errors.Join(<-g.ended, g.gateway.Stop(), g.conn.Close())
}

// counter is the sum of a counter of the gateway's metrics over its labels.
func (g *running) counter(name string) (float64, error) {
	families, err := g.registry.Gather()
	if err != nil {
		return 0, err
	}
	for _, f := range families {
		if f.GetName() == name {
			sum := 0.0
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
			return sum, nil
		}
	}
	return 0, nil // nothing counted yet
}

// buckets is a histogram of the gateway's metrics: upper bounds with the
// observations in each bucket, the last without a bound.
func (g *running) buckets(name string) (bounds []float64, counts []uint64, err error) {
	families, err := g.registry.Gather()
	if err != nil {
		return nil, nil, err
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		h, before := f.GetMetric()[0].GetHistogram(), uint64(0)
		for _, b := range h.GetBucket() {
			bounds, counts = append(bounds, b.GetUpperBound()), append(counts, b.GetCumulativeCount()-before)
			before = b.GetCumulativeCount()
		}
		return bounds, append(counts, h.GetSampleCount()-before), nil
	}
	return nil, nil, fmt.Errorf("the gateway has no histogram %s", name)
}

// answer is the body of one answer; GraphQL errors are errors.
func (g *running) answer(ctx context.Context, o operation, v variant) ([]byte, error) {
	request, err := o.request(v)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := g.send(ctx, 0, request, &body); err != nil {
		return nil, fmt.Errorf("ask %s: %w: %.500s", o.name, err, body.Bytes())
	}
	if o.query == "" {
		return body.Bytes(), nil
	}
	var parsed struct{ Errors []struct{ Message string } }
	if err := json.Unmarshal(body.Bytes(), &parsed); err != nil {
		return nil, fmt.Errorf("ask %s: %w: %.200s", o.name, err, body.Bytes())
	}
	if len(parsed.Errors) > 0 {
		return nil, fmt.Errorf("ask %s: %s", o.name, parsed.Errors[0].Message)
	}
	return body.Bytes(), nil
}

// answers are the bodies of the answers about variants.
func (g *running) answers(ctx context.Context, o operation, of []variant) (bodies [][]byte, err error) {
	bodies = make([][]byte, len(of))
	for i, v := range of {
		if bodies[i], err = g.answer(ctx, o, v); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

// withoutSizes is a catalog that knows no table's size. The planner then takes
// the covering table with the fewest columns, as gateways without a cost model
// do; to it that is the fallback for accounts that may not see sizes.
type withoutSizes struct{ *catalog.Catalog }

// Snapshot is the newest snapshot, less the sizes.
func (c withoutSizes) Snapshot() *catalog.Snapshot {
	snap := *c.Catalog.Snapshot()
	tables := make([]*catalog.Table, len(snap.Tables))
	for i, t := range snap.Tables {
		blind := *t
		blind.Rows, blind.Bytes, blind.Parts, blind.Width = 0, 0, 0, nil
		tables[i] = &blind
	}
	snap.Tables = tables
	return &snap
}
