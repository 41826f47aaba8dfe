package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/retire"
	"clickql/ingest/verify"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

// retired drops days, or fails the test.
func retired(t testing.TB, conn *chconn.Conn, before string) retire.Plan {
	t.Helper()
	plan, err := New(config.Config{Conn: conn}).Retire(t.Context(), retire.Request{Before: date(t, before)})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// agreed compares with the source, by reading it and by the ledger alone.
func agreed(t testing.TB, conn *chconn.Conn, source string) verify.Report {
	t.Helper()
	var r verify.Report
	for _, quick := range []bool{true, false} {
		var err error
		if r, err = New(config.Config{Conn: conn}).Verify(t.Context(), quick, source); err != nil || !r.Agrees {
			t.Errorf("quick %v: %v, %+v", quick, err, r)
		}
	}
	return r
}

// checkKept compares every aggregate with what all downloads give, and the raw table
// with those from a day on.
func checkKept(t testing.TB, db *chtest.DB, want, from string) {
	t.Helper()
	for _, table := range ddl.Derived() {
		got, all := scalar[string](t, db.Conn, digest(table, table.Name)), scalar[string](t, db.Conn, digest(table, "("+table.Select(want)+")"))
		if got != all {
			t.Errorf("table %s: groups and hash %s, want %s", table.Name, got, all)
		}
	}
	rows := func(from, where string) string {
		return scalar[string](t, db.Conn, "SELECT toString((count(), sum(cityHash64(*)))) FROM "+from+where)
	}
	if got, left := rows("pypi", ""), rows(want, " WHERE date >= '"+from+"'"); got != left {
		t.Errorf("the raw table has rows and hash %s, want %s", got, left)
	}
}

// TestRetire drops the raw rows of a month: aggregates stay, nothing calls it a fault,
// the days are not rebuilt, and a file that comes late is counted.
func TestRetire(t *testing.T) {
	t.Parallel()
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	files := mixed(4, 300)
	exports(t, db.Conn, dir, files...)
	source := dir + "/e0{0,1,2}.parquet"
	mustLoad(t, config.Config{Conn: db.Conn}, source)
	want := expectation(t, db.Conn, db.Name, files[:3])
	must(t, db.Conn, "INSERT INTO pypi_total_per_day_by_ci VALUES ('2023-12-25', 'true', 1)")
	_, err := New(config.Config{Conn: db.Conn}).Retire(t.Context(), retire.Request{Before: date(t, "2024-01-01")})
	wantError(t, err, "what is dropped could not be told")
	must(t, db.Conn, "INSERT INTO pypi_total_per_day_by_ci VALUES ('2023-12-25', 'true', -1)")

	dry, err := New(config.Config{Conn: db.Conn}).Retire(t.Context(), retire.Request{Before: date(t, "2024-01-05"), DryRun: true})
	december := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi WHERE date < '2024-01-01'")
	if err != nil || len(dry.Partitions) != 1 || dry.Rows != december || dry.Partitions[0].Partition != "202312" || len(dry.Notes) != 1 || len(dry.Aggregates) != len(ddl.Derived()) {
		t.Errorf("%v, %+v, of %d rows", err, dry, december)
	}
	retired(t, db.Conn, "2024-01-01")
	checkKept(t, db, want, "2024-01-01")
	if again := retired(t, db.Conn, "2024-01-01"); again.Rows != 0 {
		t.Errorf("dropped again: %+v", again)
	}
	if r := agreed(t, db.Conn, source); !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "clickql ingest retire") }) {
		t.Errorf("verify says %q", r.Notes)
	}
	if r, err := check.Run(t.Context(), db.Conn, ddl.Options{Database: db.Name}); err != nil || r.Differences() > 0 || len(r.Findings) == 0 {
		t.Errorf("%v\n%s", err, r)
	}
	wantError(t, repairError(t, db.Conn, "2023-12-25", source), "were dropped on purpose")
	must(t, db.Conn, "INSERT INTO pypi SELECT * FROM pypi WHERE date = '2024-01-05'")
	if err := repairError(t, db.Conn, "2024-01-05", source); err != nil {
		t.Error(err)
	}
	checkKept(t, db, want, "2024-01-01")

	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/e03.parquet") // with rows of December
	want = expectation(t, db.Conn, db.Name, files)
	c, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	s := c.Snapshot()
	for _, table := range s.Tables {
		switch days := table.Covers; {
		case table.Raw && (days.From.String() != "2024-01-01" || days.To != s.Days.To):
			t.Errorf("the raw table covers %v", days)
		case !table.Raw && days != s.Days || s.Days.From.String() != "2023-12-20":
			t.Errorf("%s covers %v of %v: %s", table.Name, days, s.Days, table.Incomplete)
		}
	}
	agreed(t, db.Conn, dir+"/*.parquet")
	retired(t, db.Conn, "2024-01-01")
	checkKept(t, db, want, "2024-01-01")
	agreed(t, db.Conn, dir+"/*.parquet")
	checkClean(t, db.Conn, db.Name)
}

// TestBackfillAfterRetire: an aggregate that comes after raw rows were dropped has them
// all where another one tells what it counts by; otherwise it tells of the days that are
// left and of no other, and one without days is refused.
func TestBackfillAfterRetire(t *testing.T) {
	t.Parallel()
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	files := mixed(2, 300)
	exports(t, db.Conn, dir, files...)
	for _, name := range []string{"pypi_downloads", "pypi_downloads_max_min", "pypi_ranking_per_day_by_ci"} {
		must(t, db.Conn, "DROP VIEW "+name+"_mv SYNC")
		must(t, db.Conn, "DROP TABLE "+name+" SYNC")
	}
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	want := expectation(t, db.Conn, db.Name, files)
	retired(t, db.Conn, "2024-01-01")
	must(t, db.Conn, "INSERT INTO pypi_downloads_per_month SELECT * FROM pypi_downloads_per_month") // there, and wrong
	for _, name := range []string{"pypi_downloads", "pypi_downloads_max_min", "pypi_ranking_per_day_by_ci", "pypi_downloads_per_month"} {
		if plan := mustBackfill(t, config.Config{Conn: db.Conn}, backfill.Request{Table: name}); plan.Source == "pypi" || plan.Lacks != "" || plan.From != "2023-12-20" {
			t.Errorf("%s: %+v", name, plan)
		}
	}
	checkKept(t, db, want, "2024-01-01")

	days := backfill.Request{Table: "by_file", Key: []string{"date", "filename"}}
	plan := mustBackfill(t, config.Config{Conn: db.Conn}, days)
	if plan.Source != "pypi" || plan.From != "2024-01-01" || plan.Lacks != "2023-12-20" {
		t.Errorf("%+v", plan)
	}
	checkFilled(t, db.Conn, days.Table, "pypi", "date,filename")
	_, err := New(config.Config{Conn: db.Conn}).Backfill(t.Context(), backfill.Request{Table: "of_files", Key: []string{"filename"}})
	wantError(t, err, "and the rest pass for all")
	c, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	s := c.Snapshot()
	for _, table := range s.Tables {
		from := s.Days.From.String()
		if table.Raw || table.Name == days.Table {
			from = "2024-01-01"
		}
		if table.Covers.From.String() != from || table.Covers.To != s.Days.To {
			t.Errorf("%s covers %v of %v: %s", table.Name, table.Covers, s.Days, table.Incomplete)
		}
	}
}

// TestRetireEnded ends the command before each of its statements: what the next one
// leaves is all of it or nothing, and the ledger agrees. Where somebody has written to
// a partition before the first was dropped, none is.
func TestRetireEnded(t *testing.T) {
	t.Parallel()
	db := newFew(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(2, 200)...)
	source := dir + "/*.parquet"
	mustLoad(t, config.Config{Conn: db.Conn}, source)
	want := expectation(t, db.Conn, db.Name, mixed(2, 200))
	stop := errors.New("ended by the test")
	quick := config.Config{Conn: db.Conn, Beat: 20 * time.Millisecond, Lease: 200 * time.Millisecond}
	rows := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi")
	foreign := false
	for n, left := 1, rows; left == rows; n++ {
		cfg, seen, publishing := quick, 0, false
		cfg.Before = func(sql string) error {
			if seen++; seen >= n {
				return stop
			}
			publishing = publishing || strings.Contains(sql, "/* publishing */")
			return nil
		}
		_, err := New(cfg).Retire(t.Context(), retire.Request{Before: date(t, "2024-01-01")})
		if !errors.Is(err, stop) {
			t.Fatalf("statement %d: %v", n, err)
		}
		if publishing && !foreign { // the line is written, and nothing is dropped
			foreign = true
			must(t, db.Conn, "INSERT INTO pypi (date, project) VALUES ('2023-12-30', 'foreign')")
			mustLoad(t, quick, source)
			if got := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi"); got != rows+1 {
				t.Errorf("%d rows, want %d", got, rows+1)
			}
			must(t, db.Conn, "DELETE FROM pypi WHERE project = 'foreign'")
			for _, table := range []string{"pypi_downloads_per_day", "pypi_downloads_per_day_by_version", "pypi_downloads_per_month", "pypi_downloads_max_min"} {
				must(t, db.Conn, "DELETE FROM "+table+" WHERE project = 'foreign'")
			}
			n--
			continue
		}
		mustLoad(t, quick, source)
		left = scalar[uint64](t, db.Conn, "SELECT count() FROM pypi")
		if kept := scalar[uint64](t, db.Conn, "SELECT count() FROM "+want+" WHERE date >= '2024-01-01'"); left != rows && left != kept {
			t.Fatalf("statement %d: %d rows of %d, want %d", n, left, rows, kept)
		}
		if r, err := New(quick).Verify(t.Context(), true, source); err != nil || !r.Agrees {
			t.Fatalf("statement %d: %v, %+v", n, err, r)
		}
		checkClean(t, db.Conn, db.Name)
	}
	if !foreign {
		t.Error("nothing was ended while it was publishing")
	}
	agreed(t, db.Conn, source)
	if got := scalar[int64](t, db.Conn, "SELECT sum(count) FROM pypi_downloads_per_month"); uint64(got) != rows {
		t.Errorf("the aggregate counts %d of %d", got, rows)
	}
}

// TestRetireWhole names what keeps days that cannot be dropped by themselves.
func TestRetireWhole(t *testing.T) {
	db := chtest.New(t)
	must(t, db.Conn, fmt.Sprintf("CREATE TABLE %s.pypi (date Date, project String) ENGINE = MergeTree ORDER BY (project, date)", db.Name))
	must(t, db.Conn, "INSERT INTO pypi VALUES ('2023-12-25', 'a')")
	_, err := New(config.Config{Conn: db.Conn}).Retire(t.Context(), retire.Request{Before: date(t, "2024-01-01")})
	wantError(t, err, "do not tell days")
	other := chtest.New(t)
	must(t, other.Conn, "CREATE TABLE pypi (date Date, project String) ENGINE = MergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date)")
	must(t, other.Conn, "INSERT INTO pypi VALUES ('2023-12-25', 'a')")
	_, err = New(config.Config{Conn: other.Conn}).Retire(t.Context(), retire.Request{Before: date(t, "2024-01-01")})
	wantError(t, err, "no aggregate holds")
}
