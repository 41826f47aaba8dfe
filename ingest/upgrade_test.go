package ingest

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/upgrade"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

// formerly is a database as the version of November 2026 created it: without the
// columns that came since, and with the mapping of then.
func formerly(t testing.TB) *chtest.DB {
	t.Helper()
	text, err := os.ReadFile("../internal/ddl/testdata/former.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := chtest.New(t)
	qualifier := regexp.MustCompile(`\bpypi\.`)
	for _, sql := range strings.Split(strings.TrimSuffix(strings.TrimSpace(string(text)), ";"), ";\n\n")[1:] {
		must(t, db.Conn, qualifier.ReplaceAllString(sql, db.Name+"."))
	}
	return db
}

// upgraded runs an upgrade or fails the test.
func upgraded(t testing.TB, db *chtest.DB) upgrade.Report {
	t.Helper()
	r, err := New(config.Config{Conn: db.Conn}).Upgrade(t.Context(), upgrade.Request{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// present fails where schema check finds that something of the schema is missing
// or that the mapping is an old one.
func present(t testing.TB, db *chtest.DB) {
	t.Helper()
	r, err := check.Run(t.Context(), db.Conn, ddl.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if !f.Note && f.Problem != check.WrongTotal || strings.Contains(f.Remedy, "schema upgrade") {
			t.Errorf("%s: %s: %s", f.Object, f.Detail, f.Remedy)
		}
	}
	if again := upgraded(t, db); len(again.Statements) > 0 {
		t.Errorf("a second upgrade ran %q", again.Statements)
	}
}

// put inserts rows of the export into the landing table by hand.
func put(t testing.TB, conn *chconn.Conn, n int) {
	t.Helper()
	must(t, conn, fmt.Sprintf("INSERT INTO pypi_landing (timestamp, project, file) SELECT '2026-01-31 12:00:00', 'p', ('f-1.whl', '1', 'bdist_wheel') FROM numbers(%d)", n))
	must(t, conn, fmt.Sprintf("INSERT INTO pypi_landing_flat (timestamp, project, `file.filename`, `distro.libc.lib`) SELECT '2026-01-31 12:00:00', 'p', 'f-1.whl', 'musl' FROM numbers(%d)", n))
}

// TestUpgrade ends the upgrade of a database with downloads before each statement
// that changes something, and now and then between tables that are made, and
// carries it on with the next: rows that arrive in between by either
// road are stored once, files load, and in the end nothing is missing.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	db := formerly(t)
	for _, sql := range []string{"ALTER TABLE pypi DROP COLUMN filename", // half-upgraded databases lack other things too
		"DROP VIEW pypi_total_per_day_by_ci_mv", "DROP TABLE pypi_total_per_day_by_ci", "DROP VIEW pypi_downloads_per_day_by_installer_mv"} {
		must(t, db.Conn, sql)
	}
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(2, 100)...)
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	before := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi")
	if r, err := New(config.Config{Conn: db.Conn}).Upgrade(t.Context(), upgrade.Request{DryRun: true}); err != nil || len(r.Statements) < 4 {
		t.Fatalf("dry run: %v, %+v", err, r)
	}
	const most = 12 // tables that are made before an upgrade is ended; of what is changed one
	stop := errors.New("ended by the test")
	quick := config.Config{Conn: db.Conn, Beat: 20 * time.Millisecond, Lease: 200 * time.Millisecond} // takes over at once
	rounds, done := 0, []string{}
	for ended := true; ended; rounds++ {
		work := 0
		cfg := quick
		cfg.Before = func(sql string) error {
			switch {
			case strings.HasPrefix(sql, "ALTER TABLE"):
				work += most
			case strings.HasPrefix(sql, "CREATE") && !strings.Contains(sql, "clickql_ledger"):
				work++
			}
			if work > most {
				return stop
			}
			return nil
		}
		r, err := New(cfg).Upgrade(t.Context(), upgrade.Request{})
		if ended = errors.Is(err, stop); err != nil && !ended {
			t.Fatal(err)
		}
		for _, sql := range r.Statements {
			if slices.Contains(done, sql) {
				t.Errorf("done twice: %s", sql)
			}
			done = append(done, sql)
		}
		put(t, db.Conn, 5)
		before += 10
		if n := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi"); n != before {
			t.Fatalf("after %q: %d rows, want %d", done[len(done)-1:], n, before)
		}
		if ended && !strings.HasPrefix(done[len(done)-1], "ALTER") {
			continue // nothing that loads see has changed
		}
		name := fmt.Sprintf("more%02d.parquet", rounds)
		exports(t, db.Conn, dir, exportFile{name, rounds%2 == 0, 100 + rounds, 20})
		sum := mustLoad(t, quick, dir+"/*.parquet")
		if before += sum.Rows; sum.Files != 1 || scalar[uint64](t, db.Conn, "SELECT count() FROM pypi") != before {
			t.Fatalf("after %q: %+v", done[len(done)-1:], sum)
		}
	}
	if rounds < 4 || rounds > 60 {
		t.Errorf("%d rounds", rounds)
	}
	present(t, db)
	if n := scalar[int64](t, db.Conn, "SELECT sum(count) FROM pypi_downloads"); uint64(n) != before {
		t.Errorf("the aggregate counts %d of %d", n, before)
	}
	must(t, db.Conn, "INSERT INTO pypi_landing (timestamp, project, country_code, file) VALUES ('2026-02-01 00:00:00', 'Zope.Interface', 'us ', ('z-1-py3-none-any.whl.metadata', '1', 'bdist_wheel'))")
	if got := scalar[string](t, db.Conn, "SELECT concat(project, ' ', country_code, ' ', type) FROM pypi WHERE date = '2026-02-01'"); got != "zope-interface US metadata" {
		t.Errorf("a row becomes %q", got)
	}
}

// TestUpgradeOfOthers upgrades ClickPy's tables, which nobody has loaded here, and
// keeps what is an operator's own or cannot be.
func TestUpgradeOfOthers(t *testing.T) {
	db := chtest.New(t)
	must(t, db.Conn, "CREATE TABLE pypi (date Date, country_code LowCardinality(String), project String, type LowCardinality(String), installer LowCardinality(String), "+
		"python_minor LowCardinality(String), system LowCardinality(String), version String) ENGINE = MergeTree ORDER BY (project, date, version, country_code, python_minor, system)")
	must(t, db.Conn, "INSERT INTO pypi (date, project) VALUES ('2026-01-31', 'numpy')")
	r := upgraded(t, db)
	if len(r.Unfilled) != len(ddl.Derived()) {
		t.Errorf("unfilled: %q", r.Unfilled)
	}
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'clickql_ledger')"); n > 0 {
		t.Error("a ledger was made")
	}
	put(t, db.Conn, 3)
	if got := scalar[string](t, db.Conn, "SELECT toString((count(), sum(filename = ''), sum(ci = 'unknown'))) FROM pypi"); got != "(7,1,7)" {
		t.Errorf("rows, without a file's name, of unknown ci: %s", got)
	}
	must(t, db.Conn, "ALTER TABLE pypi_landing_mv MODIFY QUERY SELECT toDate(assumeNotNull(timestamp), 'UTC') AS date, 'mine' AS project FROM pypi_landing WHERE timestamp IS NOT NULL")
	if r := upgraded(t, db); len(r.Statements) > 0 || len(r.Kept) != 1 || !strings.Contains(r.Kept[0], "pypi_landing_mv stays") {
		t.Errorf("a mapping of one's own: %+v", r)
	}
	other := chtest.New(t)
	must(t, other.Conn, "CREATE VIEW pypi AS SELECT today() AS date, 'x' AS project")
	if _, err := New(config.Config{Conn: other.Conn}).Upgrade(t.Context(), upgrade.Request{}); !errors.Is(err, upgrade.ErrRefused) || !strings.Contains(err.Error(), "has the engine View") {
		t.Errorf("a view: %v", err)
	}
	empty := chtest.New(t)
	if _, err := New(config.Config{Conn: empty.Conn}).Upgrade(t.Context(), upgrade.Request{}); !errors.Is(err, upgrade.ErrRefused) || !strings.Contains(err.Error(), "schema apply") {
		t.Errorf("nothing: %v", err)
	}
}
