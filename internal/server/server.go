// Package server is the gateway's HTTP surface: GraphQL, the explorer's pages, the playground, the
// schema, health, metrics, and pictures of downloads for other people's pages.
//
// A request passes, from the outside in: a request id, the access log with its
// metrics, recovery from panics, a word to browsers against foreign frames, who asks
// and what they may (admission.go); then, by route: CORS, compression, limits.
// Nothing here knows ClickHouse. Answers come from the GraphQL handler and, for
// pictures, from the loader, through the same planner and caches.
package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"clickql/internal/access"
	"clickql/internal/catalog"
	"clickql/internal/fetch"
	"clickql/internal/gqlhttp"
	"clickql/internal/mcpserver"
	"clickql/internal/server/web"
	"clickql/internal/site"
	"clickql/internal/telemetry"
)

// Config is what a Server needs. Zero values of the limits mean the defaults
// named beside them.
type Config struct {
	// GraphQL answers /graphql.
	GraphQL http.Handler
	// SDL is the schema's text, served at /schema.graphql.
	SDL string
	// Loader answers what charts and badges ask.
	Loader *fetch.Loader
	// Checks tell whether the gateway is able to answer, for /readyz.
	Checks []Check
	// Origins are the sites whose scripts may read answers, "*" for any, which
	// is the default: the data is public and no request carries credentials, so
	// that a foreign page learns nothing that its visitor could not ask for.
	Origins access.Origins
	// Gate finds out who asks, and lets each do what they may; nil lets everybody do
	// everything.
	Gate *access.Gate
	// Version is the program's, as clients of /mcp are told.
	Version string
	// MaxBody is the largest request to /graphql in bytes; 4 MiB.
	MaxBody int64
	// Connections is how many connections are open at one time; 4,096. Some more
	// are taken for /healthz, /readyz and /metrics alone.
	Connections int
	// ClientConnections is how many of them one client may have, by its address;
	// 512. Behind a proxy all clients have the proxy's.
	ClientConnections int
	// Pressure is put on the garbage collector while much is in memory for a moment;
	// nil for none.
	Pressure *gqlhttp.Pressure
	// CacheBytes bounds the whole answers to /graphql that are kept in memory;
	// 64 MiB, negative for none.
	CacheBytes int64
	// QueryTimeout is the longest that answering may take; 30 s. Connections
	// are kept for a while longer, so that the error still arrives.
	QueryTimeout time.Duration
	// TLS is how connections are encrypted; nil for not at all.
	TLS *tls.Config
	// Admin is another listener, which /healthz, /readyz, /metrics and profiles
	// (/debug/pprof/) are served at, and no longer at the one that everybody reaches;
	// nil for none.
	Admin net.Listener
	// Trusted are the only documents that run; nil lets every document run. What was
	// answered while others were trusted is not answered again.
	Trusted *gqlhttp.Trusted
	// Hosts and AdminHosts report that a request may name the server like that, by its
	// header Host, at the listener that everybody reaches and at Admin; nil for whatever
	// it says.
	Hosts, AdminHosts func(host string) bool
	// Closed refuses the schema.
	Closed bool
	// Drain is how long requests in flight are waited for when the server
	// stops; 20 s.
	Drain time.Duration
	// Log receives the access log and failures; slog.Default.
	Log *slog.Logger
	// Registry receives the metrics and is what /metrics shows; its own.
	Registry *prometheus.Registry
	// Tracing takes a span of each request; nil for none.
	Tracing *telemetry.Tracing
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if len(c.Origins) == 0 {
		c.Origins = access.Origins{"*"}
	}
	if c.MaxBody <= 0 {
		c.MaxBody = 4 << 20
	}
	if c.Connections <= 0 {
		c.Connections = 4096
	}
	if c.ClientConnections <= 0 {
		c.ClientConnections = 512
	}
	c.CacheBytes = cmp.Or(c.CacheBytes, 64<<20)
	if c.QueryTimeout <= 0 {
		c.QueryTimeout = 30 * time.Second
	}
	if c.Drain <= 0 {
		c.Drain = 20 * time.Second
	}
	c.Log = cmp.Or(c.Log, slog.Default())
	c.Registry = cmp.Or(c.Registry, prometheus.NewRegistry())
	return c
}

// Server is the gateway's HTTP handler, and what listens for it.
type Server struct {
	cfg     Config
	handler http.Handler
	// stopping ends when the server begins to stop: streams end then,
	// since they would not end by themselves.
	stopping context.Context
	stop     context.CancelFunc
	sockets  sync.WaitGroup // WebSockets, which the HTTP server does not know of
	leaving  atomic.Bool    // no longer ready, and soon to stop
	admin    http.Handler   // of Config.Admin; nil where there is none
}

// New builds a server that does nothing yet: use it as a handler, or Serve.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	cfg.Log = slog.New(LogHandler(cfg.Log.Handler()))
	s := &Server{cfg: cfg}
	s.stopping, s.stop = context.WithCancel(context.Background())
	m := newMetrics(cfg.Registry)
	if cfg.Loader != nil {
		snapshot := func() *catalog.Snapshot { return cfg.Loader.Begin(context.Background()).Snapshot() }
		cfg.Registry.MustRegister(freshness{snapshot, time.Now})
	}
	routes := noting(s.routes(m))
	s.handler = withRequestID(observe(cfg.Log, m, cfg.Tracing, recovered(cfg.Log, sparing(unframed(named(s.cfg.Hosts, s.admitting(routes)))))))
	if cfg.Admin != nil {
		s.admin = withRequestID(observe(cfg.Log, m, nil, recovered(cfg.Log, named(s.cfg.AdminHosts, noting(s.adminRoutes(m))))))
	}
	return s
}

// Leave tells balancers, by /readyz, that the server is about to stop.
func (s *Server) Leave() { s.leaving.Store(true) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// routes maps the paths. Patterns are the names under which requests are
// counted.
func (s *Server) routes(m *metrics) http.Handler {
	files := web.Files()
	shared := newCORS(s.cfg.Origins)
	mux := http.NewServeMux()
	answers := s.graphql(m)
	api := varyOnce(shared(answers))
	mux.Handle("/graphql", api)
	mux.Handle("/graphql/{$}", api)
	mux.Handle("GET /schema.graphql", shared(compressed(s.schema())))
	chart := shared(compressed(s.pictures(charts)))
	mux.Handle("GET /chart/{file}", chart)
	mux.Handle("GET /chart", chart)
	for _, f := range charts.formats {
		mux.Handle("GET /chart."+f, chart)
	}
	places := make(chan struct{}, maxExports)
	for _, f := range rankingFormats {
		mux.Handle("GET /rankings."+string(f), shared(compressed(s.rankings(f, places))))
	}
	mux.Handle("GET /rankings/days.json", shared(compressed(s.days())))
	mux.Handle("GET /api/packages/{name}/{endpoint}", shared(compressed(s.pypistats())))
	mux.Handle("GET /api/v2/projects/{name}", shared(compressed(s.pepy())))
	mux.Handle("GET /badge/{file}", shared(compressed(s.pictures(badges))))
	frames := compressed(s.pictures(embedsWith(site.Frame(files))))
	mux.Handle("GET /embed", frames)
	mux.Handle("GET /embed/{file}", frames)
	for pattern, script := range scripts(web.Embeds()) {
		mux.Handle(pattern, script)
	}
	mux.Handle("GET /oembed", shared(compressed(s.oembed())))
	tools := mcpserver.New(mcpserver.Config{Gateway: s, Version: s.cfg.Version, Allows: s.cfg.Origins.Allow, Log: s.cfg.Log})
	mux.Handle("/mcp", shared(compressed(tools.Handler())))
	mux.Handle("GET /playground", page(files, "playground"))
	mux.Handle("GET /assets/{file}", asset(files))
	if s.cfg.Admin == nil {
		s.watching(mux, m)
	}
	for pattern, page := range site.New(site.Config{GraphQL: answers, Files: files, Log: s.cfg.Log}).Routes() {
		mux.Handle(pattern, compressed(page))
	}
	return mux
}
