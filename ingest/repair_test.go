package ingest

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/repair"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

// date reads a day.
func date(t testing.TB, text string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// mustRepair runs a repair of some days or fails the test.
func mustRepair(t testing.TB, conn *chconn.Conn, req repair.Request, sources ...string) repair.Plan {
	t.Helper()
	plan, err := New(config.Config{Conn: conn}).Repair(t.Context(), req, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// cutDays writes those rows of a file that are of some days into another file.
func cutDays(t testing.TB, conn *chconn.Conn, from, to, first, last string) {
	t.Helper()
	must(t, conn, "INSERT INTO FUNCTION file("+chconn.Literal(to)+", 'Parquet') SELECT * FROM file("+chconn.Literal(from)+
		", 'Parquet') WHERE toDate(timestamp, 'UTC') BETWEEN '"+first+"' AND '"+last+"' SETTINGS engine_file_truncate_on_insert = 1")
}

// checkSchema fails where schema check finds a difference.
func checkSchema(t testing.TB, conn *chconn.Conn, database string) {
	t.Helper()
	r, err := check.Run(t.Context(), conn, ddl.Options{Database: database})
	if err != nil || r.Differences() > 0 {
		t.Errorf("schema check: %v\n%s", err, r)
	}
}

// TestRepair damages a database as accidents do, and mends it.
func TestRepair(t *testing.T) {
	t.Parallel()
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	files := mixed(3, 400)
	exports(t, db.Conn, dir, files...)
	all := dir + "/*.parquet"
	mustLoad(t, config.Config{Conn: db.Conn}, all)
	want := expectation(t, db.Conn, db.Name, files)
	one := date(t, "2023-12-25")
	mended := func(t *testing.T) {
		t.Helper()
		checkEqual(t, db.Conn, db.Name, want)
		checkClean(t, db.Conn, db.Name)
		checkSchema(t, db.Conn, db.Name)
		wantCauses(t, verified(t, db.Conn, false, all))
		wantCauses(t, verified(t, db.Conn, true, all))
	}
	for name, damages := range map[string][]string{
		"the day missing": {"DELETE FROM pypi WHERE date = '2023-12-25'", "DELETE FROM pypi_downloads_per_day WHERE date = '2023-12-25'",
			"DELETE FROM pypi_downloads_per_day_by_installer WHERE date = '2023-12-25'", "DELETE FROM pypi_downloads_per_month WHERE month = '2023-12-01'",
			"TRUNCATE TABLE pypi_downloads_by_version", "INSERT INTO pypi_downloads_max_min VALUES ('project-1', '2030-01-01', '2000-01-01')"},
		"the day missing in the raw table, and a project that never was": {"DELETE FROM pypi WHERE date = '2023-12-25'",
			"INSERT INTO pypi (date, project, version) VALUES ('2023-12-25', 'ghost', '1')", "TRUNCATE TABLE pypi_downloads"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, sql := range damages {
				must(t, db.Conn, sql)
			}
			before := scalar[string](t, db.Conn, "SELECT toString(groupArray((name, uuid))) FROM (SELECT name, uuid FROM system.tables WHERE database = '"+db.Name+"' AND NOT startsWith(name, 'clickql_') ORDER BY name)")
			dry := mustRepair(t, db.Conn, repair.Request{From: one, To: one, DryRun: true}, all)
			if after := scalar[string](t, db.Conn, "SELECT toString(groupArray((name, uuid))) FROM (SELECT name, uuid FROM system.tables WHERE database = '"+db.Name+"' AND NOT startsWith(name, 'clickql_') ORDER BY name)"); after != before {
				t.Error("the dry run changed something")
			}
			plan := mustRepair(t, db.Conn, repair.Request{From: one, To: one}, all)
			if len(plan.Tables) != len(ddl.Derived())+1 || len(dry.Tables) != len(plan.Tables) || plan.Rows == 0 || dry.Rows != plan.Rows || len(plan.Files) != 3 {
				t.Errorf("plan %+v, dry %+v", plan, dry)
			}
			mended(t)
		})
	}
	t.Run("all days", func(t *testing.T) {
		must(t, db.Conn, "INSERT INTO pypi SELECT * FROM "+want)
		mustRepair(t, db.Conn, repair.Request{From: date(t, "2023-12-20"), To: date(t, "2024-01-12")}, all)
		mended(t)
	})
	t.Run("refusals", func(t *testing.T) {
		for _, c := range []struct {
			from, to, source, want string
		}{
			{"2023-12-01", "2023-12-01", all, "would be emptied: they hold downloads from 2023-12-20 to 2024-01-12"},
			{"2023-12-19", "2023-12-20", all, "no downloads on 2023-12-19,"},
			{"2023-12-25", "2023-12-24", all, "comes before the first"},
			{"2199-01-01", "2199-01-01", all, "up to 2149-06-06"},
			{"2023-12-25", "2023-12-25", dir + "/none-*.parquet", "no file on the ClickHouse server matches"},
			{"2023-12-25", "2023-12-25", dir + "/e01.parquet", "leaves out " + dir + "/e00.parquet"},
			{"2023-12-25", "2023-12-25", "s3://x/y", "no such kind of source"},
		} {
			_, err := New(config.Config{Conn: db.Conn}).Repair(t.Context(), repair.Request{From: date(t, c.from), To: date(t, c.to)}, c.source)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s to %s of %s: %v, want %q", c.from, c.to, c.source, err, c.want)
			}
		}
		writeExport(t, db.Conn, dir+"/new.parquet", false, 50, 100)
		_, err := New(config.Config{Conn: db.Conn}).Repair(t.Context(), repair.Request{From: one, To: one}, all)
		if err == nil || !strings.Contains(err.Error(), "new.parquet is not loaded yet and holds downloads of") {
			t.Errorf("a new file of many days: %v", err)
		}
		if err := os.WriteFile(dir+"/new.parquet", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = New(config.Config{Conn: db.Conn}).Repair(t.Context(), repair.Request{From: one, To: one}, all)
		if err == nil || !strings.Contains(err.Error(), "new.parquet: it is empty (0 bytes)") {
			t.Errorf("an empty file: %v", err)
		}
		if err := os.Remove(dir + "/new.parquet"); err != nil {
			t.Fatal(err)
		}
		mended(t)
	})
}

// TestRepairFiles repairs days whose files are others than the loaded ones: the
// ledger follows.
func TestRepairFiles(t *testing.T) {
	t.Parallel()
	db := newFew(t)
	dir, other := t.TempDir(), t.TempDir()
	files := mixed(2, 600)
	exports(t, db.Conn, other, files...)
	for i, span := range [][2]string{{"2023-12-20", "2023-12-31"}, {"2024-01-01", "2024-01-01"}, {"2024-01-02", "2024-01-31"}} {
		cutDays(t, db.Conn, other+"/e00.parquet", dir+"/"+string(rune('a'+i))+".parquet", span[0], span[1])
	}
	all, day := dir+"/*.parquet", date(t, "2024-01-01")
	mustLoad(t, config.Config{Conn: db.Conn, BatchFiles: 2}, all)
	want := expectation(t, db.Conn, db.Name, files[:1])
	checkEqual(t, db.Conn, db.Name, want)

	// The day's file is exported anew, with other rows under the same name.
	cutDays(t, db.Conn, other+"/e01.parquet", dir+"/b.parquet", "2024-01-01", "2024-01-01")
	more := expectation(t, db.Conn, db.Name, files[1:])
	must(t, db.Conn, "CREATE TABLE right AS "+db.Name+".pypi ENGINE = MergeTree ORDER BY tuple() PARTITION BY tuple()")
	must(t, db.Conn, "INSERT INTO right SELECT * FROM "+more+" WHERE date = '2024-01-01'")
	want = expectation(t, db.Conn, db.Name, files[:1])
	must(t, db.Conn, "INSERT INTO right SELECT * FROM "+want+" WHERE date != '2024-01-01'")
	if v := verified(t, db.Conn, false, all); v.Files.Changed != 1 {
		t.Errorf("%+v", v.Files)
	}
	plan := mustRepair(t, db.Conn, repair.Request{From: day, To: day}, all)
	if len(plan.Files) != 1 || plan.Files[0].State != "changed" {
		t.Errorf("%+v", plan)
	}
	agreed := func(files count.FileCounts, sources ...string) {
		t.Helper()
		checkEqual(t, db.Conn, db.Name, db.Name+".right")
		checkClean(t, db.Conn, db.Name)
		for _, quick := range []bool{true, false} {
			v := verified(t, db.Conn, quick, sources...)
			wantCauses(t, v)
			if v.Files != files {
				t.Errorf("files %+v, want %+v", v.Files, files)
			}
		}
		sum := mustLoad(t, config.Config{Conn: db.Conn}, sources...)
		if sum.Files != 0 || len(sum.Changed) != 0 {
			t.Errorf("loaded again: %+v", sum)
		}
		st, err := New(config.Config{Conn: db.Conn}).Status(t.Context())
		if rows := scalar[uint64](t, db.Conn, "SELECT count() FROM right"); err != nil || st.Kinds[0].Rows != rows || st.Kinds[0].Files != uint64(files.Loaded+files.Unnamed) {
			t.Errorf("status %+v, %v; want %d rows", st.Kinds, err, rows)
		}
	}
	agreed(count.FileCounts{Listed: 3, Loaded: 3}, all)

	// Another file takes its place.
	cutDays(t, db.Conn, other+"/e00.parquet", other+"/again.parquet", "2024-01-01", "2024-01-01")
	must(t, db.Conn, "DROP TABLE right SYNC")
	must(t, db.Conn, "CREATE TABLE right AS "+db.Name+".pypi ENGINE = MergeTree ORDER BY tuple() PARTITION BY tuple()")
	must(t, db.Conn, "INSERT INTO right SELECT * FROM "+want)
	_, err := New(config.Config{Conn: db.Conn}).Repair(t.Context(), repair.Request{From: day, To: day}, other+"/again.parquet")
	if err == nil || !strings.Contains(err.Error(), "leaves out "+dir+"/b.parquet") {
		t.Errorf("a loaded file would be dropped: %v", err)
	}
	plan = mustRepair(t, db.Conn, repair.Request{From: day, To: day, Replace: true}, other+"/again.parquet")
	if !slices.Equal(plan.Replaced, []string{dir + "/b.parquet"}) {
		t.Errorf("%+v", plan)
	}
	agreed(count.FileCounts{Listed: 4, Loaded: 3, Replaced: 1}, all, other+"/again.parquet")
	// The day again, with what was replaced among the sources: passed over, whatever
	// it holds.
	plan = mustRepair(t, db.Conn, repair.Request{From: day, To: day}, all, other+"/again.parquet")
	if len(plan.Files) != 1 || plan.Files[0].Name != other+"/again.parquet" || len(plan.Notes) != 1 || !strings.Contains(plan.Notes[0], "passed over: 1 of the files") {
		t.Errorf("%+v", plan)
	}
	agreed(count.FileCounts{Listed: 4, Loaded: 3, Replaced: 1}, all, other+"/again.parquet")
	if err := os.Truncate(dir+"/b.parquet", 0); err != nil {
		t.Fatal(err)
	}
	mustRepair(t, db.Conn, repair.Request{From: day, To: day}, all, other+"/again.parquet")
	_, err = New(config.Config{Conn: db.Conn}).Repair(t.Context(), repair.Request{From: day, To: day}, dir+"/b.parquet")
	if err == nil || !strings.Contains(err.Error(), "1 more are passed over") {
		t.Errorf("only what was replaced: %v", err)
	}
	if v := verified(t, db.Conn, false, all, other+"/again.parquet"); !v.Agrees {
		t.Errorf("%+v", v)
	}

	// A changed file with other days beside the repaired one.
	cutDays(t, db.Conn, other+"/e01.parquet", dir+"/c.parquet", "2024-01-02", "2024-01-03")
	_, err = New(config.Config{Conn: db.Conn}).Repair(t.Context(), repair.Request{From: date(t, "2024-01-02"), To: date(t, "2024-01-02")}, all)
	if err == nil || !strings.Contains(err.Error(), "c.parquet is replaced since it was loaded and holds downloads of 2024-01-03 too") {
		t.Errorf("a changed file of two days: %v", err)
	}
}

// TestLedgerFollowsAnotherMapping repairs days by a mapping that leaves out what
// was loaded: what the ledger says, quickly verified or as the status, is what the
// tables hold, of a file that is repaired as a whole with the reasons.
func TestLedgerFollowsAnotherMapping(t *testing.T) {
	for _, to := range []string{"2024-01-12", "2023-12-31"} { // all days of the files, and some
		db := newFew(t)
		for _, st := range ddl.LandingStatements(ddl.Options{Database: db.Name}) {
			must(t, db.Conn, st.SQL)
		}
		dir := t.TempDir()
		exports(t, db.Conn, dir, mixed(2, 400)...)
		all := dir + "/*.parquet"
		mustLoad(t, config.Config{Conn: db.Conn}, all)
		before := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi")
		where, reason := ddl.Landing().Accepted(), ddl.Landing().Reason()
		for _, sql := range []string{
			"ALTER TABLE pypi_landing_mv MODIFY QUERY " + strings.ReplaceAll(scalar[string](t, db.Conn, "SELECT as_select FROM system.tables WHERE database = currentDatabase() AND name = 'pypi_landing_mv'"), " WHERE ", " WHERE (ifNull(country_code, '') != 'FR') AND "),
			"ALTER TABLE pypi_landing_rejected_mv MODIFY QUERY SELECT if((" + where + ") AND ifNull(country_code, '') = 'FR', 'from France', " + reason + ") AS reason, count() AS rows FROM pypi_landing WHERE reason != '' GROUP BY reason",
		} {
			must(t, db.Conn, sql)
		}
		mustRepair(t, db.Conn, repair.Request{From: date(t, "2023-12-20"), To: date(t, to)}, all)
		rows := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi")
		if rows >= before || rows == 0 {
			t.Fatalf("%d rows of %d are left", rows, before)
		}
		in := New(config.Config{Conn: db.Conn})
		quick, err := in.Verify(t.Context(), true, all)
		if err != nil || !quick.Agrees || quick.Rows != rows {
			t.Errorf("up to %s: quick: %v, %+v", to, err, quick)
		}
		st, err := in.Status(t.Context())
		if err != nil || len(st.Kinds) != 1 || st.Kinds[0].Rows != rows || st.Kinds[0].Files != 2 {
			t.Errorf("up to %s: status: %v, %+v, want %d rows", to, err, st.Kinds, rows)
		}
		whole := to == "2024-01-12"
		if n := st.Kinds[0].Rejected["from France"]; whole && (n != before-rows || rows+rejectedRows(st) != 800) {
			t.Errorf("%d rows are said to be from France, of %d that are gone", n, before-rows)
		}
		if v, err := in.Verify(t.Context(), false, all); err != nil || v.Agrees != whole {
			t.Errorf("up to %s: verify: %v, %+v", to, err, v.Differences)
		}
		if sum := mustLoad(t, config.Config{Conn: db.Conn}, all); sum.Files != 0 {
			t.Errorf("%d files were loaded again", sum.Files)
		}
	}
}

// rejectedRows adds up what a status says is not stored.
func rejectedRows(st Status) (n uint64) {
	for _, rows := range st.Kinds[0].Rejected {
		n += rows
	}
	return n
}

// TestRepairClearsImplausibleDays takes rows out of all tables that are of days
// which no download can be of, and of no others.
func TestRepairClearsImplausibleDays(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(2, 200)
	exports(t, db.Conn, dir, files...)
	all := dir + "/*.parquet"
	mustLoad(t, config.Config{Conn: db.Conn}, all)
	must(t, db.Conn, "INSERT INTO pypi (date, project) VALUES ('2091-01-15', 'project-1'), ('1970-01-01', 'project-1'), ('1970-01-01', 'other')")
	for _, day := range []string{"2091-01-15", "1970-01-01"} {
		mustRepair(t, db.Conn, repair.Request{From: date(t, day), To: date(t, day)}, all)
	}
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
	v, err := New(config.Config{Conn: db.Conn}).Verify(t.Context(), false, all)
	if err != nil || !v.Agrees {
		t.Errorf("verify: %v, %+v", err, v.Differences)
	}
	tomorrow := time.Now().UTC().AddDate(0, 0, 1)
	if _, err := New(config.Config{Conn: db.Conn}).Repair(t.Context(), repair.Request{From: tomorrow, To: tomorrow}, all); err == nil || !strings.Contains(err.Error(), "would be emptied") {
		t.Errorf("a day that may have downloads: %v", err)
	}
}
