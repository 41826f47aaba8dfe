package catalog_test

import (
	"strings"
	"testing"

	"clickql/internal/chtest"
)

// TestDistributed has the tables behind Distributed ones: rows of every project
// in two shards, each a database of its own that the Distributed tables do not
// name.
func TestDistributed(t *testing.T) {
	w := &world{chtestNew(t), t}
	for _, shard := range chtest.NewShards(t) {
		local := &world{shard, t}
		local.exec("CREATE TABLE pypi_local ("+rawColumns+") ENGINE = MergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date)",
			"CREATE TABLE per_day_local (project String, date Date, type String, count Int64) ENGINE = SummingMergeTree ORDER BY (project, date)",
			"CREATE MATERIALIZED VIEW per_day_mv TO per_day_local AS SELECT project, date, type, count() AS count FROM pypi_local GROUP BY ALL",
			"CREATE TABLE totals_local (project String, count Int64) ENGINE = SummingMergeTree ORDER BY project",
			"CREATE MATERIALIZED VIEW totals_mv TO totals_local AS SELECT project, count() AS count FROM pypi_local GROUP BY project",
			"CREATE TABLE spans_local (project String, min_date SimpleAggregateFunction(min, Date), max_date SimpleAggregateFunction(max, Date)) ENGINE = AggregatingMergeTree ORDER BY project",
			"CREATE MATERIALIZED VIEW spans_mv TO spans_local AS SELECT project, min(date) AS min_date, max(date) AS max_date FROM pypi_local GROUP BY project")
	}
	for _, name := range []string{"pypi", "per_day", "totals", "spans"} {
		w.exec("CREATE TABLE " + name + " AS shard_1." + name + "_local ENGINE = Distributed('" + chtest.Cluster + "', '', '" + name + "_local', rand())")
	}
	w.exec("INSERT INTO pypi " + downloadsColumns + " SETTINGS distributed_foreground_insert = 1 " + downloads(3000, "2026-01-01"))
	s := w.snapshot()
	for _, name := range []string{"pypi", "per_day", "totals"} {
		w.covers(s, name, hundred)
	}
	tab := w.table(s, "per_day")
	if dims(tab.Dims) != "project" || dims(tab.Untrusted) != "type" || tab.Database != w.Name || strings.Join(tab.Key, " ") != "project date" {
		t.Errorf("per_day is %+v", tab)
	}
	if s.Version != "" || s.Projects.Sum() != 3000 || s.Extents == nil || s.Extents.Name != "spans" {
		t.Errorf("version %q, %d downloads, extents %+v", s.Version, s.Projects.Sum(), s.Extents)
	}
}

// TestDistributedBeside has Distributed tables in the same database as what they
// read of this server: that alone is a part of the rows.
func TestDistributedBeside(t *testing.T) {
	shards := chtest.NewShards(t)
	for _, shard := range shards {
		local := &world{shard, t}
		local.exec("CREATE TABLE pypi_local ("+rawColumns+") ENGINE = MergeTree ORDER BY (project, date)",
			"CREATE TABLE per_day_local (project String, date Date, count Int64) ENGINE = SummingMergeTree ORDER BY (project, date)",
			"CREATE MATERIALIZED VIEW per_day_mv TO per_day_local AS SELECT project, date, count() AS count FROM pypi_local GROUP BY ALL")
	}
	w := &world{shards[0], t}
	for _, name := range []string{"pypi", "per_day"} {
		w.exec("CREATE TABLE " + name + " AS " + name + "_local ENGINE = Distributed('" + chtest.Cluster + "', '', '" + name + "_local', rand())")
	}
	w.exec("INSERT INTO pypi " + downloadsColumns + " SETTINGS distributed_foreground_insert = 1 " + downloads(3000, "2026-01-01"))
	s := w.snapshot()
	w.covers(s, "pypi", hundred)
	w.covers(s, "per_day", hundred)
	if why := w.ignored(s, "per_day_local"); !strings.Contains(why, "part of per_day") {
		t.Errorf("per_day_local is ignored because %q", why)
	}
	if s.Table("pypi_local") != nil {
		t.Error("one shard's downloads are used as if they were all")
	}
}
