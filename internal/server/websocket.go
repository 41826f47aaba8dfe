package server

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
)

// isWebSocket reports that the client wants to change the protocol.
func isWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// webSocket lets next take the connection over and returns as soon as it has.
// What net/http keeps for a request, most of all a stack that has grown by every
// handler on the way, would otherwise stay as long as the connection, which most
// of the time waits.
func (s *Server) webSocket(next http.Handler, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	stop := context.AfterFunc(s.stopping, cancel)
	taken := &takeover{ResponseWriter: w, done: make(chan struct{})}
	ended := make(chan struct{})
	s.sockets.Go(func() {
		defer close(ended)
		defer cancel()
		defer stop()
		next.ServeHTTP(taken, r.WithContext(ctx))
	})
	select {
	case <-taken.done:
	case <-ended: // it was refused
	}
}

// takeover is a writer that tells when the connection has been taken.
type takeover struct {
	http.ResponseWriter
	done chan struct{}
}

// Hijack hands the connection over.
func (t *takeover) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err == nil {
		close(t.done)
	}
	return conn, buffers, err
}
