//go:build cluster || shards

package clustertest

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/repair"
	"clickql/internal/chtest"
)

// TestRepair puts rows into a day and takes some out of others, on one replica of the
// last shard, finds that, and repairs what it is told to, ended at statements that
// chance chooses: all replicas have the day as its files have it.
func TestRepair(t *testing.T) {
	c := onCluster(t, "pypi", "pypi_downloads", "pypi_downloads_per_day", "pypi_downloads_per_month", "pypi_downloads_max_min")
	dir, files := exports(t, chtest.New(t).Conn, 4, 800)
	c.loadFiles(files...)
	last := len(c.hosts) - 1
	c.caughtUp(last)
	raw := c.rows() + ".pypi"
	c.exec(last,
		"INSERT INTO "+raw+" SELECT * FROM "+raw+" WHERE date = '2024-01-31' LIMIT 7 SETTINGS insert_deduplicate = 0",
		"ALTER TABLE "+raw+" DELETE WHERE date = '2024-02-01' AND project = 'project-3' SETTINGS mutations_sync = 2",
		"ALTER TABLE "+c.rows()+".pypi_downloads_per_day DELETE WHERE date = '2024-02-01' SETTINGS mutations_sync = 2")
	shard := uint32(0)
	if c.shards > 1 {
		shard = uint32(c.shards)
	}
	if days := c.differing(files); strings.Join(days, " ") != "2024-01-31 2024-02-01" {
		t.Fatalf("verify finds %q", days)
	}
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	chance := rand.New(rand.NewPCG(5, 5))
	killed := c.ended(4, func() int { return 1 + chance.IntN(260) }, func(string) {}, func(in *ingest.Ingest) error {
		_, err := in.Repair(t.Context(), repair.Request{From: day("2024-01-31"), To: day("2024-02-01"), Shard: shard}, files...)
		return err
	})
	t.Logf("%d repairs ended", killed)
	if days := c.differing(files); len(days) > 0 {
		t.Errorf("after a repair verify finds %q", days)
	}
	c.agreeAll("after a repair", dir, files)
	if c.shards == 1 {
		return
	}
	_, err := ingest.New(config.Config{Conn: c.open(c.hosts[last], ""), Database: c.rows(), Sources: c.loadingAll().Sources}).
		Repair(t.Context(), repair.Request{From: day("2024-01-31"), To: day("2024-01-31")}, files...)
	if err == nil || !strings.Contains(err.Error(), "is not loaded into this shard") {
		t.Errorf("one shard's database is repaired with the files of all: %v", err)
	}
}

// differing lists the days of the raw table that verify finds wrong.
func (c *cluster) differing(files []string) (days []string) {
	c.t.Helper()
	report, err := ingest.New(c.loadingAll()).Verify(c.t.Context(), false, files...)
	if err != nil {
		c.t.Fatal(err)
	}
	all := report.Differences
	for _, sh := range report.Shards {
		all = append(all, sh.Differences...)
	}
	for _, d := range all {
		if strings.HasSuffix(d.Table, "pypi") {
			days = append(days, d.Period)
		}
	}
	if len(days) == 0 && !report.Agrees {
		c.t.Errorf("verify finds %+v", all)
	}
	return days
}
