//go:build shards

package clustertest

import (
	"testing"

	"clickql/ingest"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

// TestShards creates the tables on all shards, loads other files into each, and asks
// for all of them; without one shard there is an error and no smaller number.
func TestShards(t *testing.T) {
	c := onCluster(t)
	db := chtest.NewWithSchema(t)
	dir, files := exports(t, db.Conn, 4, 3000)
	want := expected(t, db, dir+"/*.parquet")
	if again, err := ddl.Apply(t.Context(), c.conns[0], ddl.Options{Database: c.database, Cluster: c.name}); err != nil || len(again) > 0 {
		t.Errorf("a second run creates %v, %v", again, err)
	}
	last := len(c.hosts) - 1
	for host, some := range map[int][]string{0: files[:2], last: files[2:]} {
		cfg := c.loading(host)
		cfg.Database = ddl.ShardDatabase(c.database)
		if sum, err := ingest.New(cfg).Run(t.Context(), ledger.Downloads, some...); err != nil || sum.Files != 2 {
			t.Fatalf("host %d: %d files, %v", host+1, sum.Files, err)
		}
	}
	for host := range c.hosts {
		c.everyTable(host, catchUp)
	}
	for host, conn := range c.conns {
		for table, text := range digests(t, conn, c.database) {
			if want[table] != text {
				t.Errorf("host %d: table %s: %s, want %s", host+1, table, text, want[table])
			}
		}
		r, err := check.Run(t.Context(), conn, ddl.Options{Database: c.database})
		if err != nil || r.Differences() > 0 {
			t.Errorf("host %d: %v\n%s", host+1, err, r)
		}
	}
	total := c.number(0, "SELECT toInt64(count()) FROM DB.pypi WHERE project = 'project-1'")
	at := c.serve(c.dsn.Host, "connection_open_strategy=round_robin")
	for range 10 {
		a, err := askAll(t.Context(), at, "project-1")
		if err != nil || len(a.Errors) > 0 || a.Data.Project.Downloads.Total != total {
			t.Fatalf("%+v, %v; want %d", a, err, total)
		}
	}
	c.exec(last, "RENAME DATABASE "+chconn.Ident(ddl.ShardDatabase(c.database))+" TO "+chconn.Ident(c.database+"_away"))
	if a, err := askAll(t.Context(), at, "project-2"); err != nil || len(a.Errors) == 0 {
		t.Errorf("with a shard missing: %+v, %v", a, err)
	}
	c.exec(last, "RENAME DATABASE "+chconn.Ident(c.database+"_away")+" TO "+chconn.Ident(ddl.ShardDatabase(c.database)))
}
