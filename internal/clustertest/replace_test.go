//go:build cluster || shards

package clustertest

import (
	"strings"
	"testing"

	"clickql/ingest"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
)

// TestHostReplaced: a host that comes back with nothing gets its tables, those of the
// ledger and an aggregate of somebody's own as replicas of the others', by the command
// that creates the schema, whichever host that comes to; and loads go on from either. A
// host that has made itself tables of its own is named, and nothing is created.
func TestHostReplaced(t *testing.T) {
	c := onCluster(t)
	dir, files := exports(t, chtest.New(t).Conn, 8, 300)
	on := " ON CLUSTER " + chconn.Ident(c.name)
	own := c.rows() + ".own"
	c.exec(0, "CREATE TABLE "+own+on+" (project String, count Int64) ENGINE = ReplicatedSummingMergeTree ORDER BY project",
		"CREATE MATERIALIZED VIEW "+own+"_mv"+on+" TO "+own+" AS SELECT project, toInt64(count()) AS count FROM "+c.rows()+".pypi GROUP BY project")
	if sum := c.loadFiles(files[:4]...); sum.Files != 4 {
		t.Fatalf("%d files are loaded", sum.Files)
	}

	last := len(c.hosts) - 1
	lose := func() {
		t.Helper()
		for _, database := range []string{c.database, ddl.ShardDatabase(c.database)} {
			c.exec(last, "DROP DATABASE IF EXISTS "+database+" SYNC")
		}
	}
	o := ddl.Options{Database: c.database, Cluster: c.name}
	for _, host := range []int{0, last} {
		lose()
		created, err := ddl.Apply(t.Context(), c.conns[host], o)
		if err != nil || len(created) == 0 {
			t.Fatalf("by host %d: %v, %v", host+1, created, err)
		}
		if again, err := ddl.Apply(t.Context(), c.conns[0], o); err != nil || len(again) > 0 {
			t.Errorf("a second run creates %v, %v", again, err)
		}
		if unfilled, err := ddl.Unfilled(t.Context(), c.conns[0], ddl.Options{Database: c.rows(), Cluster: c.name}, created); err != nil || len(unfilled) > 0 {
			t.Errorf("aggregates are said to lack history: %v, %v", unfilled, err)
		}
	}
	lost := c.loadingAll()
	lost.Conn = c.open(strings.Join(append(c.hosts[last:], c.hosts[:last]...), ","), patience) // that host first
	if sum, err := ingest.New(lost).Run(t.Context(), ledger.Downloads, files...); err != nil || sum.Files != 4 {
		t.Errorf("loading goes on with %d files, %v", sum.Files, err)
	}
	for _, host := range []int{last - 1, last} { // of one shard
		c.caughtUp(host)
		if rows, counted := c.number(host, "SELECT toInt64(count()) FROM "+c.rows()+".pypi"), c.number(host, "SELECT sum(count) FROM "+own); rows == 0 || rows != counted {
			t.Errorf("host %d: somebody's own aggregate counts %d of %d", host+1, counted, rows)
		}
	}
	c.exec(0, "DROP TABLE "+own+"_mv"+on+" SYNC", "DROP TABLE "+own+on+" SYNC")
	c.agreeAll("after a host was replaced", dir, files)

	lose()
	c.exec(last, "CREATE DATABASE "+c.rows(), "CREATE TABLE IF NOT EXISTS "+c.rows()+".pypi"+on+" (date Date, project String) ENGINE = ReplicatedMergeTree ORDER BY project")
	if created, err := ddl.Apply(t.Context(), c.conns[0], o); err == nil || !strings.Contains(err.Error(), "DROP DATABASE "+c.rows()+" SYNC") || len(created) > 0 {
		t.Errorf("beside a table of its own: %v, %v", created, err)
	}
}
