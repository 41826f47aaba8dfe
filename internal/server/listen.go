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
	failed := make(chan error, 2)
	go func() {
		doors := newDoors(ln, s.cfg.Connections, s.cfg.ClientConnections)
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

// drain ends srv gracefully, or after Drain by force.
func (s *Server) drain(srv *http.Server, cancelRequests func()) error {
	s.Leave()
	s.stop()
	bound, cancel := context.WithTimeout(context.Background(), s.cfg.Drain)
	defer cancel()
	err := srv.Shutdown(bound)
	if err == nil {
		return nil
	}
	cancelRequests()
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("requests were still running after %s and were cut off", s.cfg.Drain)
	}
	return errors.Join(fmt.Errorf("stop serving: %w", err), srv.Close())
}
