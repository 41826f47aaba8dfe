package engine

import "testing"

// TestClusters reads a table whose rows lie in two shards, as administrator and
// as reader, over connections of the engine's own and without.
func TestClusters(t *testing.T) {
	i := opened(t, Config{Dir: t.TempDir(), Clusters: map[string][]string{"pair": {"one", "two"}}}).Info()
	for database, rows := range map[string]string{"one": "10", "two": "5"} {
		admin(t, i, "CREATE DATABASE "+database)
		admin(t, i, "CREATE TABLE "+database+".t (x Int64) ENGINE = MergeTree ORDER BY x")
		admin(t, i, "INSERT INTO "+database+".t SELECT number FROM numbers("+rows+")")
	}
	admin(t, i, "CREATE TABLE pypi.t (x Int64) ENGINE = Distributed('pair', '', 't', x)")
	for _, setting := range []string{"prefer_localhost_replica=1", "prefer_localhost_replica=0"} {
		if got := reader(t, i, "SELECT sum(x) FROM pypi.t", setting); got.text != "55" {
			t.Errorf("with %s: %+v, want 55", setting, got)
		}
		if got := reader(t, i, "INSERT INTO pypi.t VALUES (1)", setting); got.code != "164" && got.code != "497" {
			t.Errorf("a reader writes with %s: %+v", setting, got)
		}
	}
	if got := reader(t, i, "SELECT groupArray(default_database) FROM (SELECT * FROM system.clusters WHERE cluster = 'pair' ORDER BY shard_num)"); got.text != "['one','two']" {
		t.Errorf("the shards' databases are %+v", got)
	}
	admin(t, i, "INSERT INTO pypi.t SETTINGS distributed_foreground_insert = 1 SELECT number FROM numbers(100, 10)")
	if got := admin(t, i, "SELECT (SELECT count() FROM one.t), (SELECT count() FROM two.t)"); got != "15\t10" {
		t.Errorf("rows of the shards: %s", got)
	}
}

// TestClustersRefused has what no configuration can hold.
func TestClustersRefused(t *testing.T) {
	for _, clusters := range []map[string][]string{{"": {"a"}}, {"a b": {"a"}}, {"none": nil}} {
		failsWith(t, Config{Dir: t.TempDir(), Clusters: clusters}, "cluster")
	}
}

// TestGuestsRefused has what no configuration can hold.
func TestGuestsRefused(t *testing.T) {
	failsWith(t, Config{Dir: t.TempDir(), Guests: []Guest{{Name: "<x>"}}}, "guest")
}
