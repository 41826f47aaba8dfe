package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"

	"clickql/internal/query"
)

// preflightAge is how long a browser may remember that a site is allowed: two
// hours, the most that Chromium keeps.
const preflightAge = 2 * time.Hour

// newCORS lets scripts of the origins read answers. Credentials stay
// forbidden: nothing here depends on who asks.
func newCORS(origins []string) func(http.Handler) http.Handler {
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{"ETag", requestIDHeader},
		MaxAge:         int(preflightAge.Seconds()),
	}).Handler
}

// compressed encodes answers of a compressible type in gzip or zstd, as the
// client can.
func compressed(next http.Handler) http.Handler { return gzhttp.GzipHandler(next) }

// graphql guards the GraphQL handler: bounded bodies, bounded time, compressed
// answers. Streams are bounded by the server's life instead of by time, and
// each of their messages must leave at once.
func (s *Server) graphql(m *metrics) http.Handler {
	known := newResponses(s.cfg.CacheBytes, s.cfg.Loader, m, s.cfg.GraphQL)
	answers := compressed(bounded(s.cfg.MaxBody, s.cfg.QueryTimeout, known))
	streams := bounded(s.cfg.MaxBody, 0, s.cfg.GraphQL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if !isStream(r) {
			answers.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		go func() {
			select {
			case <-s.stopping:
				cancel()
			case <-ctx.Done():
			}
		}()
		// A hijacked or exotic connection has no deadline to lift.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		streams.ServeHTTP(w, r.WithContext(ctx))
	})
}

// isStream reports that the answer is a stream of messages: a WebSocket, or
// server-sent events.
func isStream(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") ||
		strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// bounded refuses bodies of more than maxBody bytes before next sees any of
// them, and ends the request's context after timeout (0: never).
func bounded(maxBody int64, timeout time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes", maxBody))
			return
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, "the request's body ended early")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
		if timeout > 0 {
			ctx, cancel := context.WithTimeout(r.Context(), timeout)
			defer cancel()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers a request that never reached GraphQL, in GraphQL's form.
func refuse(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"errors": []any{map[string]any{
		"message": message, "extensions": map[string]any{"code": query.BadUserInput},
	}}})
}

// schemaText serves the schema. It is for people as much as for tools, so it
// is plain text, which browsers show.
func schemaText(sdl string) http.Handler {
	tag := contentTag([]byte(sdl))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", tag)
		if fresh(r, tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, sdl) // the client has gone: nobody to tell
	})
}
