//go:build shards

package clustertest

import (
	"context"
	"fmt"
	"testing"

	"clickql/ingest"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

// TestShards creates the tables on all shards, loads other files into each, and asks
// for all of them: also with one replica of a shard alone. Without any of one shard there
// is an error and no smaller number.
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
		c.caughtUp(host)
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
	total := func(project string) int64 {
		return c.number(0, "SELECT toInt64(count()) FROM DB.pypi WHERE project = "+chconn.Literal(project))
	}
	all, fewer := total("project-1"), total("project-2")
	// A server that asks two replicas of a shard at once resets the connection to the one
	// that is slower, and the library's server ends itself then.
	at := c.serve(c.dsn.Host, "connection_open_strategy=round_robin&use_hedged_requests=0")
	for range 10 {
		a, err := askAll(t.Context(), at, "project-1")
		if err != nil || len(a.Errors) > 0 || a.Data.Project.Downloads.Total != all {
			t.Fatalf("%+v, %v; want %d", a, err, all)
		}
	}
	shard, away := ddl.ShardDatabase(c.database), c.database+"_away"
	rename := func(host int, from, to string) {
		c.exec(host, "RENAME DATABASE "+chconn.Ident(from)+" TO "+chconn.Ident(to))
	}
	for host := last; host >= 0 && c.shardOf(host) == c.shardOf(last); host-- {
		rename(host, shard, away)
		defer rename(host, away, shard)
		if host == 0 || c.shardOf(host-1) < c.shardOf(last) {
			continue
		}
		if a, err := askAll(t.Context(), at, "project-2"); err != nil || len(a.Errors) > 0 || a.Data.Project.Downloads.Total != fewer {
			t.Errorf("with a replica missing: %+v, %v; want %d", a, err, fewer)
		}
	}
	if a, err := askAll(t.Context(), at, "project-3"); err != nil || len(a.Errors) == 0 {
		t.Errorf("with a shard missing: %+v, %v", a, err)
	}
}

// askAll asks for all downloads of a project.
func askAll(ctx context.Context, at, project string) (a answer, err error) {
	return post(ctx, at, fmt.Sprintf(`{ project(name: %q) { downloads { total } } }`, project))
}
