package ingest

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"clickql/ingest/ledger"
	"clickql/internal/cube"
)

// Metrics shows to Prometheus what the ledger says, and what a watch does. It
// is a prometheus.Collector, for whoever runs it to register. All its methods
// may be called on nil, and by several goroutines.
type Metrics struct {
	// Read asks for the status when metrics are collected and what is known is
	// some time old; nil where Observe tells it.
	Read func(context.Context) (Status, error)
	// Now is the clock.
	Now func() time.Time

	mu       sync.Mutex
	known    bool // status is one
	readable bool // the last reading succeeded
	status   Status
	at       time.Time
	took     time.Duration      // to read it
	rounds   map[string]float64 // by outcome
	last     *Round
	lastAt   time.Time
}

// A status that was read serves ten times as long as reading it took, which is
// seconds with a million files, but for minAge at least and maxAge at most.
// readTimeout bounds reading.
const (
	minAge      = 10 * time.Second
	maxAge      = time.Minute
	readTimeout = 30 * time.Second
)

// desc describes a metric.
func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("clickql_ingest_"+name, help, labels, nil)
}

// The metrics, each present only where it is known.
var (
	descReadable = desc("ledger_readable", "Whether the ledger could be read the last time: 1 or 0.")
	descFiles    = desc("files", "Files by kind and state: done, failed (to be tried again) and set_aside (tries used up).", "kind", "state")
	descRows     = desc("rows", "Rows stored.", "kind")
	descRejected = desc("rejected_rows", "Rows read and not stored, by reason.", "kind", "reason")
	descSpeed    = desc("rows_per_second", "Rows stored per second by the last batches.", "kind")
	descLoaded   = desc("last_load_timestamp_seconds", "When the last batch became public.", "kind")
	descNewest   = desc("newest_day_timestamp_seconds", "Midnight (UTC) of the newest day that is loaded.")
	descLag      = desc("lag_days", "Days that are over (UTC) and newer than the newest day that is loaded.")
	descInHand   = desc("batches_in_hand", "Batches that are neither done nor given up, by state.", "state")
	descStuck    = desc("batches_stuck", "Batches in hand that nobody is working on.")
	descBackfill = desc("backfills_stuck", "Backfills that have not ended and that nobody is working on.")
	descWriter   = desc("writer_alive", "Whether a writer holds the lock and gives signs of life: 1 or 0.")
	descRounds   = desc("rounds_total", "Rounds of the watch by outcome: ok or failed.", "outcome")
	descFails    = desc("failed_rounds_in_a_row", "Rounds of the watch that have failed one after another.")
	descRound    = desc("last_round_timestamp_seconds", "When the last round of the watch ended.")
	descTook     = desc("last_round_duration_seconds", "How long it took.")
)

// Describe says nothing: which metrics there are depends on what is known.
func (*Metrics) Describe(chan<- *prometheus.Desc) {}

// Observe takes a status.
func (m *Metrics) Observe(st Status, err error) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.observe(st, err)
}

// observe is Observe under the lock.
func (m *Metrics) observe(st Status, err error) {
	if m.readable, m.at = err == nil, m.Now(); err == nil {
		m.status, m.known = st, true
	}
}

// Round counts a round of a watch.
func (m *Metrics) Round(r Round) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rounds == nil {
		m.rounds = map[string]float64{"ok": 0, "failed": 0}
	}
	outcome := "ok"
	if r.Err != nil {
		outcome = "failed"
	}
	m.rounds[outcome]++
	m.last, m.lastAt = &r, m.Now()
}

// Collect gives the metrics as they are known now.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Read != nil && (m.at.IsZero() || m.Now().Sub(m.at) >= min(max(minAge, 10*m.took), maxAge) || m.Now().Before(m.at)) {
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		began := time.Now()
		m.observe(m.Read(ctx))
		m.took = time.Since(began)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for outcome, n := range m.rounds {
		out <- prometheus.MustNewConstMetric(descRounds, prometheus.CounterValue, n, outcome)
	}
	if m.last != nil {
		gauge(descFails, float64(m.last.Fails))
		gauge(descRound, float64(m.lastAt.Unix()))
		gauge(descTook, m.last.Took.Seconds())
	}
	if !m.at.IsZero() {
		gauge(descReadable, number(m.readable))
	}
	if m.known {
		m.ledger(gauge)
	}
}

// ledger gives what the status says.
func (m *Metrics) ledger(gauge func(d *prometheus.Desc, v float64, labels ...string)) {
	failed := map[ledger.Kind][2]float64{}
	for _, f := range m.status.Failed {
		n := failed[f.Kind]
		n[int(number(f.SetAside))]++
		failed[f.Kind] = n
	}
	for _, k := range m.status.Kinds {
		kind := string(k.Kind)
		gauge(descFiles, float64(k.Files), kind, "done")
		gauge(descRows, float64(k.Rows), kind)
		gauge(descSpeed, k.RowsPerSecond, kind)
		gauge(descLoaded, float64(k.LastAt.Unix()), kind)
		for reason, n := range k.Rejected {
			gauge(descRejected, float64(n), kind, reason)
		}
		if newest, err := time.Parse(time.DateOnly, k.NewestDay); err == nil && k.Kind == ledger.Downloads {
			gauge(descNewest, float64(newest.Unix()))
			gauge(descLag, float64(lagDays(newest, m.Now())))
		}
	}
	for _, kind := range ledger.Kinds() {
		gauge(descFiles, failed[kind][0], string(kind), "failed")
		gauge(descFiles, failed[kind][1], string(kind), "set_aside")
	}
	inHand, stuck := map[string]float64{ledger.Planned.String(): 0, ledger.Staging.String(): 0, ledger.Staged.String(): 0, ledger.Publishing.String(): 0}, 0.0
	for _, b := range m.status.InHand {
		inHand[b.State]++
		stuck += number(b.Stuck != "")
	}
	for state, n := range inHand {
		gauge(descInHand, n, state)
	}
	gauge(descStuck, stuck)
	stuck = 0
	for _, b := range m.status.Backfills {
		stuck += number(b.Stuck != "")
	}
	gauge(descBackfill, stuck)
	gauge(descWriter, number(m.status.Writer != nil && m.status.Writer.Alive))
}

// lagDays counts the days after the newest one that are over.
func lagDays(newest, now time.Time) int64 {
	return max(0, int64(cube.DayOf(now))-int64(cube.DayOf(newest))-1)
}

// number is 1 for true.
func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
