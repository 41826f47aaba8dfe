package ingest

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/repair"
	"clickql/ingest/verify"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

// The commands that remedies name.
var (
	repairCommand   = regexp.MustCompile(`clickql ingest repair (\S+) --(?:date|from) (\S+)(?: --to (\S+))?`)
	runCommand      = regexp.MustCompile(`clickql ingest run (\S+)`)
	backfillCommand = regexp.MustCompile(`clickql ingest backfill (\w+)`)
	dropCommand     = regexp.MustCompile("DROP VIEW `?\\w+`?\\.`?\\w+`?")
)

// follow does what remedies say, as an operator would, each thing once.
func follow(t *testing.T, conn *chconn.Conn, remedies ...string) {
	t.Helper()
	done := map[string]bool{}
	once := func(s string, do func()) {
		if s != "" && !done[s] {
			done[s] = true
			do()
		}
	}
	text := strings.Join(remedies, "\n")
	for _, sql := range dropCommand.FindAllString(text, -1) {
		once(sql, func() { must(t, conn, sql) })
	}
	if strings.Contains(text, "clickql schema apply") {
		if _, err := ddl.Apply(t.Context(), conn, ddl.Options{Database: conn.Database()}); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range runCommand.FindAllStringSubmatch(text, -1) {
		once(m[0], func() { mustLoad(t, config.Config{Conn: conn}, strings.Trim(m[1], "'")) })
	}
	for _, m := range repairCommand.FindAllStringSubmatch(text, -1) {
		once(m[0], func() {
			mustRepair(t, conn, repair.Request{From: date(t, m[2]), To: date(t, cmp.Or(m[3], m[2]))}, strings.Trim(m[1], "'"))
		})
	}
	for _, m := range backfillCommand.FindAllStringSubmatch(text, -1) {
		once(m[0], func() { mustBackfill(t, config.Config{Conn: conn}, backfill.Request{Table: m[1]}) })
	}
}

// remediesOf lists what verify and schema check say is to be done.
func remediesOf(t *testing.T, conn *chconn.Conn, source string) (_, checked []string) {
	t.Helper()
	v := verified(t, conn, false, source)
	for _, d := range v.Differences {
		if !slices.Contains(v.Remedies, d.Remedy) && d.Cause != verify.CauseAsRaw {
			t.Errorf("%q mends %+v and is none of %q", d.Remedy, d, v.Remedies)
		}
	}
	r, err := check.Run(t.Context(), conn, ddl.Options{Database: conn.Database()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if !f.Note {
			checked = append(checked, f.Remedy)
		}
	}
	return v.Remedies, checked
}

// TestRemedies damages a database in all the ways at once that operators know,
// and does what verify and schema check print until neither finds anything.
func TestRemedies(t *testing.T) {
	t.Parallel()
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	files := mixed(3, 200)
	exports(t, db.Conn, dir, files...)
	source := filepath.Join(dir, "*.parquet")
	mustLoad(t, config.Config{Conn: db.Conn}, source)
	want := expectation(t, db.Conn, db.Name, files)
	for _, sql := range []string{
		"DELETE FROM pypi WHERE date = '2023-12-22'",                                                // a day missing
		"INSERT INTO pypi SELECT * FROM " + want + " WHERE date = '2024-01-03'",                     // a day doubled by hand
		"TRUNCATE TABLE pypi_downloads_by_version",                                                  // a view created late
		"DELETE FROM pypi_downloads_per_month WHERE month = '2023-12-01' AND project = 'project-1'", // the month table short
		"ALTER TABLE pypi_downloads_mv MODIFY QUERY SELECT project, uniq(version) AS count FROM pypi GROUP BY project",
		"DROP VIEW pypi_downloads_max_min_mv SYNC", "DROP TABLE pypi_downloads_max_min SYNC",
	} {
		must(t, db.Conn, sql)
	}
	exports(t, db.Conn, dir, exportFile{"late.parquet", false, 99, 100})
	want = expectation(t, db.Conn, db.Name, append(files, exportFile{"late.parquet", false, 99, 100}))
	verify, check := remediesOf(t, db.Conn, source)
	if len(verify) == 0 || len(check) == 0 {
		t.Fatalf("nothing was found: %q, %q", verify, check)
	}
	follow(t, db.Conn, check...)
	verify, _ = remediesOf(t, db.Conn, source)
	follow(t, db.Conn, verify...)
	if verify, check = remediesOf(t, db.Conn, source); len(verify)+len(check) > 0 {
		t.Errorf("still: %q, %q", verify, check)
	}
	checkEqual(t, db.Conn, db.Name, want)
	checkClean(t, db.Conn, db.Name)
	checkNoFill(t, db.Conn, db.Name)
}
