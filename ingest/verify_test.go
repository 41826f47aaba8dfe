package ingest

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/verify"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
)

// verified runs Verify or fails the test.
func verified(t *testing.T, conn *chconn.Conn, quick bool, sources ...string) verify.Report {
	t.Helper()
	v, err := New(config.Config{Conn: conn, Progress: config.NewProgress(time.Now)}).Verify(t.Context(), quick, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// difference finds the difference of a table's period.
func difference(t *testing.T, v verify.Report, table, period string) verify.Difference {
	t.Helper()
	i := slices.IndexFunc(v.Differences, func(d verify.Difference) bool { return d.Table == table && d.Period == period })
	if i < 0 {
		t.Fatalf("%s of %s does not differ: %+v", period, table, v.Differences)
	}
	return v.Differences[i]
}

// causes lists each table that differs with its causes, "table: cause", once each.
func causes(v verify.Report) []string {
	var list []string
	for _, d := range v.Differences {
		if c := d.Table + ": " + string(d.Cause); !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// wantCauses compares causes.
func wantCauses(t *testing.T, v verify.Report, want ...string) {
	t.Helper()
	if got := causes(v); !slices.Equal(got, want) || v.Agrees != (len(want) == 0) {
		t.Errorf("causes %q, agrees %v; want %q\n%+v", got, v.Agrees, want, v.Differences)
	}
}

// TestVerify damages a database in each of the ways that verify is for, and
// puts it right again.
func TestVerify(t *testing.T) {
	t.Parallel()
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(3, 400)
	files[1].rows = 500 // so that it can be told by its size
	exports(t, db.Conn, dir, files...)
	all := dir + "/*.parquet"

	v := verified(t, db.Conn, false, all)
	wantCauses(t, v, "pypi: not-loaded", "pypi_downloads_max_min: as-raw", "pypi_downloads_per_day: as-raw",
		"pypi_downloads_per_day_by_version: as-raw", "pypi_downloads_per_month: as-raw")
	if v.Files.New != 3 || len(v.Problems) != 3 || len(v.Tables) != 5 {
		t.Errorf("before the load: %+v", v)
	}
	mustLoad(t, config.Config{Conn: db.Conn, BatchFiles: 1}, all)
	raw := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi")
	v = verified(t, db.Conn, false, all)
	wantCauses(t, v)
	if v.Rows != raw || v.Rows+v.Rejected != 1300 || v.Files != (count.FileCounts{Listed: 3, Loaded: 3}) || len(v.Notes) != 0 {
		t.Errorf("all well: %+v", v)
	}
	if v = verified(t, db.Conn, true, all); !v.Agrees || v.Rows != raw || *v.Tables[0].Found != int64(raw) {
		t.Errorf("all well, quick: %+v", v)
	}
	part := verified(t, db.Conn, false, dir+"/e00.parquet")
	if part.Files.Unnamed != 2 || len(part.Notes) != 1 || part.Agrees {
		t.Errorf("a part: %+v", part)
	}

	keep := func(table string) {
		must(t, db.Conn, "CREATE TABLE kept AS "+table)
		must(t, db.Conn, "INSERT INTO kept SELECT * FROM "+table)
	}
	restore := func(table string) {
		must(t, db.Conn, "EXCHANGE TABLES kept AND "+table)
		must(t, db.Conn, "DROP TABLE kept SYNC")
	}

	t.Run("a day missing", func(t *testing.T) {
		keep("pypi_downloads_per_day")
		defer restore("pypi_downloads_per_day")
		must(t, db.Conn, "DELETE FROM pypi_downloads_per_day WHERE date = '2023-12-25'")
		v := verified(t, db.Conn, false, all)
		wantCauses(t, v, "pypi_downloads_per_day: missing-rows")
		if d := difference(t, v, "pypi_downloads_per_day", "2023-12-25"); d.Found != 0 || d.Expected == 0 {
			t.Errorf("%+v", d)
		}
	})
	t.Run("counts swapped between projects", func(t *testing.T) {
		for table, swap := range map[string]string{
			"pypi_downloads_per_day":   "(project, date, count) VALUES ('project-1', '2023-12-25', 3), ('project-2', '2023-12-25', -3)",
			"pypi_downloads_per_month": "(project, month, count) VALUES ('project-1', '2023-12-01', 3), ('project-2', '2023-12-01', -3)",
		} {
			keep(table)
			must(t, db.Conn, "INSERT INTO "+table+" "+swap)
			v := verified(t, db.Conn, false, all)
			restore(table)
			wantCauses(t, v, table+": wrong-keys")
			if d := v.Differences[0]; len(v.Differences) != 1 || !strings.HasPrefix(d.Period, "2023-12") || !strings.Contains(d.Explanation, "such as project-1 (") ||
				!strings.Contains(d.Remedy, "backfill "+table) {
				t.Errorf("%s: %+v", table, v.Differences)
			}
		}
		keep("pypi")
		defer restore("pypi")
		must(t, db.Conn, "CREATE TABLE moved AS pypi")
		must(t, db.Conn, "INSERT INTO moved SELECT * REPLACE ('project-2' AS project) FROM (SELECT * FROM pypi WHERE project = 'project-1' AND date = '2023-12-25')")
		must(t, db.Conn, "DELETE FROM pypi WHERE project = 'project-1' AND date = '2023-12-25'")
		must(t, db.Conn, "ALTER TABLE pypi ATTACH PARTITION 202312 FROM moved")
		must(t, db.Conn, "DROP TABLE moved SYNC")
		v := verified(t, db.Conn, false, all)
		wantCauses(t, v, "pypi: wrong-keys")
		if d := difference(t, v, "pypi", "2023-12-25"); !strings.Contains(d.Remedy, "repair") || d.Expected == 0 || d.Found != d.Expected {
			t.Errorf("%+v", d)
		}
	})
	t.Run("a day missing everywhere", func(t *testing.T) {
		keep("pypi")
		defer restore("pypi")
		must(t, db.Conn, "DELETE FROM pypi WHERE date = '2023-12-25'")
		v := verified(t, db.Conn, false, all)
		wantCauses(t, v, "pypi: missing-file")
	})
	t.Run("a file doubled", func(t *testing.T) {
		keep("pypi")
		defer restore("pypi")
		source := expectation(t, db.Conn, db.Name, files[1:2])
		// Not through the views: the aggregates stay right.
		must(t, db.Conn, "CREATE TABLE twice AS pypi")
		must(t, db.Conn, "INSERT INTO twice SELECT * FROM "+source)
		for _, partition := range []string{"202312", "202401"} {
			must(t, db.Conn, "ALTER TABLE pypi ATTACH PARTITION ID '"+partition+"' FROM twice")
		}
		for _, d := range verified(t, db.Conn, true, all).Differences {
			if d.Cause != verify.CauseDoubled || d.Grain != count.ByDay || !slices.Equal(d.Files, []string{dir + "/e01.parquet"}) {
				t.Errorf("quick: %+v", d)
			}
		}
		doubled := 0
		for _, d := range verified(t, db.Conn, false, all).Differences {
			if d.Table != "pypi" {
				continue
			}
			if d.Cause != verify.CauseDoubled || !slices.Contains(d.Files, dir+"/e01.parquet") {
				t.Errorf("%+v", d)
			}
			doubled++
		}
		if want := scalar[uint64](t, db.Conn, "SELECT uniqExact(date) FROM twice"); doubled != int(want) {
			t.Errorf("%d days are reported, want %d", doubled, want)
		}
		must(t, db.Conn, "DROP TABLE twice SYNC")
	})
	t.Run("the month table short", func(t *testing.T) {
		keep("pypi_downloads_per_month")
		defer restore("pypi_downloads_per_month")
		must(t, db.Conn, "DELETE FROM pypi_downloads_per_month WHERE month = '2024-01-01' AND project = 'project-1'")
		v := verified(t, db.Conn, false, all)
		wantCauses(t, v, "pypi_downloads_per_month: missing-rows")
		if d := difference(t, v, "pypi_downloads_per_month", "2024-01"); d.Found >= d.Expected || len(v.Differences) != 1 {
			t.Errorf("%+v", v.Differences)
		}
	})
	t.Run("an aggregate doubled", func(t *testing.T) {
		keep("pypi_downloads_per_day_by_version")
		defer restore("pypi_downloads_per_day_by_version")
		must(t, db.Conn, "INSERT INTO pypi_downloads_per_day_by_version SELECT * FROM kept")
		wantCauses(t, verified(t, db.Conn, false, all), "pypi_downloads_per_day_by_version: aggregate-doubled")
	})
	t.Run("the newest day lost", func(t *testing.T) {
		keep("pypi_downloads_max_min")
		defer restore("pypi_downloads_max_min")
		must(t, db.Conn, "TRUNCATE TABLE pypi_downloads_max_min")
		must(t, db.Conn, "INSERT INTO pypi_downloads_max_min SELECT project, max(date), min(date) FROM pypi WHERE date < '2024-01-01' GROUP BY project")
		v := verified(t, db.Conn, false, all)
		wantCauses(t, v, "pypi_downloads_max_min: missing-rows")
		difference(t, v, "pypi_downloads_max_min", "last day")
	})
	t.Run("the days of one project wrong", func(t *testing.T) {
		keep("pypi_downloads_max_min")
		defer restore("pypi_downloads_max_min")
		must(t, db.Conn, "TRUNCATE TABLE pypi_downloads_max_min")
		must(t, db.Conn, "INSERT INTO pypi_downloads_max_min SELECT project, max(date) - (project = 'project-1'), min(date) FROM pypi GROUP BY project")
		v := verified(t, db.Conn, false, all)
		wantCauses(t, v, "pypi_downloads_max_min: wrong-keys")
		if d := difference(t, v, "pypi_downloads_max_min", "each project"); d.Found != d.Expected-1 || d.Expected == 0 {
			t.Errorf("%+v", d)
		}
	})
	t.Run("a view created late", func(t *testing.T) {
		total, _ := ddl.Lookup("pypi_downloads")
		for _, st := range ddl.Statements(ddl.Options{Database: db.Name}) {
			if strings.TrimSuffix(st.Object, "_mv") == db.Name+"."+total.Name {
				must(t, db.Conn, st.SQL)
			}
		}
		exports(t, db.Conn, dir, exportFile{"e99.parquet", true, 99, 200})
		mustLoad(t, config.Config{Conn: db.Conn}, all)
		v := verified(t, db.Conn, false, all)
		wantCauses(t, v, "pypi_downloads: view-late")
		if d := difference(t, v, "pypi_downloads", "all"); d.Expected-d.Found != int64(raw) {
			t.Errorf("%+v", d)
		}
		must(t, db.Conn, "DROP TABLE pypi_downloads_mv SYNC")
		wantCauses(t, verified(t, db.Conn, false, all), "pypi_downloads: view-missing")
	})
}

// TestVerifyFiles tells of files that are bad, changed or in hand.
func TestVerifyFiles(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(3, 200)...)
	crash := config.Config{Conn: db.Conn, BatchFiles: 2, Before: atSteps(func(s Step) error {
		if s == StepPublishing {
			return context.Canceled
		}
		return nil
	})}
	if _, err := New(crash).Run(t.Context(), ledger.Downloads, dir+"/e00.parquet"); err == nil {
		t.Fatal("the run did not end where it should")
	}
	if v := verified(t, db.Conn, true, dir+"/e00.parquet"); v.Files.InHand != 1 || v.Agrees || len(v.Notes) != 2 {
		t.Errorf("half published: %+v", v)
	}
	mustLoad(t, config.Config{Conn: db.Conn, Beat: 20 * time.Millisecond, Lease: 200 * time.Millisecond}, dir+"/*.parquet")
	corrupt(t, dir+"/e01.parquet", 10) // within the timestamps
	if err := os.WriteFile(dir+"/bad.parquet", []byte("bad"), 0o600); err != nil {
		t.Fatal(err)
	}
	exports(t, db.Conn, dir, exportFile{"e02.parquet", false, 77, 250})
	v := verified(t, db.Conn, false, dir+"/*.parquet")
	if v.Agrees || v.Files.Unreadable != 2 || v.Files.New != 1 || v.Files.Changed == 0 {
		t.Errorf("%+v", v.Files)
	}
	if _, err := New(config.Config{Conn: db.Conn}).Verify(t.Context(), false, "s3://bucket/x"); err == nil || !strings.Contains(err.Error(), "no such kind of source") {
		t.Errorf("error %v", err)
	}
}
