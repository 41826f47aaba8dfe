package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/felixge/httpsnoop"
	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"
	"golang.org/x/sync/semaphore"

	"clickql/internal/access"
	"clickql/internal/fault"
	"clickql/internal/gqlhttp"
)

// preflightAge is how long a browser may remember that a site is allowed: two
// hours, the most that Chromium keeps.
const preflightAge = 2 * time.Hour

// newCORS lets scripts of the origins read answers. Credentials stay
// forbidden: nothing here depends on who asks.
func newCORS(origins access.Origins) func(http.Handler) http.Handler {
	options := cors.Options{
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{"ETag", "Age", "Retry-After", policyField, limitField, requestIDHeader},
		MaxAge:         int(preflightAge.Seconds()),
	}
	if origins.Any() {
		options.AllowedOrigins = []string{"*"}
	} else {
		options.AllowOriginFunc = origins.Allow
	}
	return cors.New(options).Handler
}

// compressed encodes answers of a compressible type in gzip or zstd, as the
// client can; in gzip where it says that it can both. Node announces zstd, which
// fetch there cannot read before Node 22.
func compressed(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.PreferZstd(false))
	if err != nil { // of options that contradict each other
		panic(err)
	}
	return wrap(next)
}

// graphql guards the GraphQL handler: bounded bodies, compressed answers. The
// handler bounds the time itself: only it knows whether an answer is a stream.
// Streams end when the server stops.
func (s *Server) graphql(m *metrics) http.Handler {
	known := s.newResponses(m)
	answers := remembering(s.cfg.Pressure, compressed(bounded(s.cfg.MaxBody, s.cfg.Pressure, s.streamable(known))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch {
		case isWebSocket(r):
			s.webSocket(s.cfg.GraphQL, w, r)
		case isVisit(r):
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Add("Vary", "Accept")
			http.Redirect(w, r, "/playground", http.StatusFound)
		default:
			answers.ServeHTTP(w, r)
		}
	})
}

// isVisit reports that a person has opened the address in a browser: nothing is
// asked, and a page is wanted.
func isVisit(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.RawQuery == "" && strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/html")
}

// varyOnce has the header Vary in one line, each name once: some caches look at
// the first line alone.
func varyOnce(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isWebSocket(r) { // it takes the connection over
			next.ServeHTTP(w, r)
			return
		}
		fold := sync.OnceFunc(func() { foldVary(w.Header()) })
		next.ServeHTTP(beforeWriting(w, fold), r)
		fold() // where nothing was written
	})
}

// foldVary has Vary in one line.
func foldVary(h http.Header) {
	var names []string
	for name := range strings.SplitSeq(strings.Join(h.Values("Vary"), ","), ",") {
		if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		h.Set("Vary", strings.Join(names, ", "))
	}
}

// beforeWriting is a writer that calls do before anything of the answer leaves.
func beforeWriting(w http.ResponseWriter, do func()) http.ResponseWriter {
	return httpsnoop.Wrap(w, httpsnoop.Hooks{
		WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(status int) { do(); next(status) }
		},
		Write: func(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(p []byte) (int, error) { do(); return next(p) }
		},
		ReadFrom: func(next httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
			return func(src io.Reader) (int64, error) { do(); return next(src) }
		},
		Flush: func(next httpsnoop.FlushFunc) httpsnoop.FlushFunc {
			return func() { do(); next() }
		},
	})
}

// streamable lets next turn an answer into a stream.
func (s *Server) streamable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		out := &streamer{ResponseWriter: w}
		out.open = func() {
			// Compression would hold back what is too short to be worth it.
			w.Header().Set(gzhttp.HeaderNoCompression, "stream")
			out.close = context.AfterFunc(s.stopping, cancel)
		}
		next.ServeHTTP(out, r.WithContext(ctx))
		if out.close != nil {
			out.close()
		}
	})
}

// streamer is a writer that is told when the answer is a stream.
type streamer struct {
	http.ResponseWriter
	open  func()
	close func() bool
}

// Stream is the writer whose writes leave at once.
func (s *streamer) Stream() http.ResponseWriter {
	s.open()
	return s.ResponseWriter
}

// Unwrap gives http.ResponseController the writer below.
func (s *streamer) Unwrap() http.ResponseWriter { return s.ResponseWriter }

const (
	// bodyMemory bounds the bodies that are in memory at one time.
	bodyMemory = 64 << 20
	// workMemory bounds what large bodies take up while they are worked on, which is
	// about workPerByte for each of their bytes: as they came, as text, and as values.
	workMemory  = 64 << 20
	workPerByte = 4
	// smallBody is what is not worth counting.
	smallBody = 64 << 10
	// answerMemory bounds the answers that are in memory at one time.
	answerMemory = 96 << 20
)

// bounded refuses bodies of more than maxBody bytes before next sees any of them,
// and lets large ones wait for one another.
func bounded(maxBody int64, pressure *gqlhttp.Pressure, next http.Handler) http.Handler {
	work := gqlhttp.NewMemory(max(workMemory, workPerByte*maxBody), pressure)
	room := semaphore.NewWeighted(max(bodyMemory, maxBody))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		length := r.ContentLength
		if length < 0 { // it comes in chunks
			length = maxBody
		}
		if length = min(length, maxBody); length > smallBody {
			if err := room.Acquire(r.Context(), length); err != nil {
				return // the client has gone
			}
			defer room.Release(length)
		}
		body, err := readBody(w, r, maxBody)
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			refuse(w, http.StatusRequestEntityTooLarge, gqlhttp.CodeLimit, fmt.Sprintf("the request is larger than %d bytes: send shorter values, or leave hashes and comments away", maxBody))
			return
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, gqlhttp.CodeBadRequest, "the request's body ended early")
			return
		}
		reserved, release := work.Hold(r.Context())
		defer release()
		if err := gqlhttp.Reserve(reserved, workPerByte*int64(len(body))); err != nil {
			return // the client has gone
		}
		r.Body = inMemory{bytes.NewReader(body), body}
		r.ContentLength = int64(len(body))
		next.ServeHTTP(w, r)
	})
}

// readBody reads a body, into one piece of memory where it tells how long it is.
func readBody(w http.ResponseWriter, r *http.Request, maxBody int64) ([]byte, error) {
	limited := http.MaxBytesReader(w, r.Body, maxBody)
	if r.ContentLength <= 0 || r.ContentLength > maxBody {
		return io.ReadAll(limited)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(limited, body)
	return body, err
}

// inMemory is a body that has been read: who knows that takes it as it is.
type inMemory struct {
	*bytes.Reader
	whole []byte
}

// Bytes is all of the body.
func (b inMemory) Bytes() []byte { return b.whole }

// Close does nothing.
func (inMemory) Close() error { return nil }

// remembering has memory reserved for the answers of next, until they are sent.
func remembering(pressure *gqlhttp.Pressure, next http.Handler) http.Handler {
	memory := gqlhttp.NewMemory(answerMemory, pressure)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, release := memory.Hold(r.Context())
		defer release()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// refuse answers a request that never reached GraphQL, in GraphQL's form.
func refuse(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, errorBody(code, message))
}

// errorBody is an error in GraphQL's form.
func errorBody(code, message string) map[string]any {
	return map[string]any{"errors": []any{map[string]any{
		"message": message, "extensions": map[string]any{"code": code},
	}}}
}

// schema serves the schema, or refuses it.
func (s *Server) schema() http.Handler {
	if !s.cfg.Closed {
		return schemaText(s.cfg.SDL)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, string(fault.Forbidden), "this gateway does not show its schema")
	})
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
		sendTagged(w, r, tag, []byte(sdl))
	})
}
