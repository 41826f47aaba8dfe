//go:build cluster || shards

package clustertest

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"clickql/ingest"
	"clickql/ingest/retire"
	"clickql/internal/chtest"
)

// TestRetire drops the rows of a month on replicas, one of which has yet to fetch the
// newest rows of it, ended at statements that chance chooses: each replica keeps the
// other days and what the aggregates counted, and verify knows what went. On shards it
// is refused before anything is done.
func TestRetire(t *testing.T) {
	c := onCluster(t, "pypi", "pypi_downloads", "pypi_downloads_per_day", "pypi_downloads_per_month")
	_, files := exports(t, chtest.New(t).Conn, 4, 800)
	c.loadFiles(files[:2]...)
	before := time.Date(2024, time.February, 1, 0, 0, 0, 0, time.UTC)
	if c.shards > 1 {
		if _, err := ingest.New(c.loadingAll()).Retire(t.Context(), retire.Request{Before: before}); err == nil || !strings.Contains(err.Error(), "is Distributed") {
			t.Errorf("rows of shards are dropped: %v", err)
		}
		return
	}
	last := len(c.hosts) - 1
	c.exec(last, "SYSTEM STOP FETCHES DB.pypi")
	c.loadFiles(files[2:]...)
	c.exec(last, "SYSTEM START FETCHES DB.pypi")
	january, rest := c.number(0, "SELECT toInt64(countIf(date < '2024-02-01')) FROM DB.pypi"), c.number(0, "SELECT toInt64(countIf(date >= '2024-02-01')) FROM DB.pypi")
	if january == 0 || rest == 0 {
		t.Fatalf("%d rows of January, %d others", january, rest)
	}
	chance := rand.New(rand.NewPCG(6, 6))
	killed := c.ended(4, func() int { return 1 + chance.IntN(45) }, func(string) {}, func(in *ingest.Ingest) error {
		_, err := in.Retire(t.Context(), retire.Request{Before: before})
		return err
	})
	if killed == 0 {
		t.Error("none was ended")
	}
	for host := range c.hosts {
		c.caughtUp(host)
		for sql, want := range map[string]int64{
			"SELECT toInt64(count()) FROM DB.pypi":                                       rest,
			"SELECT toInt64(min(date)) FROM DB.pypi":                                     c.number(0, "SELECT toInt64(toDate('2024-02-01'))"),
			"SELECT sum(count) FROM DB.pypi_downloads":                                   january + rest,
			"SELECT sum(count) FROM DB.pypi_downloads_per_day":                           january + rest,
			"SELECT sumIf(count, month = '2024-01-01') FROM DB.pypi_downloads_per_month": january,
		} {
			if got := c.number(host, sql); got != want {
				t.Errorf("host %d: %s: %d, want %d", host+1, sql, got, want)
			}
		}
		report, err := ingest.New(c.loading(host)).Verify(t.Context(), false, files...)
		if err != nil || !report.Agrees {
			t.Errorf("host %d: verify: %v, %+v", host+1, err, report.Differences)
		}
	}
}
