package server

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// freshness shows how new the data is, as the catalog sees it: also of a
// database that this program does not load.
type freshness struct {
	snapshot func() *catalog.Snapshot
	now      func() time.Time
}

// The metrics of freshness.
var (
	descNewestDay = prometheus.NewDesc("clickql_data_newest_day_timestamp_seconds", "Midnight (UTC) of the newest day with a download.", nil, nil)
	descLagDays   = prometheus.NewDesc("clickql_data_lag_days", "Days that are over (UTC) and newer than the newest day with a download.", nil, nil)
	descMissing   = prometheus.NewDesc("clickql_data_missing_days", "Days from the first to the newest one that are not settled: not all of them is loaded.", nil, nil)
	descStrays    = prometheus.NewDesc("clickql_data_stray_downloads", "Downloads on days that none can be of, before 2005 or after tomorrow (UTC), which no range holds; in large databases those of a sample of projects.", nil, nil)
	descSettled   = prometheus.NewDesc("clickql_data_settled_day_timestamp_seconds", "Midnight (UTC) of the newest settled day, on which ranges by last end; by tells how it is known.", []string{"by"}, nil)
)

// Describe lists the metrics.
func (freshness) Describe(out chan<- *prometheus.Desc) {
	out <- descNewestDay
	out <- descLagDays
	out <- descMissing
	out <- descStrays
	out <- descSettled
}

// Collect gives them, where there is data.
func (f freshness) Collect(out chan<- prometheus.Metric) {
	snap := f.snapshot()
	if snap.Days.Empty() {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(descNewestDay, float64(snap.Days.To.Time().Unix()))
	gauge(descLagDays, float64(max(0, cube.DayOf(f.now())-snap.Days.To-1)))
	gauge(descMissing, float64(len(snap.Missing)))
	gauge(descStrays, float64(snap.Strays))
	if settled := snap.Calendar().Settled(); !settled.Empty() {
		gauge(descSettled, float64(settled.To.Time().Unix()), strings.ToLower(string(snap.SettledBy)))
	}
}
