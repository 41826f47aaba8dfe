package server

import (
	"net/http"
	"net/http/pprof"
)

// watching adds what the gateway is watched by.
func (s *Server) watching(mux *http.ServeMux, m *metrics) {
	mux.Handle("GET /healthz", http.HandlerFunc(healthz))
	mux.Handle("GET /readyz", &readiness{checks: append(s.cfg.Checks[:len(s.cfg.Checks):len(s.cfg.Checks)], s.staying()), log: s.cfg.Log})
	mux.Handle("GET /metrics", m.handler())
}

// adminRoutes are the paths for those who run the gateway.
func (s *Server) adminRoutes(m *metrics) http.Handler {
	mux := http.NewServeMux()
	s.watching(mux, m)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
