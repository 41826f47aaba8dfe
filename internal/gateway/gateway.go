// Package gateway puts together the packages that answer: the catalog of what
// the database holds, the loader, the GraphQL handler and the HTTP server.
// clickql serve, the benchmarks and the tests have the same gateway, and differ
// in what they give it.
//
// New does nothing yet. Start reads the database, which need not be up, and
// begins what goes on in the background; Serve answers until its context ends;
// Stop ends the background, when the last request has been answered.
package gateway

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"clickql/graph"
	"clickql/internal/access"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/fetch"
	"clickql/internal/gqlhttp"
	"clickql/internal/server"
)

// Conn is what a gateway needs of a connection: *chconn.Conn and *Source are
// ones.
type Conn interface {
	catalog.Conn
	// Ping fails where ClickHouse does not answer.
	Ping(ctx context.Context) error
}

// Known is what is known of the database's tables: *catalog.Catalog is one.
type Known interface {
	fetch.Catalog
	graph.Changes
}

// Config is what a gateway is made of. What its parts share stands at the top
// and is filled in with each of them; the parts' own configurations have the
// rest, with their own defaults.
type Config struct {
	// Conn leads to ClickHouse, and Database to the tables there.
	Conn     Conn
	Database string
	// Known is asked in place of a catalog of the gateway's own, which Start
	// would read; nil for that.
	Known Known
	// CacheBytes is the memory for answers, a quarter of it for whole responses;
	// negative keeps none, and 0 leaves it to the parts.
	CacheBytes int64
	// QueryTimeout is the longest that answering a request may take;
	// fetch.DefaultQueryTimeout where 0.
	QueryTimeout time.Duration
	// Origins are the sites whose pages may read answers and open WebSockets;
	// any where there is none.
	Origins access.Origins
	// Gate finds out who asks, and what they may; nil lets everybody do everything.
	Gate *access.Gate
	// Background goes on from Start to Stop, beside what the gateway does itself.
	Background []func(context.Context) error

	// Log receives what happens, the access log included; nothing where nil.
	Log *slog.Logger
	// Registry receives the metrics and is what /metrics shows; its own where nil.
	Registry *prometheus.Registry
	// Now is the clock; the system's where nil.
	Now func() time.Time

	Catalog catalog.Options
	Loader  fetch.Config
	GraphQL graph.HandlerConfig
	Server  server.Config
}

// withDefaults fills in what was left out, and what the parts share.
func (c Config) withDefaults() Config {
	if c.QueryTimeout <= 0 {
		c.QueryTimeout = fetch.DefaultQueryTimeout
	}
	if len(c.Origins) == 0 {
		c.Origins = access.Origins{"*"}
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	c.Registry = cmp.Or(c.Registry, prometheus.NewRegistry())
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.CacheBytes != 0 {
		c.Loader.CacheBytes, c.Server.CacheBytes = split(c.CacheBytes)
	}
	log := slog.New(server.LogHandler(c.Log.Handler()))
	c.Catalog.Database, c.Catalog.Log, c.Catalog.Now = c.Database, c.Log, c.Now
	if bound, ok := c.Conn.(interface{ Allowance() chconn.Allowance }); ok {
		c.Catalog.Allowance = func() (uint64, time.Duration) { a := bound.Allowance(); return a.Queries, a.Interval }
	}
	if c.Loader.Pulse == nil {
		c.Loader.Pulse = chconn.NewPulse(c.Conn.Ping, log)
	}
	c.Catalog.Pulse = c.Loader.Pulse
	c.Loader.Conn, c.Loader.QueryTimeout = c.Conn, c.QueryTimeout
	c.Loader.Log, c.Loader.Registry, c.Loader.Now = log, c.Registry, c.Now
	c.GraphQL.Timeout, c.GraphQL.Origins, c.GraphQL.Gate, c.GraphQL.Log = c.QueryTimeout, c.Origins, c.Gate, log
	c.Server.QueryTimeout, c.Server.Origins, c.Server.Gate = c.QueryTimeout, c.Origins, c.Gate
	c.Server.Log, c.Server.Registry = c.Log, c.Registry
	pressure := &gqlhttp.Pressure{} // one collector, one pressure
	c.Server.Pressure, c.GraphQL.Pressure = pressure, pressure
	return c
}

// split divides memory between results and whole responses.
func split(bytes int64) (results, responses int64) {
	if bytes < 0 {
		return -1, -1
	}
	responses = max(1, bytes/4)
	return max(1, bytes-responses), responses
}

// Gateway answers questions about what a database holds.
type Gateway struct {
	cfg     Config
	known   Known
	graphQL http.Handler
	server  *server.Server

	stop       context.CancelFunc
	background *errgroup.Group
}

// New is a gateway that has not begun.
func New(cfg Config) *Gateway { return &Gateway{cfg: cfg.withDefaults()} }

// Start reads the database and begins what goes on in the background. An error
// means that ctx is done; a database that cannot be read is tried again and
// again, and Err tells why not. Stop it also where Start fails.
func (g *Gateway) Start(ctx context.Context) error {
	// What answers need outlives ctx, until the last request has been answered.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	g.background, background = errgroup.WithContext(background)
	g.stop = stop
	g.known = g.cfg.Known
	if g.known == nil {
		opened, err := catalog.Open(ctx, g.cfg.Conn, g.cfg.Catalog)
		if err != nil {
			return err
		}
		g.known = opened
		g.background.Go(func() error { return opened.Run(background) })
	}
	g.background.Go(func() error { return g.cfg.Loader.Pulse.Run(background) })
	for _, f := range g.cfg.Background {
		g.background.Go(func() error { return f(background) })
	}
	g.build()
	return nil
}

// build makes the parts, each from those before it.
func (g *Gateway) build() {
	loading, graphQL, serving := g.cfg.Loader, g.cfg.GraphQL, g.cfg.Server
	loading.Catalog = g.known
	loader := fetch.New(loading)
	graphQL.Loader, graphQL.Changes = loader, g.known
	g.graphQL = graph.NewHandler(graphQL)
	serving.GraphQL, serving.Loader, serving.Closed, serving.Trusted = g.graphQL, loader, graphQL.NoIntrospection, graphQL.Trusted
	serving.SDL = graph.SDL()
	serving.Checks = append(serving.Checks,
		server.Check{Name: "clickhouse", Reason: "ClickHouse does not answer", Explain: explain, Probe: g.cfg.Conn.Ping},
		server.Check{Name: "catalog", Reason: "the database cannot be read, or has no tables of downloads yet", Explain: explain,
			Probe: func(context.Context) error { return g.known.Ready() }})
	g.server = server.New(serving)
}

// explain says what is wrong with a ClickHouse that does answer, without the
// names that its own message has.
func explain(err error) string {
	return map[chconn.Class]string{
		chconn.Denied:       "ClickHouse refuses the account that the gateway has: its name, its password or its rights",
		chconn.Overloaded:   "ClickHouse takes no more of the gateway's queries for now",
		chconn.UnknownTable: "the database or a table of it is not there",
	}[chconn.Classify(err)]
}

// Err is nil while questions can be answered, and otherwise why not, in words
// for the operator.
func (g *Gateway) Err() error { return g.known.Ready() }

// Handler answers every request, from Start to Stop.
func (g *Gateway) Handler() http.Handler { return g.server }

// GraphQL is the part of Handler that answers /graphql, without what the server
// does around it.
func (g *Gateway) GraphQL() http.Handler { return g.graphQL }

// Leave tells balancers, by /readyz, that the gateway is about to stop.
func (g *Gateway) Leave() { g.server.Leave() }

// Serve answers at ln until ctx ends, and then those that are in flight.
func (g *Gateway) Serve(ctx context.Context, ln net.Listener) error { return g.server.Serve(ctx, ln) }

// Stop ends what goes on in the background and waits for it.
func (g *Gateway) Stop() error {
	if g.stop == nil {
		return nil
	}
	g.stop()
	return g.background.Wait()
}
