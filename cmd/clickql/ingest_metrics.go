package main

import (
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"clickql/ingest"
)

// metricsHeaderTimeout bounds how long a client may take to ask.
const metricsHeaderTimeout = 5 * time.Second

// watchMetrics shows the metrics of a watch at an address; empty: nowhere, and
// no metrics are kept.
func (a *app) watchMetrics(addr string) (m *ingest.Metrics, stop func() error, err error) {
	if addr == "" {
		return nil, func() error { return nil }, nil
	}
	ln, err := listen("--metrics-addr", addr)
	if err != nil {
		return nil, nil, err
	}
	m = &ingest.Metrics{Now: time.Now}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: metricsHeaderTimeout}
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("metrics are no longer shown", "error", err)
		}
	}()
	a.log.Info("metrics", "url", baseURL(ln.Addr(), false)+"/metrics")
	return m, srv.Close, nil
}
