//go:build cluster || shards

package clustertest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"clickql/ingest"
	"clickql/ingest/backfill"
	"clickql/ingest/stage"
	"clickql/internal/chtest"
)

// aggregates are some whose history is computed in different ways: without days, of days,
// of months, of other columns, and of first and last days.
var aggregates = []string{"pypi_downloads", "pypi_downloads_per_day", "pypi_downloads_per_month", "pypi_downloads_per_day_by_version", "pypi_downloads_max_min"}

// spoils is what makes each of them wrong: doubled, short of a day, and empty.
var spoils = map[string]string{
	"pypi_downloads":                    "INSERT INTO %[1]s SELECT * FROM %[1]s SETTINGS insert_deduplicate = 0",
	"pypi_downloads_per_day":            "ALTER TABLE %s DELETE WHERE date = '2024-02-01' SETTINGS mutations_sync = 2",
	"pypi_downloads_per_month":          "INSERT INTO %[1]s SELECT * FROM %[1]s SETTINGS insert_deduplicate = 0",
	"pypi_downloads_per_day_by_version": "TRUNCATE TABLE %s",
	"pypi_downloads_max_min":            "TRUNCATE TABLE %s",
}

// spoil makes aggregates of every shard wrong.
func (c *cluster) spoil(tables ...string) {
	c.t.Helper()
	for shard := range c.shards {
		host := shard * len(c.hosts) / c.shards
		c.everyTable(host, catchUp)
		for _, table := range tables {
			c.exec(host, fmt.Sprintf(spoils[table], c.rows()+"."+table))
		}
	}
}

// TestBackfill fills aggregates of all shards that are empty, doubled or short, ended at
// statements that chance chooses, while other files are loaded: in the end each is that
// of its shard's files on all replicas.
func TestBackfill(t *testing.T) {
	c := onCluster(t, append([]string{"pypi"}, aggregates...)...)
	dir, files := exports(t, chtest.New(t).Conn, 4+len(aggregates), 600)
	loaded := 4
	load := func() { c.loadFiles(files[:loaded]...) }
	load()
	c.spoil(aggregates...)
	chance, killed := rand.New(rand.NewPCG(7, 5)), 0
	for i, table := range aggregates {
		more := false
		beside := func(sql string) {
			if strings.HasPrefix(sql, "RENAME TABLE") && strings.Contains(sql, backfill.FillDone) && !more {
				more = true
				loaded = 4 + i + 1
				load()
			}
		}
		killed += c.ended(3, func() int { return 1 + chance.IntN(120) }, beside, func(in *ingest.Ingest) error {
			plans, err := in.Backfill(t.Context(), backfill.Request{Table: table})
			if err == nil && (len(plans) != c.shards || (plans[0].Shard != "") != (c.shards > 1)) {
				t.Errorf("plans %+v", plans)
			}
			return err
		})
		if !more {
			t.Errorf("%s was filled without a load beside", table)
		}
	}
	t.Logf("%d backfills ended", killed)
	c.agreeAll("after backfills", dir, files)
	for host := range c.hosts {
		if left := c.number(host, "SELECT toInt64(count()) FROM system.databases WHERE startsWith(name, '"+stage.FillPrefix+c.rows()+"')"); left > 0 {
			t.Errorf("host %d: %d databases of backfills are left", host+1, left)
		}
	}
	c.refuses(backfill.Request{Table: "pypi"}, "replicas keep it")
	c.refuses(backfill.Request{Table: "pypi_downloads_per_day_by_system"}, "clickql schema apply --cluster")
	c.refuses(backfill.Request{Table: "pypi_downloads", Key: []string{"project", "date"}}, "leave out --key")
	c.refuses(backfill.Request{Table: "pypi_downloads", Discard: true}, "there is none")
}

// refuses tries a backfill that cannot be.
func (c *cluster) refuses(req backfill.Request, why string) {
	c.t.Helper()
	if _, err := ingest.New(c.loadingAll()).Backfill(c.t.Context(), req); err == nil || !strings.Contains(err.Error(), why) {
		c.t.Errorf("%+v: %v, want %q", req, err, why)
	}
}
