package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"clickql/graph"
	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/internal/access"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/cube"
	"clickql/internal/fetch"
	"clickql/internal/gateway"
	"clickql/internal/gqlhttp"
	"clickql/internal/mcpserver"
	"clickql/internal/sample"
	"clickql/internal/server"
	"clickql/internal/server/examples"
	"clickql/internal/server/web"
	"clickql/internal/site"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	demo         bool
	sample       sample.Options // of the demo
	origins      []string
	allowed      access.Origins // origins, read
	playURL      string
	cache        byteSize
	queryTimeout time.Duration
	maxRows      int64
	maxCost      int64
	drain        time.Duration
	closed       bool // to introspection
	limits       graph.Limits
	maxBody      byteSize
	maxResponse  byteSize
	connections  int
	perClient    int
	perSocket    int
	documents    *gqlhttp.Trusted // in the directory trusted
	trusted      string
	asked        string
	lookEvery    time.Duration
	mirrors      []string
	admission    admissionFlags
	staleFor     time.Duration
	serving      servingFlags
}

// newServeCommand is the gateway.
func newServeCommand(a *app) *cobra.Command {
	f := serveFlags{cache: fetch.DefaultCacheBytes, sample: sample.Defaults(), limits: graph.DefaultLimits(), maxBody: 4 << 20, maxResponse: 16 << 20}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer GraphQL over HTTP",
		Long: `Answers questions about downloads over GraphQL, with a playground, charts and
badges. It only reads: of the embedded ClickHouse through an account that cannot
do more, of another one through the account that --clickhouse names.

With --demo an empty embedded ClickHouse is filled with sample data first, which
takes a minute once; interrupted, it goes on where it was. ClickHouse may be away
when the gateway starts, and may go away later: requests fail with the code
UNAVAILABLE, /readyz says so, and answers come again when it is back.`,
		Example: `  clickql serve --demo
  clickql serve --addr 127.0.0.1:0 --data /var/lib/clickql
  clickql serve --clickhouse 'https://play@host:8443/pypi' --play-url 'https://host:8443/play?user=play'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	f.serving.add(flags)
	flags.BoolVar(&f.demo, "demo", false, "fill an empty embedded ClickHouse with sample data first")
	flags.StringSliceVar(&f.origins, "cors-origin", nil, "`origin` whose pages may read answers and open WebSockets, such as https://example.org or https://*.example.org; * for any; may be repeated (default * beyond loopback, and on loopback the pages of this machine)")
	flags.StringVar(&f.playURL, "play-url", "", "`URL` of a ClickHouse web client that explained queries link to, such as https://host:8443/play?user=play")
	flags.Var(&f.cache, "cache-bytes", "`size` of the memory for answers, such as 512MiB, a quarter of it for whole responses; 0 for none")
	flags.DurationVar(&f.queryTimeout, "query-timeout", fetch.DefaultQueryTimeout, "longest that answering a request may take")
	flags.Int64Var(&f.maxRows, "max-rows", 0, "most `rows` that a question may be expected to read; 0 for the database's own limits only")
	a.askedFlag(flags, &f.asked)
	flags.DurationVar(&f.lookEvery, "look-every", time.Second, "how often to look for new data; seldomer where it takes long, or where the account's quota allows few statements")
	flags.StringSliceVar(&f.mirrors, "mirrors", nil, "`installers` that mirror PyPI, whose downloads mirrors: false leaves out, instead of "+strings.Join(cube.MirrorInstallers, ","))
	flags.Int64Var(&f.maxCost, "max-cost", 0, "most `rows` that a whole operation may be expected to have read, as extensions.cost tells it; 0 for no limit")
	flags.StringVar(&f.trusted, "trusted-documents", "", "`directory` of the only documents that may run: .graphql files, or the manifest that relay-compiler, GraphQL Code Generator or Apollo write")
	flags.BoolVar(&f.closed, "no-introspection", false, "refuse questions about the schema, /schema.graphql too, and let messages name nothing of it; the playground then lacks its help")
	flags.Var(&f.maxBody, "max-body", "largest request to /graphql, a `size` such as 4MiB")
	flags.Var(&f.maxResponse, "max-response", "largest answer, a `size` such as 16MiB: one that could become four times as large does not run, one that becomes larger is given up")
	flags.IntVar(&f.connections, "max-connections", 4096, "how many connections may be open, a `number`; some more are taken for /healthz, /readyz and /metrics alone")
	flags.IntVar(&f.perClient, "max-client-connections", 512, "how many of them one client may have by its address, a `number`; behind a proxy, which all clients share, as many as --max-connections")
	flags.IntVar(&f.perSocket, "max-socket-operations", 100, "how many operations may run over one WebSocket, subscriptions included, a `number`")
	limitFlags(flags, &f.limits)
	f.admission.add(flags)
	flags.DurationVar(&f.staleFor, "stale-for", 24*time.Hour, "how long after ClickHouse was last seen answers from before are given, marked, while it is away, hangs or has had enough; 0s for never")
	flags.DurationVar(&f.drain, "drain", 20*time.Second, "how long to wait for requests in flight when stopping")
	return cmd
}

// trustedDocuments reads the documents of a directory; none are asked for where
// it has no name.
func trustedDocuments(dir string) (*gqlhttp.Trusted, error) {
	if dir == "" {
		return nil, nil
	}
	documents, err := graph.TrustedDocuments(os.DirFS(dir), slices.Concat(site.Operations(web.Files()), web.EmbedDocuments(), mcpserver.Operations())...)
	if err != nil {
		return nil, fmt.Errorf("--trusted-documents %s: %w", dir, err)
	}
	return documents, nil
}

// limitFlags are the bounds of one operation.
func limitFlags(flags *pflag.FlagSet, l *graph.Limits) {
	flags.IntVar(&l.Document.Depth, "max-depth", l.Document.Depth, "how many `levels` deep an operation may be nested")
	flags.IntVar(&l.Document.Aliases, "max-aliases", l.Document.Aliases, "how many fields an operation may rename, a `number`; fragments written out")
	flags.IntVar(&l.Document.Fields, "max-fields", l.Document.Fields, "how many fields an operation may select, a `number`; fragments written out")
	flags.IntVar(&l.Document.Tokens, "max-tokens", l.Document.Tokens, "how many `tokens` a document may have")
	flags.IntVar(&l.Document.Directives, "max-directives", l.Document.Directives, "how many directives an operation may have, a `number`; fragments written out")
	flags.IntVar(&l.Document.Values, "max-values", l.Document.Values, "how many values the variables of an operation may have, a `number`")
	flags.IntVar(&l.Document.Batch, "max-batch", l.Document.Batch, "how many operations a request may bring in a list, a `number`; 0 refuses lists")
	flags.IntVar(&l.First, "max-first", l.First, "largest `number` that a list's first may be")
	flags.IntVar(&l.Names, "max-names", l.Names, "how many projects an argument may name, and values a filter may list, a `number`")
	flags.IntVar(&l.Points, "max-points", l.Points, "how many intervals a series may have, a `number`")
	flags.IntVar(&l.Resolved, "max-resolved", l.Resolved, "how many fields an answer may have, each as often as it is in it, a `number`")
	flags.IntVar(&l.Held, "max-held", l.Held, "how many points and values the database may be asked for in an operation, a `number`")
	flags.IntVar(&l.Loads, "max-questions", l.Loads, "how many questions to the database an operation may come to, a `number`")
}

// check finds wrong usage before anything is started.
func (f serveFlags) check(a *app) error {
	if f.demo && a.clickhouse != "" {
		return usagef("--demo fills the embedded ClickHouse and goes without --clickhouse; load a sample into a server of your own with clickql sample and clickql ingest run")
	}
	if f.playURL != "" {
		if u, err := url.Parse(f.playURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return usagef("--play-url %s is not the address of a page; write it as https://host:8443/play?user=play", f.playURL)
		}
	}
	for _, l := range []int{f.limits.Document.Depth, f.limits.Document.Aliases, f.limits.Document.Fields, f.limits.Document.Tokens, f.limits.Document.Directives, f.limits.Document.Values, f.limits.Document.Batch, f.limits.First, f.limits.Names, f.limits.Points, f.limits.Loads, f.limits.Resolved, f.limits.Held, int(f.maxBody), int(f.maxResponse), f.connections, f.perClient, f.perSocket} {
		if l < 0 {
			return usagef("a limit cannot be negative: leave its flag away for the default")
		}
	}
	if f.queryTimeout <= 0 || f.drain <= 0 || f.lookEvery < 0 || f.staleFor < 0 || f.serving.grace < 0 || f.maxRows < 0 || f.maxCost < 0 {
		return usagef("--query-timeout and --drain must be longer than 0s, and --max-rows, --max-cost, --look-every, --stale-for and --grace not negative")
	}
	return nil
}

// serve runs the gateway until ctx ends. The address is taken first, then
// ClickHouse, then the data: each step's failure is found before the next one
// costs time. Stopping goes the other way round.
func (a *app) serve(ctx context.Context, f serveFlags) (err error) {
	if err := f.check(a); err != nil {
		return err
	}
	if len(f.origins) > 0 {
		if f.allowed, err = access.ParseOrigins(f.origins); err != nil {
			return usagef("--cors-origin: %w", err)
		}
	}
	if f.documents, err = trustedDocuments(f.trusted); err != nil {
		return err
	}
	gate, err := f.admission.gate(a.log)
	if err != nil {
		return err
	}
	defer onHangup(func() { a.reload(f.documents, f.trusted) })()
	encrypted, err := f.serving.tls(a.log)
	if err != nil {
		return err
	}
	ln, err := f.serving.listen(ctx, os.Getenv)
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // the server has closed it already, if it came that far
	var admin net.Listener
	if f.serving.admin != "" {
		if admin, err = listen("--admin-addr", f.serving.admin); err != nil {
			return err
		}
		defer func() { _ = admin.Close() }() // as above
	}
	source, err := a.openSource(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if f.demo {
		if err := a.fillDemo(ctx, source.Engine(), f.sample); err != nil {
			return err
		}
	}
	cfg := a.gatewayConfig(f, source)
	cfg.Gate, cfg.Server.TLS, cfg.Server.Admin = gate, encrypted, admin
	return a.answer(ctx, f, ln, cfg)
}

// openSource opens the server that the flags name, which need not be up, or the
// embedded engine, which then is.
func (a *app) openSource(ctx context.Context) (*gateway.Source, error) {
	cfg := chconn.Config{DSN: a.clickhouse, Database: a.database, Log: a.log}
	if a.clickhouse == "" {
		return gateway.OpenEngine(ctx, a.openEngine, cfg)
	}
	source, err := gateway.OpenServer(ctx, cfg)
	if err != nil {
		return nil, usagef("--clickhouse: %w", err)
	}
	return source, nil
}

// answer serves a gateway at ln.
func (a *app) answer(ctx context.Context, f serveFlags, ln net.Listener, cfg gateway.Config) (err error) {
	if cfg.Origins == nil {
		cfg.Origins = originsFor(ln.Addr())
	}
	cfg.Server.Hosts = f.admission.hostsFor(ln.Addr(), cfg.Origins)
	if admin := cfg.Server.Admin; admin != nil {
		cfg.Server.AdminHosts = f.admission.hostsFor(admin.Addr(), cfg.Origins)
	}
	if !isLoopback(ln.Addr()) && !f.admission.limits() {
		a.log.Warn("this address is not on loopback, and no rates are set: one client can have all of ClickHouse to itself; set --anonymous-rate and --anonymous-rows, such as 60/1m and 50000000/1m", "addr", ln.Addr().String())
	}
	if err := a.keepAsked(f.asked, &cfg); err != nil {
		return err
	}
	if a.clickhouse != "" { // the embedded engine's is learnt in no time
		learnt, err := a.fileOf("learnt", ".gob")
		if err != nil {
			return err
		}
		cfg.Catalog.State = learnt
	}
	tracing, err := a.openTracing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeTracing(ctx, tracing)) }()
	cfg.Server.Tracing = tracing
	server.TuneMemory(int64(f.cache))
	g := gateway.New(cfg)
	err = g.Start(ctx)
	if err == nil {
		a.greet(f, baseURL(ln.Addr(), cfg.Server.TLS != nil), g.Err())
		err = f.serving.untilStopped(ctx, g, ln)
	}
	return errors.Join(err, g.Stop())
}

// gatewayConfig is what the flags say of the gateway.
func (a *app) gatewayConfig(f serveFlags, source *gateway.Source) gateway.Config {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&ingest.Metrics{Now: time.Now, Read: func(ctx context.Context) (ingest.Status, error) {
		if source.Allowance().Queries > 0 {
			return ingest.Status{}, nil // an account that may ask little is not one that loads
		}
		return ingest.New(config.Config{Conn: source.Current(), Database: source.Database()}).Glance(ctx)
	}})
	limits := f.limits
	limits.Response = int(f.maxResponse)
	if limits.Document.Batch == 0 {
		limits.Document.Batch = -1 // none, and not the default
	}
	cacheBytes := int64(f.cache)
	if cacheBytes == 0 {
		cacheBytes = -1 // none
	}
	return gateway.Config{
		Conn: source, Database: source.Database(), Background: []func(context.Context) error{source.Keep},
		CacheBytes: cacheBytes, QueryTimeout: f.queryTimeout, Origins: f.allowed,
		Log: a.log, Registry: registry,
		Catalog: catalog.Options{PollEvery: f.lookEvery, Mirrors: f.mirrors},
		Loader:  fetch.Config{MaxRows: float64(f.maxRows), MaxOperationRows: float64(f.maxCost), PlayURL: f.playURL, StaleFor: f.staleFor, QuotaKeys: f.admission.quotaKeys},
		GraphQL: graph.HandlerConfig{Limits: limits, Operations: f.perSocket, MaxMessage: int64(f.maxBody), NoIntrospection: f.closed, Trusted: f.documents},
		Server:  server.Config{Version: version(), MaxBody: int64(f.maxBody), Connections: f.connections, ClientConnections: f.perClient, Drain: f.drain},
	}
}

// greet tells where the gateway is, and to a newcomer what to ask it; or why it
// cannot answer, which it tries again.
func (a *app) greet(f serveFlags, base string, why error) {
	if why != nil {
		fmt.Fprintf(a.stdout, "\nClickQL listens at %s, and cannot answer yet:\n%v%s.\nIt tries again and again. Stop it with Ctrl-C.\n", base, why, a.remedy(why))
		return
	}
	if f.demo {
		printExamples(a.stdout, base, examples.All())
	}
	printAddresses(a.stdout, base)
}

// byteSize is a flag for a number of bytes, with or without a unit.
type byteSize int64

// String writes the size with its unit.
func (b *byteSize) String() string { return humanize.IBytes(uint64(*b)) }

// Type names the kind of value in help texts.
func (*byteSize) Type() string { return "size" }

// Set reads a size.
func (b *byteSize) Set(s string) error {
	n, err := humanize.ParseBytes(s)
	if err != nil || n > 1<<50 {
		return fmt.Errorf("%q is not a size; write bytes, or a number with a unit such as 512MiB", s)
	}
	*b = byteSize(n)
	return nil
}
