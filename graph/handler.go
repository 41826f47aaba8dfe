package graph

import (
	"cmp"
	"context"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"clickql/graph/coerce"
	"clickql/graph/rounds"
	"clickql/internal/access"
	"clickql/internal/cache"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/gqlhttp"
	"clickql/internal/telemetry"
)

// HandlerConfig says what a handler works with.
type HandlerConfig struct {
	Loader *fetch.Loader
	// Changes tells subscribers of new data; nil where there are no
	// subscriptions.
	Changes Changes
	// Limits bounds each operation.
	Limits Limits
	// DocumentBytes bounds the memory of parsed documents. The default is 32 MiB.
	DocumentBytes int64
	// NoIntrospection turns introspection off.
	NoIntrospection bool
	// Timeout ends a query that takes longer; 0 is no limit.
	Timeout time.Duration
	// PersistedBytes bounds the memory of documents that clients named by their
	// hash. The default is 16 MiB.
	PersistedBytes int64
	// Trusted are the only documents that run; nil lets every document run.
	Trusted *gqlhttp.Trusted
	// Origins are the sites whose pages may open a WebSocket, beside the gateway's
	// own.
	Origins access.Origins
	// Gate finds out who asks over a WebSocket, which tells its key once it is open;
	// nil lets everybody ask as who made the request.
	Gate *access.Gate
	// Operations is how many operations may run at one time over one WebSocket. The
	// default is 100.
	Operations int
	// MaxMessage is the longest message that a WebSocket takes, in bytes. The
	// default is 1 MiB.
	MaxMessage int64
	// Pressure is put on the garbage collector while long messages and answers are in
	// memory; nil for none.
	Pressure *gqlhttp.Pressure
	// Log takes what is not the client's doing; nothing is logged where nil.
	Log *slog.Logger
	// news is shared by all subscribers.
	news *news
	// asGenerated leaves writing to the generated code, to compare with.
	asGenerated bool
}

// withDefaults fills what is not set.
func (c HandlerConfig) withDefaults() HandlerConfig {
	c.Limits = c.Limits.withDefaults()
	c.DocumentBytes = cmp.Or(c.DocumentBytes, 32<<20)
	c.PersistedBytes = cmp.Or(c.PersistedBytes, 16<<20)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	return c
}

// socketMemory bounds the answers over WebSockets that are in memory at one time.
const socketMemory = 64 << 20

// statuses are those of operations that do not run, where 400 does not say it
// all.
var statuses = map[string]int{
	gqlhttp.CodeNotFound:      http.StatusNotFound,
	gqlhttp.CodeNotTrusted:    http.StatusForbidden,
	string(fault.Unavailable): http.StatusServiceUnavailable,
	string(fault.Timeout):     http.StatusGatewayTimeout,
	string(fault.Overloaded):  http.StatusTooManyRequests,
	string(fault.Internal):    http.StatusInternalServerError,
}

// firm are the statuses that hold for answers in application/json too: clients
// and what is between know what to do about them.
var firm = map[string]int{
	string(fault.RateLimited):     http.StatusTooManyRequests,
	string(fault.Unauthenticated): http.StatusUnauthorized,
	string(fault.Forbidden):       http.StatusForbidden,
}

// NewHandler answers GraphQL over HTTP, by GET and by POST, subscriptions by
// server-sent events and by WebSocket.
func NewHandler(cfg HandlerConfig) http.Handler {
	cfg = cfg.withDefaults()
	es := NewExecutableSchema(Config{Resolvers: resolver{}, Schema: publicSchema()})
	reader := coerce.NewReader(es.Schema(), scalars)
	tell := presenter{cfg.Log}

	guard := gqlhttp.NewGuard(gqlhttp.GuardConfig{
		Schema: es.Schema(), Rules: validationRules(reader, cfg.NoIntrospection), Variables: variables(reader), Limits: cfg.Limits.Document, Terse: cfg.NoIntrospection,
		Documents: gqlhttp.NewDocuments(cfg.PersistedBytes, cfg.Trusted), CacheBytes: cfg.DocumentBytes,
	})
	srv := handler.New(es)
	srv.AddTransport(guard.Transport(gqlhttp.WebSocket{
		Origin: cfg.Origins.Allow, Door: doorOf(cfg.Gate, tell), Timeout: cfg.Timeout,
		Operations: cfg.Operations, MaxMessage: cfg.MaxMessage, Memory: gqlhttp.NewMemory(socketMemory, cfg.Pressure), Limits: cfg.Limits.Document,
	}))
	srv.AddTransport(guard.Transport(gqlhttp.Transport{Timeout: cfg.Timeout, Status: statuses, Firm: firm, Limits: cfg.Limits.Document, Together: batched}))
	srv.SetQueryCache(gqlhttp.Handed{})
	srv.SetErrorPresenter(tell.present)
	srv.SetRecoverFunc(tell.recovered)
	if !cfg.NoIntrospection {
		srv.Use(extension.Introspection{})
	}
	if !cfg.asGenerated {
		srv.Use(writers{})
	}
	ops := &operations{cfg: cfg, schema: es.Schema(), reader: reader, tell: tell, known: newVocabularies()}
	ops.cfg.news = &news{cfg: &ops.cfg}
	srv.Use(ops)
	srv.Use(cutter{cfg.Limits.Response, tell})
	return srv
}

// publicSchema is the schema without @defer, which gqlgen adds: an answer comes in
// one piece, and what was deferred would be missing in it.
func publicSchema() *ast.Schema {
	schema := *NewExecutableSchema(Config{}).Schema()
	schema.Directives = maps.Clone(schema.Directives)
	delete(schema.Directives, "defer")
	return &schema
}

// TrustedDocuments reads the documents and manifests of a directory, for
// HandlerConfig.Trusted, and trusts also those given. An error names the file.
func TrustedDocuments(dir fs.FS, also ...string) (*gqlhttp.Trusted, error) {
	schema := publicSchema()
	trusted, err := gqlhttp.ReadTrusted(dir, schema)
	if err != nil {
		return nil, err
	}
	return trusted, trusted.Include(schema, also...)
}

// operations gives every operation its loads: begins them, announces what the
// selection needs, and shows what they came to where the client asks.
type operations struct {
	cfg    HandlerConfig
	schema *ast.Schema
	reader *coerce.Reader
	tell   presenter
	known  *cache.Cache[*vocabulary] // by dimension
}

// ExtensionName names the extension to gqlgen.
func (*operations) ExtensionName() string { return "Operations" }

// Validate finds nothing wrong.
func (*operations) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation begins the operation.
func (o *operations) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	ctx = telemetry.WithOperation(ctx, graphql.GetOperationContext(ctx).Operation.Name)
	isQuery := graphql.GetOperationContext(ctx).Operation.Operation == ast.Query
	if asksFor(ctx, "dryRun") && isQuery {
		return o.start(ctx, next, o.cfg.begin(ctx, true), true)
	}
	op := o.cfg.begin(ctx, false)
	handler := o.start(ctx, next, op, false)
	if !isQuery {
		return handler
	}
	return o.anew(next, op, handler)
}

// start compiles and announces an operation.
func (o *operations) start(ctx context.Context, next graphql.OperationHandler, op *operation, dry bool) graphql.ResponseHandler {
	_, span := telemetry.Start(ctx, "plan", trace.WithAttributes(attribute.String("graphql.operation.name", telemetry.Operation(ctx))))
	root, err := o.compile(ctx, op)
	if err == nil && !dry {
		err = o.announce(ctx, op, root)
	}
	if limited := op.Limited(); err == nil && limited != nil {
		err = limited // as a whole, as HTTP tells it; what later rounds are denied fails by itself
	}
	telemetry.End(span, err)
	if err == nil && dry {
		return graphql.OneShot(o.price(ctx, op, root))
	}
	if err != nil {
		return graphql.OneShot(&graphql.Response{
			Errors:     gqlerror.List{o.tell.shown(ctx, err)},
			Extensions: map[string]any{"cost": o.cfg.cost(op, op.Cost())},
		})
	}
	return next(withOperation(ctx, op))
}

// begin starts an operation, on the newest data.
func (c *HandlerConfig) begin(ctx context.Context, dry bool) *operation {
	m := memberOf(ctx)
	if m == nil {
		return c.beginWith(c.asks(c.Loader.Begin(ctx), dry))
	}
	j := m.of.joint(c, dry)
	op := c.beginWith(j.asks)
	op.member, op.joint = m, j
	return op
}

// asks is what an operation asks the database, nothing so far.
func (c *HandlerConfig) asks(loads *fetch.Operation, dry bool) *rounds.Operation {
	return rounds.New(loads, rounds.Config{
		Loads: c.Limits.Loads, Held: c.Limits.Held, Versions: c.Limits.Versions, DryRun: dry, Log: c.Log,
	})
}

// beginWith starts an operation with what it asks the database.
func (c *HandlerConfig) beginWith(asks *rounds.Operation) *operation {
	return &operation{Operation: asks, limits: c.Limits, cfg: c, nodes: map[string]*node{}}
}

// compile makes the operation's nodes. The error is that a condition is none, or
// that its answer could become too large.
func (o *operations) compile(ctx context.Context, op *operation) (root []*node, err error) {
	of := graphql.GetOperationContext(ctx)
	typeName := "Query"
	if of.Operation.Operation == ast.Subscription {
		typeName = "Subscription"
	}
	op.reader = o.reader
	c := compiler{operation: op, schema: o.schema, of: of}
	if err := c.conditions(of.Operation.SelectionSet, map[string]bool{}); err != nil {
		op.size = &counted{total: &total{limits: op.limits}}
		return nil, err
	}
	root = c.compile("", typeName, of.Operation.SelectionSet)
	if op.size, err = sizeOf(op, root); err == nil {
		c.mean()
	}
	return root, err
}

// announce hands the loader everything that is known to be needed.
func (o *operations) announce(ctx context.Context, op *operation, root []*node) error {
	gather := func(r *rounds.Round) { gatherAll(op, r, root) }
	if op.joint != nil {
		return op.member.announce(ctx, op.joint, gather)
	}
	return op.Begin(ctx, gather)
}

// price answers a request with dryRun in its extensions.
func (o *operations) price(ctx context.Context, op *operation, root []*node) *graphql.Response {
	var errs gqlerror.List
	if err := op.Ready(); err != nil {
		errs = append(errs, o.tell.present(ctx, err))
	} else if err := o.announce(ctx, op, root); err != nil {
		errs = append(errs, o.tell.present(ctx, err))
	}
	price, failed := op.Priced()
	for _, err := range failed {
		errs = append(errs, o.tell.present(ctx, err))
	}
	resp := &graphql.Response{Errors: errs, Extensions: map[string]any{"cost": o.cfg.cost(op, price)}}
	if len(errs) == 0 {
		resp.Data = []byte("{}") // a response without errors has data
	}
	return resp
}

// cost is a price as extensions.cost tells it: rows that ClickHouse is expected
// to read, the number of queries, about how many bytes the answer has, and the most
// rows that an operation may have read, null without a limit.
func (c *HandlerConfig) cost(op *operation, p fetch.Price) map[string]any {
	told := map[string]any{"rows": p.Rows, "queries": p.Queries, "bytes": op.size.bytes(), "maxRows": nil}
	if limit := op.MaxRows(); limit > 0 {
		told["maxRows"] = limit
	}
	return told
}

// InterceptResponse adds what the operation cost, and what it needed where the
// request's extensions say explain.
func (o *operations) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	op := operationOf(ctx)
	if op != nil && graphql.GetOperationContext(ctx).Operation.Operation == ast.Query {
		if err := op.reserve(ctx); err != nil {
			return &graphql.Response{Errors: gqlerror.List{o.tell.shown(ctx, err)}}
		}
	}
	resp := next(context.WithValue(ctx, errorBudgetKey{}, &errorBudget{}))
	if resp == nil || op == nil || graphql.GetOperationContext(ctx).Operation.Operation != ast.Query {
		return resp
	}
	if op.member != nil {
		op.member.settle(ctx)
	}
	if resp.Extensions == nil {
		resp.Extensions = map[string]any{}
	}
	if hints := o.hints(ctx, op); len(hints) > 0 {
		resp.Extensions["hints"] = hints
	}
	resp.Extensions["cost"] = o.cfg.cost(op, op.Cost())
	if stale := o.cfg.Loader.Stale(); stale != nil {
		resp.Extensions["stale"] = stale
	}
	if asksFor(ctx, "explain") && access.Of(ctx).Explains() {
		resp.Extensions["explain"] = map[string]any{"queries": op.Explain()}
	}
	return resp
}

// reserve waits for room for the answer, or for those of the whole batch.
func (op *operation) reserve(ctx context.Context) error {
	if op.member != nil {
		return op.member.reserve()
	}
	return gqlhttp.Reserve(ctx, op.size.bytes())
}

// asksFor reports that the request's extensions say so.
func asksFor(ctx context.Context, extension string) bool {
	wanted, _ := graphql.GetOperationContext(ctx).Extensions[extension].(bool)
	return wanted
}
