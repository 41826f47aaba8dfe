package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"clickql/internal/telemetry"
)

// metrics are the counts of HTTP requests.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	answers  *prometheus.CounterVec
}

// durations are the histogram's bounds in seconds: an answer from memory takes
// a millisecond, the slowest that is waited for half a minute.
var durations = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// newMetrics registers the server's metrics, and those of the process, which
// nobody else may have registered.
func newMetrics(registry *prometheus.Registry) *metrics {
	m := &metrics{
		registry: registry,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clickql_http_requests_total", Help: "Requests answered, by route, method and status.",
		}, []string{"path", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "clickql_http_request_duration_seconds", Help: "Time from a request's arrival to the end of its answer, by route.",
			Buckets: durations,
		}, []string{"path"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "clickql_http_requests_in_flight", Help: "Requests being answered now.",
		}),
	}
	m.answers = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "clickql_response_cache_total", Help: "Requests to /graphql looked up among the whole answers kept, by outcome.",
	}, []string{"outcome"})
	registry.MustRegister(m.requests, m.duration, m.inFlight, m.answers,
		collectors.NewGoCollector(), collectors.NewBuildInfoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe counts one request. The labels' values are bounded: route is a
// pattern, and methods that HTTP does not define count as one.
func (m *metrics) observe(ctx context.Context, route, method string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	telemetry.Observe(ctx, m.duration.WithLabelValues(route), took)
}

// response counts one look among the answers kept.
func (m *metrics) response(outcome string) { m.answers.WithLabelValues(outcome).Inc() }

// handler shows the registry in Prometheus' format, or in OpenMetrics', which has
// exemplars, to a scraper that asks for it.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, EnableOpenMetrics: true})
}
