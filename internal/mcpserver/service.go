package mcpserver

import (
	"bufio"
	"cmp"
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Config is what a Service works with.
type Config struct {
	// Gateway answers the requests of tools, as it answers those of other clients.
	Gateway http.Handler
	// Version is the program's, told to clients.
	Version string
	// Allows tells of an origin whether its pages may call tools; any may where nil.
	Allows func(origin string) bool
	// MaxMessage is the longest message that Handler takes, in bytes; 1 MiB.
	MaxMessage int64
	// Log takes what the protocol's library tells; nothing is logged where nil.
	Log *slog.Logger
}

// Service is the tools, over either transport.
type Service struct {
	cfg    Config
	server *mcp.Server
	schema *schemaReader
}

// instructions are told to every client when it begins.
const instructions = `ClickQL answers questions about downloads from PyPI, the Python Package Index, counted from its download log.
A download is one file fetched once: it is no install and no user. Days are UTC, and the newest day of the data is not today:
dataset { firstDay settledDay } tells. Ranges by last end on settledDay, the newest day that is loaded wholly. Machines make most downloads: filter {human: true} leaves out
mirrors and what reported that it ran in CI, and still counts machines that reported nothing.
Begin with search_projects or project_summary. For anything else read schema, then use graphql, with dryRun where a question
is about all projects. Say the range and the filter with each number that you give.`

// New makes the tools.
func New(cfg Config) *Service {
	if cfg.MaxMessage <= 0 {
		cfg.MaxMessage = 1 << 20
	}
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	s := &Service{cfg: cfg, schema: new(schemaReader)}
	s.server = mcp.NewServer(
		&mcp.Implementation{Name: "clickql", Title: "ClickQL", Version: cfg.Version},
		&mcp.ServerOptions{Instructions: instructions, Logger: cfg.Log, Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}}},
	)
	s.addSearch()
	s.addSummary()
	s.addGraphQL()
	s.addSchema()
	s.addChart()
	return s
}

// add adds a tool. None changes anything, and none reaches beyond the data.
func add[In any](s *Service, name, title, description string, h func(context.Context, In) (*mcp.CallToolResult, any, error)) {
	closed := false
	mcp.AddTool(s.server, &mcp.Tool{
		Name: name, Title: title, Description: description,
		Annotations: &mcp.ToolAnnotations{Title: title, ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: &closed, OpenWorldHint: &closed},
	}, func(ctx context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
		return h(ctx, in)
	})
}

// Run answers one client over in and out until in ends or ctx does.
func (s *Service) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	err := s.server.Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(in), Writer: unclosed{out}, MaxLineLength: int(s.cfg.MaxMessage)})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("answer over standard input and output: %w", err)
	}
	return nil
}

// unclosed is a writer that others close.
type unclosed struct{ io.Writer }

// Close leaves it open.
func (unclosed) Close() error { return nil }

// Handler answers over streamable HTTP, each message by itself.
func (s *Service) Handler() http.Handler {
	// A page on another site that resolved its own name to this address sends its
	// origin, which is held to the list; behind a proxy the name is the site's.
	messages := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.server }, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, Logger: s.cfg.Log, MaxRequestBodyBytes: s.cfg.MaxMessage,
		DisableLocalhostProtection: true, PropagateRequestCancellation: true,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" && s.cfg.Allows != nil && !s.cfg.Allows(origin) {
			http.Error(w, "pages of "+origin+" may not call tools here: the operator names the sites that may", http.StatusForbidden)
			return
		}
		if isBatch(r) {
			http.Error(w, "the body is a batch, which the protocol no longer has: send one message in each request", http.StatusBadRequest)
			return
		}
		messages.ServeHTTP(w, r.WithContext(withCaller(r)))
	})
}

// isBatch reports that the body is a list of messages: thousands would fit in one
// request, and a request is what clients are held to. It leaves the body whole.
func isBatch(r *http.Request) bool {
	body := bufio.NewReader(r.Body)
	r.Body = struct {
		io.Reader
		io.Closer
	}{body, r.Body}
	for n := 1; ; n++ {
		begin, err := body.Peek(n)
		if err != nil {
			return false
		}
		switch begin[n-1] {
		case ' ', '\t', '\r', '\n':
		default:
			return begin[n-1] == '['
		}
	}
}

//go:embed operations/*.graphql
var operations embed.FS

// document is one of the tools' own operations.
func document(name string) string {
	text, err := fs.ReadFile(operations, "operations/"+name+".graphql")
	if err != nil { // the file is embedded
		panic(err)
	}
	return string(text)
}

// Operations are the documents of the tools' own, which run also where only
// trusted ones do.
func Operations() []string { return []string{document("search"), document("summary")} }
