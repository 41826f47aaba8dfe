package site

import (
	"cmp"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what a Site works with.
type Config struct {
	// GraphQL answers the pages' operations: the handler of /graphql with
	// everything that guards it.
	GraphQL http.Handler
	// Files is the bundle, every file in gzip form: see ManifestFile.
	Files fs.FS
	// Log takes what is not the reader's doing; slog.Default.
	Log *slog.Logger
	// Now is the time, for ranges that end today; time.Now.
	Now func() time.Time
}

// Site is the explorer's pages.
type Site struct {
	cfg      Config
	manifest func() (*manifest, error)
	total    atomic.Int64 // downloads in the data when they were last asked; 0 before
}

// New makes a site that has read nothing yet.
func New(cfg Config) *Site {
	cfg.Log = cmp.Or(cfg.Log, slog.Default())
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Site{cfg: cfg, manifest: sync.OnceValues(func() (*manifest, error) { return readManifest(cfg.Files) })}
}

// Routes tells each page's pattern and handler.
func (s *Site) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /{$}":             s.page(s.home),
		"GET /project/{name}":  s.page(s.project),
		"GET /search":          s.page(s.search),
		"GET /compare":         s.page(s.compare),
		"GET /compare/{names}": s.page(s.compare),
		"GET /rankings":        s.page(s.rankings),
		"GET /portfolio":       s.page(s.portfolio),
		"GET /build":           s.page(s.build),
	}
}
