package gqlhttp

import (
	"context"
	"net/http"
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
	if s, ok := w.(Streamer); ok {
		w = s.Stream()
	}
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // a writer without deadlines has none to lift
	h := w.Header()
	h.Set("Content-Type", typeStream+"; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx holds streams back otherwise
	w.WriteHeader(http.StatusOK)
	send := func(event string) bool {
		if _, err := w.Write([]byte(event)); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	if !send(":\n\n") { // tells the client that the stream is open
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	responses := pull(ctx, next)
	every := t.KeepAlive
	if every <= 0 {
		every = defaultKeepAlive
	}
	silence := time.NewTicker(every)
	defer silence.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-silence.C:
			if !send(":\n\n") {
				return
			}
		case resp, ok := <-responses:
			if !ok {
				// EventSource drops events without data.
				send("event: complete\ndata:\n\n")
				return
			}
			silence.Reset(every)
			if !send("event: next\ndata: " + string(encode(resp)) + "\n\n") {
				return
			}
		}
	}
}

// pull asks for responses, each when the one before was taken, until there are
// no more or ctx ends.
func pull(ctx context.Context, next graphql.ResponseHandler) <-chan *graphql.Response {
	responses := make(chan *graphql.Response)
	go func() {
		defer close(responses)
		for resp := next(ctx); resp != nil; resp = next(ctx) {
			select {
			case responses <- resp:
			case <-ctx.Done():
				return
			}
		}
	}()
	return responses
}
