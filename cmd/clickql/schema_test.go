package main

import (
	"encoding/json"
	"strings"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/ddl"
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
	var r ddl.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if status != exitFailed || r.Differences() != 1 || r.Findings[0].Object != db.Name+".pypi_downloads_mv" || !strings.Contains(stderr, db.Name) {
		t.Errorf("check of a missing view: status %d, %q\n%s", status, stderr, stdout)
	}
}

// TestSchemaOnTheEmbeddedEngine uses a database of the engine's and one that
// it has yet to make, with an engine that starts and stops for each command.
func TestSchemaOnTheEmbeddedEngine(t *testing.T) {
	for _, database := range []string{"pypi", "mine"} {
		embedded := []string{"--data", t.TempDir(), "--database", database, "--log-level", "error"}
		for _, c := range []struct {
			args   []string
			status int
			want   string
		}{
			{[]string{"schema", "check"}, exitFailed, "differs: " + database + ".pypi: the table is missing"},
			{[]string{"schema", "apply"}, exitDone, "created table " + database + ".pypi\n"},
			{[]string{"schema", "check"}, exitDone, "total: " + database + ".pypi_downloads: 0: agrees"},
		} {
			status, stdout, stderr := clickql(append(embedded, c.args...)...)
			if status != c.status || !strings.Contains(stdout, c.want) {
				t.Errorf("%v of %s: status %d, want %d and %q\n%s%s", c.args, database, status, c.status, c.want, stdout, stderr)
			}
		}
	}
}

func TestSchemaPrintNeedsNoServer(t *testing.T) {
	status, stdout, _ := clickql("schema", "print", "--clickhouse", "clickhouse://127.0.0.1:1/mine", "--cluster", "main")
	if status != exitDone || stdout != ddl.Print(ddl.Options{Database: "mine", Cluster: "main"}) {
		t.Errorf("status %d\n%s", status, stdout)
	}
}
