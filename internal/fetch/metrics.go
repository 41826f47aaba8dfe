package fetch

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"clickql/internal/chconn"
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
func (m metrics) ran(r *Ran, err error) {
	q := r.query
	m.queries.WithLabelValues(q.Table, chconn.Classify(err).String()).Inc()
	m.united.Add(float64(r.operations - 1))
	m.rows.Add(float64(r.rows))
	m.elapsed.Observe(r.took.Seconds())
	if err == nil && q.EstimatedRows > 0 && r.rows > 0 {
		m.ratio.Observe(float64(r.rows) / q.EstimatedRows)
	}
}
