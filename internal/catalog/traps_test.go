package catalog_test

import (
	"strings"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

const hundred = "2026-01-01 2026-04-10"

// TestOwnShape reads a database as it should be.
func TestOwnShape(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.aggregate("totals", "project LowCardinality(String), count UInt64", "SummingMergeTree", "project",
		"SELECT project, count() AS count FROM pypi GROUP BY project")
	w.aggregate("per_month", "month Date, project String, count Int64", "SummingMergeTree(count)", "month, project",
		"SELECT toStartOfMonth(date) AS month, project, count() AS count FROM pypi GROUP BY month, project")
	w.aggregate("spans", "project String, max_date SimpleAggregateFunction(max, Date), min_date SimpleAggregateFunction(min, Date)",
		"AggregatingMergeTree", "project", "SELECT project, max(date) AS max_date, min(date) AS min_date FROM pypi GROUP BY project")
	w.load(3000, "2026-01-01")
	s := w.snapshot()
	for _, name := range []string{"pypi", "per_day", "per_month", "totals"} {
		w.covers(s, name, hundred)
		if tab := w.table(s, name); tab.Rows == 0 || tab.Bytes == 0 || tab.Parts == 0 {
			t.Errorf("%s has no statistics: %+v", name, tab)
		}
	}
	if width := w.table(s, "per_day").Width; width["project"] < 2 || width["date"] != 2 || width["count"] != 8 {
		t.Errorf("per_day's widths are %v", width) // a letter and its length, a Date, an Int64
	}
	raw := w.table(s, "pypi")
	if got := dims(raw.Dims); got != "ci country_code installer libc project python_minor system type version" {
		t.Errorf("the raw table keeps apart %s", got)
	}
	if tab := w.table(s, "per_month"); tab.Grain != cube.GrainMonth || tab.TimeColumn != "month" || dims(tab.Dims) != "project" {
		t.Errorf("per_month is %+v", tab)
	}
	if s.Days != days(t, hundred) || s.Version == "" || s.UpdatedAt.IsZero() {
		t.Errorf("days %v, version %q, updated %s", s.Days, s.Version, s.UpdatedAt)
	}
	if e := s.Extents; e == nil || e.Name != "spans" || e.Min != "min_date" || e.Max != "max_date" {
		t.Errorf("extents %+v, ignored %v", e, s.Ignored)
	}
	if s.Projects.Len() != 5 || s.Projects.Sum() != 3000 {
		t.Errorf("index of %d projects with %d downloads", s.Projects.Len(), s.Projects.Sum())
	}
	if s.Metadata || s.MetadataColumns != nil {
		t.Errorf("there is no metadata, yet %v", s.MetadataColumns)
	}
}

// TestKeyLacksColumn is ClickPy's table whose sorting key leaves out type.
func TestKeyLacksColumn(t *testing.T) {
	w := newWorld(t)
	w.aggregate("by_type", "project String, date Date, installer String, type String, count Int64", "SummingMergeTree", "project, date, installer",
		"SELECT project, date, installer, type, count() AS count FROM pypi GROUP BY ALL")
	w.exec("CREATE TABLE by_version (project String, date Date, version String, count Int64) ENGINE = SummingMergeTree(count) PRIMARY KEY project ORDER BY (project, date, version)",
		"CREATE MATERIALIZED VIEW by_version_mv TO by_version AS SELECT project, date, version, count(*) AS count FROM pypi GROUP BY project, date, version")
	w.load(3000, "2026-01-01")
	s := w.snapshot()
	tab := w.table(s, "by_type")
	if dims(tab.Dims) != "installer project" || dims(tab.Untrusted) != "type" {
		t.Errorf("keeps %q, distrusts %q", dims(tab.Dims), dims(tab.Untrusted))
	}
	w.covers(s, "by_type", hundred)
	// The sorting key decides, however short the primary key.
	tab = w.table(s, "by_version")
	if dims(tab.Dims) != "project version" || tab.Primary != 1 || len(tab.Key) != 3 {
		t.Errorf("keeps %q, key %v, primary %d", dims(tab.Dims), tab.Key, tab.Primary)
	}
}

// TestCountNotSummed has tables whose count the engine does not add up.
func TestCountNotSummed(t *testing.T) {
	w := newWorld(t)
	query := "SELECT project, date, count() AS count FROM pypi GROUP BY project, date"
	w.aggregate("other_summed", "project String, date Date, count Int64, other Int64", "SummingMergeTree(other)", "project, date",
		"SELECT project, date, count() AS count, toInt64(1) AS other FROM pypi GROUP BY project, date")
	w.aggregate("in_key", "project String, date Date, count Int64", "SummingMergeTree", "project, date, count", query)
	w.aggregate("narrow", "project String, date Date, count UInt32", "SummingMergeTree", "project, date", query)
	w.aggregate("plain_in_aggregating", "project String, date Date, count Int64", "AggregatingMergeTree", "project, date", query)
	w.aggregate("replacing", "project String, date Date, count Int64", "ReplacingMergeTree", "project, date", query)
	w.aggregate("states", "project String, date Date, count AggregateFunction(count)", "AggregatingMergeTree", "project, date",
		"SELECT project, date, countState() AS count FROM pypi GROUP BY project, date")
	w.aggregate("simple", "project String, date Date, count SimpleAggregateFunction(sum, UInt64)", "AggregatingMergeTree", "project, date", query)
	w.aggregate("named_otherwise", "project String, date Date, n Int64", "SummingMergeTree((n))", "project, date",
		"SELECT project, date, count() AS n FROM pypi GROUP BY project, date")
	w.aggregate("unmerged", "project String, date Date, version String, count Int64", "MergeTree", "project",
		"SELECT project, date, version, count() AS count FROM pypi GROUP BY project, date, version")
	w.load(3000, "2026-01-01")
	s := w.snapshot()
	for name, want := range map[string]string{
		"other_summed": "sums other and not count", "in_key": "part of the sorting key", "narrow": "UInt32",
		"plain_in_aggregating": "SimpleAggregateFunction", "replacing": "ReplacingMergeTree", "states": "no column of it is filled with count()",
	} {
		if why := w.ignored(s, name); !strings.Contains(why, want) {
			t.Errorf("%s is ignored because %q, want %q", name, why, want)
		}
	}
	for _, name := range []string{"simple", "named_otherwise", "unmerged"} {
		w.covers(s, name, hundred)
	}
	if got := w.table(s, "named_otherwise").Count; got != "n" {
		t.Errorf("the count is in %q", got)
	}
	if got := w.table(s, "unmerged"); dims(got.Dims) != "project version" || got.Grain != cube.GrainDay {
		t.Errorf("a table that is never merged keeps %q, grain %v", dims(got.Dims), got.Grain)
	}
}

// TestViewsThatLeaveOut has views that do not count every download.
func TestViewsThatLeaveOut(t *testing.T) {
	w := newWorld(t)
	w.exec("CREATE TABLE names (project String) ENGINE = MergeTree ORDER BY project", "INSERT INTO names VALUES ('a'), ('b'), ('c'), ('d'), ('e')")
	columns, key := "project String, date Date, count Int64", "project, date"
	queries := map[string]string{
		"where":    "SELECT project, date, count() AS count FROM pypi WHERE project != 'zzz' GROUP BY project, date",
		"distinct": "SELECT DISTINCT project, date, count() AS count FROM pypi GROUP BY project, date",
		"rollup":   "SELECT project, date, count() AS count FROM pypi GROUP BY project, date WITH ROLLUP",
		"union":    "SELECT project, date, count() AS count FROM pypi WHERE ci = 'true' GROUP BY ALL UNION ALL SELECT project, date, count() AS count FROM pypi WHERE ci != 'true' GROUP BY ALL",
		"having":   "SELECT project, date, count() AS count FROM pypi GROUP BY project, date HAVING count > 0",
		"joined":   "SELECT pypi.project AS project, date, count() AS count FROM pypi INNER JOIN names ON pypi.project = names.project GROUP BY project, date",
		"limited":  "SELECT project, date, count() AS count FROM pypi GROUP BY project, date LIMIT 1000000",
		"nested":   "SELECT project, date, count() AS count FROM (SELECT DISTINCT * FROM pypi) GROUP BY project, date",
		"with_cte": "WITH 1 AS one SELECT project, date, count() AS count FROM pypi GROUP BY project, date",
	}
	for name, query := range queries {
		w.aggregate("v_"+name, columns, "SummingMergeTree(count)", key, query)
	}
	w.aggregate("v_countif", columns, "SummingMergeTree(count)", key, "SELECT project, date, countIf(version != 'zzz') AS count FROM pypi GROUP BY project, date")
	w.aggregate("v_uniq", columns, "SummingMergeTree(count)", key, "SELECT project, date, uniq(version) AS count FROM pypi GROUP BY project, date")
	w.aggregate("v_lower", columns, "SummingMergeTree(count)", key, "SELECT lower(project) AS project, date, count() AS count FROM pypi GROUP BY project, date")
	w.aggregate("v_swapped", "project String, version String, date Date, count Int64", "SummingMergeTree(count)", "project, version, date",
		"SELECT pypi.version AS project, pypi.project AS version, date, count() AS count FROM pypi GROUP BY ALL")
	w.load(3000, "2026-01-01")
	s := w.snapshot()
	for name := range queries {
		w.covers(s, "v_"+name, "")
	}
	w.ignored(s, "v_countif")
	w.ignored(s, "v_uniq")
	if tab := w.table(s, "v_lower"); len(tab.Dims) != 0 || tab.Unusable[cube.Project] == "" {
		t.Errorf("lower(project) is taken for the project: %+v", tab)
	}
	if tab := w.table(s, "v_swapped"); len(tab.Dims) != 0 {
		t.Errorf("swapped columns are taken for what they are called: %v", tab.Dims)
	}
}

// TestPartialMonths is ClickPy's table of months: only some, by the view's WHERE.
func TestPartialMonths(t *testing.T) {
	w := newWorld(t)
	w.aggregate("per_month", "month Date, project String, count Int64", "SummingMergeTree(count)", "month, project",
		"SELECT toStartOfMonth(date) AS month, project, count() AS count FROM pypi WHERE date > toDate('2026-02-01') GROUP BY month, project")
	w.load(3000, "2026-01-01")
	s := w.snapshot()
	// The view's > leaves out the first of February, so that month is not whole.
	w.covers(s, "per_month", "2026-03-01 2026-04-10")
	if why := w.table(s, "per_month").Incomplete; !strings.Contains(why, "WHERE") {
		t.Errorf("the reason does not show the view's WHERE: %q", why)
	}
}

// TestCreatedLate has aggregates that began to count when there was data.
func TestCreatedLate(t *testing.T) {
	w := newWorld(t)
	w.load(3000, "2026-01-01")
	w.perDay()
	w.aggregate("totals", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM pypi GROUP BY project")
	w.aggregate("per_month", "month Date, count Int64", "SummingMergeTree(count)", "month",
		"SELECT toStartOfMonth(date) AS month, count() AS count FROM pypi GROUP BY month")
	w.load(3000, "2026-04-01") // overlaps ten days of what is there
	s := w.snapshot()
	w.covers(s, "per_day", "2026-04-11 2026-07-09")
	w.covers(s, "per_month", "2026-05-01 2026-07-09")
	w.covers(s, "totals", "")
	if s.Projects.Sum() != 6000 {
		t.Errorf("the index counts %d downloads", s.Projects.Sum())
	}
}

// TestDoubled has an aggregate that holds more than the raw table.
func TestDoubled(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(3000, "2026-01-01")
	w.exec("INSERT INTO per_day SELECT project, date, count() FROM pypi WHERE date = '2026-01-05' GROUP BY project, date")
	s := w.snapshot()
	w.covers(s, "per_day", "")
	if why := w.table(s, "per_day").Incomplete; !strings.Contains(why, "2026-01-05") {
		t.Errorf("the reason does not name the day: %q", why)
	}
}

// TestLags has an aggregate without the newest days: it covers those before.
func TestLags(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(3000, "2026-01-01")
	w.exec("DROP VIEW per_day_mv")
	w.load(1, "2026-04-11")
	w.covers(w.snapshot(), "per_day", hundred)
}

// TestForeignColumns has a raw table without some columns, and an aggregate with
// one more.
func TestForeignColumns(t *testing.T) {
	w := &world{chtestNew(t), t}
	w.exec("CREATE TABLE downloads (date Date32, project LowCardinality(String), version LowCardinality(String), country_code String, city String, system Nullable(String), libc String) ENGINE = MergeTree ORDER BY (project, date)",
		"CREATE TABLE per_city (project String, date Date, city String, country_code LowCardinality(String), count UInt64) ENGINE = SummingMergeTree ORDER BY (project, city, date, country_code)",
		"CREATE MATERIALIZED VIEW per_city_mv TO per_city AS SELECT project, date, city, country_code, count() AS count FROM downloads GROUP BY ALL",
		"INSERT INTO downloads (date, project, version, country_code, city) SELECT toDate('2026-01-01') + number % 100, toString(number % 7), '1', 'DE', toString(number % 13) FROM numbers(2000)")
	s := w.ready(w.open(catalog.Options{RawTable: "downloads"}))
	w.covers(s, "per_city", hundred)
	if got := dims(w.table(s, "per_city").Dims); got != "country_code project" {
		t.Errorf("per_city keeps %q", got)
	}
	raw := w.table(s, "downloads")
	if dims(raw.Dims) != "country_code project version" || raw.Unusable[cube.System] == "" || raw.Unusable[cube.Libc] == "" {
		t.Errorf("the raw table keeps %q, cannot use %v", dims(raw.Dims), raw.Unusable)
	}
}

// TestChainedAndInner has a view over an aggregate, and one with a table of its own.
func TestChainedAndInner(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.aggregate("chained", "month Date, project String, downloads Int64", "SummingMergeTree", "month, project",
		"SELECT toStartOfMonth(date) AS month, project, sum(count) AS downloads FROM per_day GROUP BY month, project")
	w.aggregate("miscounted", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM per_day GROUP BY project")
	w.exec("CREATE MATERIALIZED VIEW inner_one ENGINE = SummingMergeTree ORDER BY (date, system) AS SELECT date, system, count() AS count FROM pypi GROUP BY date, system")
	w.load(3000, "2026-01-01")
	s := w.snapshot()
	w.covers(s, "chained", hundred)
	w.covers(s, "inner_one", hundred)
	w.ignored(s, "miscounted")
	if tab := w.table(s, "inner_one"); dims(tab.Dims) != "system" || tab.Rows == 0 {
		t.Errorf("inner_one is %+v", tab)
	}
}

// What is counted elsewhere than in the raw table is no aggregate of it, and not
// worth a word.
func TestCountsOfOtherTables(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.exec("CREATE TABLE landing (project String) ENGINE = Null",
		"CREATE TABLE rejected (reason String, rows UInt64) ENGINE = SummingMergeTree ORDER BY reason",
		"CREATE MATERIALIZED VIEW rejected_mv TO rejected AS SELECT project AS reason, count() AS rows FROM landing GROUP BY reason")
	w.load(100, "2024-01-01")
	if s := w.snapshot(); len(s.Ignored) != 0 {
		t.Errorf("ignored: %v", s.Ignored)
	}
}
