package server

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/felixge/httpsnoop"

	"clickql/internal/telemetry"
)

// unmatched stands for the route of requests that no route takes.
const unmatched = "none"

// denied stands for the route of requests that were refused for who asked.
const denied = "refused"

// observe counts, times and traces each request and writes its line of the access
// log: no query text, no variables, no address, nothing personal. Probes and
// scrapes, which come every few seconds, are logged for debugging only.
func observe(log *slog.Logger, m *metrics, tracing *telemetry.Tracing, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.inFlight.Inc()
		defer m.inFlight.Dec()
		line := &requestLine{}
		r, answered := tracing.Request(r)
		r = r.WithContext(context.WithValue(r.Context(), lineKey{}, line))
		seen := httpsnoop.CaptureMetrics(next, w, r)
		level, failures := line.end()
		route := cmp.Or(line.route, unmatched)
		m.observe(r.Context(), route, r.Method, seen.Code, seen.Duration)
		answered(route, seen.Code)
		attrs := []slog.Attr{
			slog.String("method", r.Method),
			slog.String("path", r.URL.Path),
			slog.Int("status", seen.Code),
			slog.Int64("bytes", seen.Written),
			slog.Duration("took", seen.Duration),
		}
		if line.key != "" {
			attrs = append(attrs, slog.String("key", line.key))
		}
		log.LogAttrs(r.Context(), max(level, accessLevel(route)), "request", append(attrs, failures...)...)
	})
}

type lineKey struct{}

// requestLine is what is found out about a request on its way, for its line of the
// log: it has one, whatever happens in it.
type requestLine struct {
	route string // the pattern that took it, without its method
	key   string // the name of the client's API key

	mu    sync.Mutex
	over  bool        // the line has been written
	level slog.Level  // the worst of what was logged on the way
	first []slog.Attr // of what was logged first at that level
	count int
}

// take takes in what is logged on the way; false tells that it is too late, or that it
// is no failure.
func (l *requestLine) take(rec slog.Record, with []slog.Attr) bool {
	if rec.Level < slog.LevelWarn {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return false
	}
	if l.count++; l.count == 1 || rec.Level > l.level {
		l.level = rec.Level
		l.first = append([]slog.Attr{slog.String("what", rec.Message)}, with...)
		rec.Attrs(func(a slog.Attr) bool {
			l.first = append(l.first, a)
			return true
		})
	}
	return true
}

// end is what the line tells of failures, and at which level; later ones have lines of
// their own.
func (l *requestLine) end() (level slog.Level, failures []slog.Attr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.count == 0 {
		return slog.LevelDebug, nil
	}
	return l.level, []slog.Attr{slog.Int("failures", l.count), {Key: "failed", Value: slog.GroupValue(l.first...)}}
}

// lineOf is the line of the request of ctx; one that nobody writes outside of any.
func lineOf(ctx context.Context) *requestLine {
	if line, ok := ctx.Value(lineKey{}).(*requestLine); ok {
		return line
	}
	return &requestLine{}
}

// noting has the pattern that takes a request in its line of the log. It is around
// the mux, which writes the pattern into the request that it is given.
func noting(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { lineOf(r.Context()).route = routeOf(r) }()
		mux.ServeHTTP(w, r)
	})
}

// routeOf is the pattern that took the request, without its method.
func routeOf(r *http.Request) string {
	route := r.Pattern
	if _, path, ok := strings.Cut(route, " "); ok {
		route = path
	}
	if route == "" {
		return unmatched
	}
	return route
}

// accessLevel is the level at which requests to a route are logged.
func accessLevel(route string) slog.Level {
	switch route {
	case "/healthz", "/readyz", "/metrics":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// recovered answers 500 where a handler panics, and logs the panic, so that
// one request's fault is not everybody's.
func recovered(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(fault) // the handler's own way to cut a connection
			}
			log.ErrorContext(r.Context(), "handler panicked",
				"path", r.URL.Path, "panic", fault, "stack", string(debug.Stack()))
			http.Error(w, "internal error; request id "+telemetry.RequestID(r.Context()), http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
