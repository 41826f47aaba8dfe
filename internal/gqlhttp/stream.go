package gqlhttp

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Streamer is a ResponseWriter that holds answers back, to compress or to keep
// them, and can be told not to.
type Streamer interface {
	// Stream is the writer to use for an answer whose parts leave at once.
	Stream() http.ResponseWriter
}

// stream writes responses as server-sent events, by the protocol of graphql-sse:
// an event "next" for each, "complete" at the end. A client that reads slowly
// holds up its own stream alone, since next is asked for one response at a time.
func (t Transport) stream(ctx context.Context, w http.ResponseWriter, next graphql.ResponseHandler) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e := newEvents(w, t.KeepAlive, cancel)
	defer e.end()
	for resp := next(ctx); resp != nil; resp = next(ctx) {
		if !e.send("event: next\ndata: " + string(encode(resp)) + "\n\n") {
			return
		}
	}
	if ctx.Err() == nil {
		e.send("event: complete\ndata:\n\n") // EventSource drops events without data
	}
}

// comment is what a client reads over.
const comment = ":\n\n"

// events is an open stream. While it is silent a timer writes comments, so that
// waiting needs no goroutine of its own.
type events struct {
	writing sync.Mutex
	w       http.ResponseWriter
	out     *http.ResponseController
	every   time.Duration
	silence *time.Timer
	over    bool
	gone    func() // is called when the client cannot be written to
}

// newEvents opens a stream, and tells the client so.
func newEvents(w http.ResponseWriter, every time.Duration, gone func()) *events {
	if s, ok := w.(Streamer); ok {
		w = s.Stream()
	}
	if every <= 0 {
		every = defaultKeepAlive
	}
	e := &events{w: w, out: http.NewResponseController(w), every: every, gone: gone}
	h := w.Header()
	h.Set("Content-Type", typeStream+"; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx holds streams back otherwise
	w.WriteHeader(http.StatusOK)
	e.writing.Lock()
	e.silence = time.AfterFunc(every, func() { e.send(comment) })
	e.writing.Unlock()
	e.send(comment)
	return e
}

// send writes an event whole; false tells that nobody reads any more, or not fast
// enough.
func (e *events) send(event string) bool {
	e.writing.Lock()
	defer e.writing.Unlock()
	if e.over {
		return false
	}
	e.silence.Reset(e.every)
	_ = e.out.SetWriteDeadline(time.Now().Add(writeTimeout)) // a writer without deadlines has none to set
	if _, err := e.w.Write([]byte(event)); err != nil || e.out.Flush() != nil {
		e.over = true
		e.gone()
	}
	return !e.over
}

// end stops the comments: once the handler returns, nothing may be written.
func (e *events) end() {
	e.writing.Lock()
	defer e.writing.Unlock()
	e.over = true
	e.silence.Stop()
}
