package fetch

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"clickql/internal/chconn"
	"clickql/internal/query"
	"clickql/internal/telemetry"
)

// metrics are the loader's Prometheus metrics.
type metrics struct {
	queries *prometheus.CounterVec
	rows    prometheus.Counter
	elapsed prometheus.Histogram
	hits    prometheus.Counter
	misses  prometheus.Counter
	ratio   prometheus.Histogram
	united  prometheus.Counter
	// elsewhere are the statements that a server refused for its version.
	elsewhere prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, l *Loader) metrics {
	f := promauto.With(reg)
	c := l.cache
	for name, lane := range map[string]*lane{"quick": &l.quick, "long": &l.long} {
		labels := prometheus.Labels{"lane": name}
		f.NewGaugeFunc(prometheus.GaugeOpts{Name: "clickql_queries_running", Help: "Queries that ClickHouse runs for the gateway now, by lane.", ConstLabels: labels},
			func() float64 { n, _ := lane.load(); return float64(n) })
		f.NewGaugeFunc(prometheus.GaugeOpts{Name: "clickql_queries_waiting", Help: "Queries that wait for a place, by lane.", ConstLabels: labels},
			func() float64 { _, n := lane.load(); return float64(n) })
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "clickql_result_cache_bytes", Help: "Bytes of answers held in memory."},
		func() float64 { n, _ := c.Size(); return float64(n) })
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "clickql_result_cache_entries", Help: "Answers held in memory."},
		func() float64 { _, n := c.Size(); return float64(n) })
	return metrics{
		queries: f.NewCounterVec(prometheus.CounterOpts{Name: "clickql_queries_total", Help: "Queries sent to ClickHouse, by table and outcome."},
			[]string{"table", "outcome"}),
		rows: f.NewCounter(prometheus.CounterOpts{Name: "clickql_rows_read_total", Help: "Rows that ClickHouse read for the gateway."}),
		elapsed: f.NewHistogram(prometheus.HistogramOpts{Name: "clickql_query_seconds", Help: "Time of a query, rows received.",
			Buckets: elapsedBuckets}),
		hits:   f.NewCounter(prometheus.CounterOpts{Name: "clickql_result_cache_hits_total", Help: "Requests answered from memory."}),
		misses: f.NewCounter(prometheus.CounterOpts{Name: "clickql_result_cache_misses_total", Help: "Requests not found in memory."}),
		united: f.NewCounter(prometheus.CounterOpts{Name: "clickql_queries_united_total",
			Help: "Queries that were not sent, since another operation's query answered for them."}),
		elsewhere: f.NewCounter(prometheus.CounterOpts{Name: "clickql_queries_elsewhere_total",
			Help: "Queries that a replica refused, since its data was of another version, and that were sent again."}),
		ratio: f.NewHistogram(prometheus.HistogramOpts{Name: "clickql_estimate_ratio",
			Help:    "Rows that a query read, over the rows that the planner expected.",
			Buckets: prometheus.ExponentialBuckets(1.0/64, 2, 13)}),
	}
}

// lookups counts what was found in memory and what was not.
func (m metrics) lookups(hits, misses int) {
	m.hits.Add(float64(hits))
	m.misses.Add(float64(misses))
}

// ran counts one query.
func (m metrics) ran(ctx context.Context, r *Ran, err error) {
	q := r.query
	m.queries.WithLabelValues(q.Table, chconn.Classify(err).String()).Inc()
	m.united.Add(float64(r.operations - 1))
	m.rows.Add(float64(r.rows))
	telemetry.Observe(ctx, m.elapsed, r.took)
	if err == nil && q.EstimatedRows > 0 && r.rows > 0 {
		m.ratio.Observe(float64(r.rows) / q.EstimatedRows)
	}
}

// elapsedBuckets are the upper bounds, in seconds, of the histogram of query
// times.
var elapsedBuckets = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30}

// Observer is told what the database is asked. It must be quick and safe for
// concurrent use.
type Observer interface {
	// Ran is told of a statement that was answered, with the rows that it read: the
	// planner's estimate where the driver does not tell. What it returns counts
	// the statement's answers that are given from memory later.
	Ran(q *query.Query, rows uint64, took time.Duration) (hits *atomic.Uint64)
	// Refused is told of a question about a table that would have read too much,
	// by our own limit or by the database's.
	Refused(table string, shape query.Shape)
}

// observe tells the observer of a statement that ended, but not of one whose
// parts are tried by themselves.
func (l *Loader) observe(s *statement, ran *Ran, err error) {
	if l.cfg.Observer == nil || err != nil && len(s.parts) > 0 {
		return
	}
	q := ran.query
	switch chconn.Classify(err) {
	case chconn.None:
		rows := ran.rows
		if !ran.told {
			rows = uint64(max(0, q.EstimatedRows))
		}
		ran.hits = l.cfg.Observer.Ran(q, rows, ran.took)
	case chconn.TooMuch, chconn.Memory, chconn.Timeout:
		l.cfg.Observer.Refused(q.Table, q.Shape())
	}
}

// refused tells the observer of what a plan leaves unasked.
func (l *Loader) refused(p *query.Plan) {
	if l.cfg.Observer == nil {
		return
	}
	for _, r := range p.Refused {
		l.cfg.Observer.Refused(r.Table, r.Shape)
	}
}

// hit counts an answer from memory.
func (r *Ran) hit() {
	if r.hits != nil {
		r.hits.Add(1)
	}
}
