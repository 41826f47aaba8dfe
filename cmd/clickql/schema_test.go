package main

import (
	"encoding/json"
	"strings"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
	"clickql/internal/engine"
)

func TestSchemaOnAServer(t *testing.T) {
	db := chtest.New(t)
	server := []string{"--clickhouse", db.DSN}
	status, stdout, _ := clickql(append(server, "schema", "check")...)
	if status != exitFailed || !strings.Contains(stdout, "differs: "+db.Name+".pypi: the table is missing. Run: clickql schema apply") {
		t.Errorf("check of nothing: status %d\n%s", status, stdout)
	}
	status, stdout, stderr := clickql(append(server, "schema", "apply")...)
	if status != exitDone || !strings.Contains(stdout, "created table "+db.Name+".pypi\n") {
		t.Fatalf("apply: status %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, _ = clickql(append(server, "schema", "apply")...); status != exitDone || stdout != "database "+db.Name+" lacks nothing\n" {
		t.Errorf("second apply: status %d\n%s", status, stdout)
	}
	if status, stdout, stderr = clickql(append(server, "schema", "check")...); status != exitDone || stderr != "" {
		t.Errorf("check: status %d\n%s%s", status, stdout, stderr)
	}
	if err := db.Conn.Exec(t.Context(), "DROP VIEW "+db.Name+".pypi_downloads_mv SYNC"); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr = clickql(append(server, "schema", "check", "--json")...)
	var r check.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if status != exitFailed || r.Differences() != 1 || r.Findings[0].Object != db.Name+".pypi_downloads_mv" || !strings.Contains(stderr, db.Name) {
		t.Errorf("check of a missing view: status %d, %q\n%s", status, stderr, stdout)
	}
}

// TestSchemaApplyNamesWhatLacksHistory: an aggregate that is new to a database
// with downloads is named with the command that fills it, one that is new to an
// empty database is not.
func TestSchemaApplyNamesWhatLacksHistory(t *testing.T) {
	db := chtest.New(t)
	apply := []string{"--clickhouse", db.DSN, "schema", "apply"}
	if status, stdout, stderr := clickql(apply...); status != exitDone || strings.Contains(stdout, "backfill") {
		t.Fatalf("apply to an empty database: status %d\n%s%s", status, stdout, stderr)
	}
	for _, sql := range []string{
		"INSERT INTO " + db.Name + ".pypi (date, project) VALUES ('2024-03-01', 'pip')",
		"DROP TABLE " + db.Name + ".pypi_total_per_day_by_ci SYNC", "DROP VIEW " + db.Name + ".pypi_total_per_day_by_ci_mv SYNC",
	} {
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	status, stdout, stderr := clickql(apply...)
	if status != exitDone || !strings.HasSuffix(stdout, ":\n  clickql ingest backfill pypi_total_per_day_by_ci\n") {
		t.Errorf("apply to a database with downloads: status %d\n%s%s", status, stdout, stderr)
	}
}

// TestSchemaCoverage: every question about the most downloaded project has an
// aggregate, and without one of them the report says so.
func TestSchemaCoverage(t *testing.T) {
	db := chtest.NewWithSchema(t)
	coverage := []string{"--clickhouse", db.DSN, "schema", "coverage"}
	if status, _, stderr := clickql(coverage...); status != exitFailed || !strings.Contains(stderr, "clickql ingest run") {
		t.Errorf("coverage of nothing: status %d\n%s", status, stderr)
	}
	err := db.Conn.Exec(t.Context(), "INSERT INTO pypi (date, project, version) SELECT toDate('2024-03-02') + number % 20, if(number % 3 = 0, 'b', 'a'), '1' FROM numbers(100)")
	if err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := clickql(coverage...)
	if status != exitDone || !strings.Contains(stdout, "aggregates answer 82 of 82 questions about a, 66 of 66 about everything") {
		t.Errorf("coverage: status %d\n%s%s", status, stdout, stderr)
	}
	if status, _, stderr := clickql(append(coverage, "c")...); status != exitFailed || !strings.Contains(stderr, `"c"`) {
		t.Errorf("coverage of an unknown project: status %d\n%s", status, stderr)
	}
	if err := db.Conn.Exec(t.Context(), "DROP TABLE pypi_downloads_per_day_by_version_by_python_by_system_by_installer_by_type_by_ci_by_libc SYNC"); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr = clickql(append(coverage, "b", "--json")...)
	var r coverageReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || status != exitDone {
		t.Fatalf("coverage --json: status %d, %v\n%s%s", status, err, stdout, stderr)
	}
	needRaw := 0
	for _, l := range r.Lines {
		if l.NeedsRaw && l.About == "b" {
			needRaw++
		}
	}
	if needRaw != 4 { // VERSION with CI and LIBC, either way round
		t.Errorf("without the table of versions, CI, libc and more %d questions need the raw table, want 4", needRaw)
	}
}

// TestSchemaOnTheEmbeddedEngine uses the database that the engine has and one
// that it has yet to make. The first command starts the engine, the others
// join it.
func TestSchemaOnTheEmbeddedEngine(t *testing.T) {
	dir := t.TempDir()
	status, stdout, stderr := clickql("schema", "apply", "--data", dir, "--log-level", "error")
	if status != exitDone || !strings.Contains(stdout, "created table pypi.pypi\n") {
		t.Errorf("apply: status %d\n%s%s", status, stdout, stderr)
	}
	e, err := engine.Open(t.Context(), engine.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"check", exitDone, "total: pypi.pypi_downloads: 0: agrees"},
		{"apply", exitDone, "database pypi lacks nothing"},
		{"check --database mine", exitFailed, "differs: mine.pypi: the table is missing"},
		{"apply --database mine", exitDone, "created table mine.pypi\n"},
		{"check --database mine", exitDone, "total: mine.pypi_downloads: 0: agrees"},
	} {
		args := append([]string{"--data", dir, "schema"}, strings.Fields(c.args)...)
		status, stdout, stderr := clickql(args...)
		if status != c.status || !strings.Contains(stdout, c.want) {
			t.Errorf("%s: status %d, want %d and %q\n%s%s", c.args, status, c.status, c.want, stdout, stderr)
		}
	}
}

func TestSchemaPrintNeedsNoServer(t *testing.T) {
	status, stdout, _ := clickql("schema", "print", "--clickhouse", "clickhouse://127.0.0.1:1/mine", "--cluster", "main")
	if status != exitDone || stdout != ddl.Print(ddl.Options{Database: "mine", Cluster: "main"}) {
		t.Errorf("status %d\n%s", status, stdout)
	}
}
