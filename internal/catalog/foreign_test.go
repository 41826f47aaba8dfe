package catalog_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/cube"
)

// withoutParts is a connection of an account that may not see system.parts: the
// queries that read it are sent to a system table that the account of the tests
// has no right to, so that the server itself refuses them.
type withoutParts struct{ *chconn.Conn }

func (c withoutParts) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	return c.Conn.Query(ctx, strings.ReplaceAll(query, "system.parts", "system.users"), args...)
}

// TestPartsUnseen is an account that may not see the data's parts.
func TestPartsUnseen(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(1000, "2026-01-01")
	clock := newClock()
	c := w.openOver(withoutParts{w.connect(w.ReadOnlyDSN)}, catalog.Options{Now: clock.now, PollEvery: 10 * time.Millisecond})
	s := w.ready(c)
	w.covers(s, "per_day", hundred)
	if s.Version != "" || !s.UpdatedAt.IsZero() || w.table(s, "pypi").Rows != 1000 || w.table(s, "pypi").Parts != 0 {
		t.Errorf("version %q, updated %s, %+v", s.Version, s.UpdatedAt, w.table(s, "pypi"))
	}
	w.run(c)
	clock.advance(2 * time.Minute)
	w.until(c, "a later reading", func(next *catalog.Snapshot) bool { return next.ReadAt.After(s.ReadAt) })
	// More rows in the raw table are noticed before the time to live is over.
	w.load(1000, "2026-01-02")
	w.until(c, "the new day", func(next *catalog.Snapshot) bool { return next.Days == days(t, "2026-01-01 2026-04-11") })
}

// TestViewsUnseen has aggregates that no view fills: what their columns hold is
// compared as well.
func TestViewsUnseen(t *testing.T) {
	w := newWorld(t)
	w.load(3000, "2026-01-01")
	tables := map[string]string{
		"honest":   "SELECT project, date, country_code, count() FROM pypi GROUP BY ALL",
		"mistaken": "SELECT project, date, type, count() FROM pypi GROUP BY ALL",
		"behind":   "SELECT project, date, country_code, count() FROM pypi WHERE date >= '2026-02-01' GROUP BY ALL",
	}
	for name, query := range tables {
		w.exec("CREATE TABLE "+name+" (project String, date Date, country_code String, count Int64) ENGINE = SummingMergeTree(count) ORDER BY (project, country_code, date)",
			"INSERT INTO "+name+" "+query)
	}
	w.exec("CREATE TABLE _hidden AS honest", "INSERT INTO _hidden SELECT * FROM honest")
	s := w.snapshot()
	w.covers(s, "honest", hundred)
	w.covers(s, "mistaken", "")
	w.covers(s, "behind", "2026-02-01 2026-04-10")
	if s.Table("_hidden") != nil {
		t.Error("a table whose name begins with _ is used")
	}
}

// TestNoRawTable compares aggregates among themselves.
func TestNoRawTable(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	for _, name := range []string{"second", "third"} {
		w.aggregate(name, "project String, date Date, system String, count Int64", "SummingMergeTree(count)", "project, date, system",
			"SELECT project, date, system, count() AS count FROM pypi GROUP BY ALL")
	}
	w.aggregate("totals", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM pypi GROUP BY project")
	w.load(3000, "2026-01-01")
	w.exec("ALTER TABLE second DELETE WHERE date < '2026-01-11' SETTINGS mutations_sync = 2",
		"INSERT INTO third VALUES ('a', '2026-01-20', 'Linux', 5)")
	w.exec("TRUNCATE TABLE pypi")
	s := w.snapshot()
	w.covers(s, "per_day", hundred)
	w.covers(s, "totals", hundred)
	w.covers(s, "second", "2026-01-11 2026-04-10")
	w.covers(s, "third", "")
	w.covers(s, "pypi", "")
	w.exec("DROP TABLE pypi SETTINGS check_table_dependencies = 0, check_referential_table_dependencies = 0")
	s = w.snapshot()
	w.covers(s, "per_day", hundred)
	if s.Projects.Sum() != 3000 {
		t.Errorf("the index counts %d downloads", s.Projects.Sum())
	}
}

// TestRawDroppedEarly has raw rows that live shorter than the aggregates'.
func TestRawDroppedEarly(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.aggregate("by_system", "project String, date Date, system String, count Int64", "SummingMergeTree(count)", "project, date, system",
		"SELECT project, date, system, count() AS count FROM pypi GROUP BY ALL")
	w.load(3000, "2026-01-01")
	w.exec("ALTER TABLE pypi DROP PARTITION 202601")
	s := w.snapshot()
	w.covers(s, "per_day", hundred)
	w.covers(s, "by_system", hundred)
	w.covers(s, "pypi", "2026-02-01 2026-04-10")
	if s.Days != days(t, hundred) || s.Projects.Sum() != 3000 {
		t.Errorf("days %v, %d downloads", s.Days, s.Projects.Sum())
	}
}

// TestSampled compares a sample where the raw table is large.
func TestSampled(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.aggregate("global", "date Date, system String, count Int64", "SummingMergeTree(count)", "date, system",
		"SELECT date, system, count() AS count FROM pypi GROUP BY date, system")
	w.aggregate("global_short", "date Date, country_code String, count Int64", "SummingMergeTree(count)", "date, country_code",
		"SELECT date, country_code, count() AS count FROM pypi GROUP BY date, country_code")
	w.load(3000, "2026-01-01")
	w.aggregate("late", "project String, date Date, type String, count Int64", "SummingMergeTree(count)", "project, date, type",
		"SELECT project, date, type, count() AS count FROM pypi GROUP BY ALL")
	w.aggregate("late_total", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM pypi GROUP BY project")
	w.load(3000, "2026-03-01")
	w.exec("ALTER TABLE global_short DELETE WHERE date = '2026-02-01' AND country_code = 'DE' SETTINGS mutations_sync = 2")
	s := w.ready(w.open(catalog.Options{WholeRows: 10}))
	all := "2026-01-01 2026-06-08"
	w.covers(s, "pypi", all)
	w.covers(s, "per_day", all)
	w.covers(s, "global", all)
	if len(s.Daily) != 159 || s.Missing != nil {
		t.Errorf("%d days with totals, missing %v", len(s.Daily), s.Missing)
	}
	w.covers(s, "global_short", "2026-02-02 2026-06-08")
	w.covers(s, "late", "2026-04-11 2026-06-08")
	w.covers(s, "late_total", "")
}

// TestIncremental reads again what changed, and finds the same as reading all.
func TestIncremental(t *testing.T) {
	w := newWorld(t)
	w.exec("CREATE TABLE per_day (project String, date Date, count Int64) ENGINE = SummingMergeTree(count) PARTITION BY toYYYYMM(date) ORDER BY (project, date)",
		"CREATE MATERIALIZED VIEW per_day_mv TO per_day AS SELECT project, date, count() AS count FROM pypi GROUP BY project, date")
	w.load(3000, "2026-01-01")
	c := w.open(catalog.Options{Settle: 1})
	check := func(want string) {
		t.Helper()
		w.covers(w.refreshed(c), "per_day", want)
		w.covers(w.snapshot(), "per_day", want)
	}
	check(hundred)
	w.load(3000, "2026-03-01")
	check("2026-01-01 2026-06-08")
	w.exec("ALTER TABLE per_day DELETE WHERE date = '2026-02-14' SETTINGS mutations_sync = 2")
	check("2026-02-15 2026-06-08")
	w.exec("INSERT INTO per_day SELECT project, date, count() FROM pypi WHERE date = '2026-02-14' GROUP BY project, date")
	check("2026-01-01 2026-06-08")
	w.exec("ALTER TABLE pypi DROP PARTITION 202605")
	check("")
	w.exec("ALTER TABLE per_day DROP PARTITION 202605")
	check("2026-01-01 2026-06-08")
}

// TestBrokenTable leaves out a table that cannot be read, and says why.
func TestBrokenTable(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(1000, "2026-01-01")
	w.exec("ATTACH TABLE spread UUID '6a1b3c1e-0000-4000-8000-0123456789ab' (project String, date Date, count Int64) ENGINE = Distributed('gone', '"+w.Name+"', 'per_day')",
		"ATTACH TABLE unseen UUID '6a1b3c1e-0000-4000-8000-0123456789ac' (project String, date Date, count Int64) ENGINE = Distributed('gone', 'elsewhere', 'per_day')")
	s := w.snapshot()
	w.covers(s, "spread", "")
	tab := w.table(s, "spread")
	if dims(tab.Dims) != "project" || tab.Grain != cube.GrainDay || !strings.Contains(tab.Incomplete, "cannot be read") {
		t.Errorf("spread is %+v", tab)
	}
	if why := w.ignored(s, "unseen"); !strings.Contains(why, "elsewhere.per_day") || !strings.Contains(why, "gone") {
		t.Errorf("unseen is ignored because %q", why)
	}
	if why := w.ignored(s, "per_day"); !strings.Contains(why, "part of spread") {
		t.Errorf("per_day is ignored because %q", why)
	}
}
