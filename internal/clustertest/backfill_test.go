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
	"clickql/internal/ddl"
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
		c.caughtUp(host)
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
	c.nothingLeft(stage.FillPrefix)
	c.refuses(backfill.Request{Table: "pypi_downloads_per_day_by_system"}, "clickql schema apply --cluster")
	c.refuses(backfill.Request{Table: "pypi_downloads", Key: []string{"project", "date"}}, "leave out --key")
	c.refuses(backfill.Request{Table: "pypi_downloads", Discard: true}, "there is none")
}

// TestBackfillColumns fills the columns of the raw table that files' names tell, in rows
// that were loaded without them, ended at statements that chance chooses, while other
// files are loaded: in the end it and the aggregates by them are those of its shard's files
// on all replicas.
func TestBackfillColumns(t *testing.T) {
	by := []string{"pypi_downloads_per_day_by_platform_by_arch_by_abi", "pypi_ranking_per_day_by_platform"}
	c := onCluster(t, append([]string{"pypi", "pypi_downloads_per_day"}, by...)...)
	dir, files := exports(t, chtest.New(t).Conn, 6, 600)
	loaded := 4
	load := func() { c.loadFiles(files[:loaded]...) }
	load()
	empty := int64(0)
	for shard := range c.shards {
		host := shard * len(c.hosts) / c.shards
		c.caughtUp(host)
		c.exec(host, "ALTER TABLE "+c.rows()+".pypi UPDATE platform = '', arch = '', abi = '' WHERE 1 SETTINGS mutations_sync = 2")
		for _, name := range by {
			of, _ := ddl.Lookup(name)
			c.exec(host, "TRUNCATE TABLE "+c.rows()+"."+name)
			c.exec(host, "INSERT INTO "+c.rows()+"."+name+" ("+strings.Join(append(of.Key(), "count"), ", ")+") SELECT "+strings.Join(append(of.Key(), "count"), ", ")+" FROM ("+of.Select(c.rows()+".pypi")+")")
		}
		empty += c.number(host, "SELECT toInt64(countIf(platform = '' AND filename LIKE '%.whl')) FROM "+c.rows()+".pypi")
	}
	if empty == 0 {
		t.Fatal("no row is to be filled")
	}
	chance := rand.New(rand.NewPCG(4, 9))
	beside := func(sql string) {
		if strings.HasPrefix(sql, "RENAME TABLE") && strings.Contains(sql, backfill.FillDone) && loaded < len(files) {
			loaded = len(files)
			load()
		}
	}
	killed := c.ended(6, func() int { return 1 + chance.IntN(140*c.shards) }, beside, func(in *ingest.Ingest) error {
		_, err := in.Backfill(t.Context(), backfill.Request{Table: "pypi"})
		return err
	})
	t.Logf("%d rows were to be filled, %d backfills ended", empty, killed)
	load()
	c.agreeAll("after a backfill of columns", dir, files)
	c.nothingLeft(stage.FillPrefix)
}

// nothingLeft looks on every host for private databases, whose names begin so.
func (c *cluster) nothingLeft(prefix string) {
	c.t.Helper()
	for host := range c.hosts {
		if left := c.number(host, "SELECT toInt64(count()) FROM system.databases WHERE startsWith(name, '"+prefix+c.rows()+"')"); left > 0 {
			c.t.Errorf("host %d: %d databases %s... are left", host+1, left, prefix)
		}
	}
}

// refuses tries a backfill that cannot be.
func (c *cluster) refuses(req backfill.Request, why string) {
	c.t.Helper()
	if _, err := ingest.New(c.loadingAll()).Backfill(c.t.Context(), req); err == nil || !strings.Contains(err.Error(), why) {
		c.t.Errorf("%+v: %v, want %q", req, err, why)
	}
}
