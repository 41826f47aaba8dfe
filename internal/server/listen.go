package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The bounds of a connection. Reading a request that is at most MaxBody long
// takes no half minute on any link that could show the answer.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	writeReserve  = 15 * time.Second // beyond QueryTimeout, to send the answer
	maxHeader     = 64 << 10         // bytes; GET queries travel in the first line
	// freshTime is how long connections that were just taken may take to ask, when the
	// server stops: net/http drops what it has not read a request of by then.
	freshTime = time.Second
)

// Serve answers requests at ln until ctx ends. Then it stops accepting, lets
// requests in flight finish for up to Drain, cancels the ones left, and
// returns nil; an error tells that listening failed, or what was cut off.
// A Server serves once.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	requests, cancelRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelRequests()
	srv := s.httpServer(requests, s)
	srv.TLSConfig, srv.ConnContext = s.cfg.TLS, connContext
	failed, closed := make(chan error, 2), make(chan struct{})
	doors := newDoors(ln, s.cfg.Connections, s.cfg.ClientConnections)
	go func() {
		defer close(closed)
		if s.cfg.TLS != nil {
			failed <- fmt.Errorf("serve %s: %w", ln.Addr(), srv.ServeTLS(doors, "", ""))
			return
		}
		failed <- fmt.Errorf("serve %s: %w", ln.Addr(), srv.Serve(doors))
	}()
	if s.cfg.Admin != nil {
		// Watched to the end: it closes when everything else has.
		admin := s.httpServer(requests, s.admin)
		admin.WriteTimeout = 0 // profiles take as long as they are asked to
		defer func() { _ = admin.Close() }()
		go func() { failed <- fmt.Errorf("serve %s: %w", s.cfg.Admin.Addr(), admin.Serve(s.cfg.Admin)) }()
	}
	select {
	case err := <-failed:
		return errors.Join(err, srv.Close())
	case <-ctx.Done():
	}
	_ = doors.Close() // nobody comes in any more
	<-closed
	within(freshTime, doors.unasked.Wait)
	return s.drain(srv, cancelRequests)
}

// httpServer is a server of h whose requests are under ctx.
func (s *Server) httpServer(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      s.cfg.QueryTimeout + writeReserve,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
}

// within waits for something, for so long; ok is false where that was not enough.
func within(most time.Duration, wait func()) (ok bool) {
	ended := make(chan struct{})
	go func() {
		wait()
		close(ended)
	}()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ended:
		return true
	case <-timer.C:
		return false
	}
}

// drain ends srv gracefully, or after Drain by force.
func (s *Server) drain(srv *http.Server, cancelRequests func()) error {
	s.Leave()
	s.stop()
	began := time.Now()
	bound, cancel := context.WithTimeout(context.Background(), s.cfg.Drain)
	defer cancel()
	err := srv.Shutdown(bound)
	if err == nil && !within(time.Until(began.Add(s.cfg.Drain)), s.sockets.Wait) {
		err = context.DeadlineExceeded
	}
	if err == nil {
		return nil
	}
	cancelRequests()
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("requests were still running after %s and were cut off", s.cfg.Drain)
	}
	return errors.Join(fmt.Errorf("stop serving: %w", err), srv.Close())
}
