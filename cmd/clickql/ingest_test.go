package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"clickql/ingest"
	"clickql/ingest/verify"
	"clickql/internal/chtest"
	"clickql/internal/sample"
)

// TestIngest loads a small sample as an operator would, one file of it bad at
// first.
func TestIngest(t *testing.T) {
	db := chtest.NewWithSchema(t)
	o := sample.Defaults()
	o.Dir, o.Rows, o.Days, o.Projects = t.TempDir(), 5000, 6, 20
	written, err := sample.Write(t.Context(), db.Conn, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) (int, string, string) {
		return clickql(append([]string{"ingest", "--clickhouse", db.DSN, "--log-level", "error"}, args...)...)
	}
	if status, stdout, _ := command("status"); status != exitDone || !strings.Contains(stdout, "nothing has been loaded yet") {
		t.Errorf("status of nothing: %d\n%s", status, stdout)
	}
	bad := o.Dir + "/" + sample.DownloadsDir + "/bad.parquet"
	if err := os.WriteFile(bad, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	downloads := o.Dir + "/" + sample.DownloadsDir + "/*.parquet"
	status, stdout, stderr := command("run", downloads)
	if status != exitFailed || !strings.Contains(stdout, "failed: "+bad+": it is not a Parquet file") || !strings.Contains(stderr, "1 of ") {
		t.Errorf("run with a bad file: %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, _ = command("status"); status != exitDone || !strings.Contains(stdout, bad) {
		t.Errorf("status with a bad file: %d\n%s", status, stdout)
	}
	if err := os.Remove(bad); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr = command("run", downloads); status != exitDone || !strings.Contains(stdout, "0 loaded now") {
		t.Errorf("second run: %d\n%s%s", status, stdout, stderr)
	}
	var v verify.Report
	status, stdout, stderr = command("verify", downloads, "--json")
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || status != exitDone || !v.Agrees || v.Rows != uint64(written.Rows-written.Rejected) {
		t.Errorf("verify --json: %d, %v\n%s%s", status, err, stdout, stderr)
	}
	if status, stdout, stderr = command("verify", "--quick", downloads); status != exitDone || !strings.Contains(stdout, "agrees") {
		t.Errorf("verify --quick: %d\n%s%s", status, stdout, stderr)
	}
	if err := db.Conn.Exec(t.Context(), "DELETE FROM pypi WHERE date = '"+written.To+"'"); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr = command("verify", downloads)
	if status != exitFailed || !strings.Contains(stdout, written.To) || !strings.Contains(stdout, "missing-file: every row is gone") || !strings.Contains(stderr, "do not agree: 1 difference") {
		t.Errorf("verify with a day missing: %d\n%s%s", status, stdout, stderr)
	}
	mend := "clickql ingest repair --clickhouse "
	if !strings.Contains(stdout, mend) || !strings.Contains(stdout, " '"+downloads+"' --date "+written.To+"\n") {
		t.Errorf("verify names no command that mends the day:\n%s", stdout)
	}
	if status, stdout, stderr = command("projects", o.Dir+"/"+sample.ProjectsDir+"/*.parquet"); status != exitDone {
		t.Errorf("projects: %d\n%s%s", status, stdout, stderr)
	}
	status, stdout, stderr = command("status", "--json")
	var st ingest.Status
	if err := json.Unmarshal([]byte(stdout), &st); err != nil || status != exitDone {
		t.Fatalf("status --json: %d, %v\n%s%s", status, err, stdout, stderr)
	}
	stored := uint64(written.Rows - written.Rejected)
	if len(st.Kinds) != 2 || st.Kinds[0].Rows != stored || st.Kinds[1].Rows != uint64(written.Releases) ||
		st.Kinds[0].NewestDay != written.To || len(st.Failed) != 1 {
		t.Errorf("status: %+v, want %d rows up to %s", st, stored, written.To)
	}
}

// TestIngestUsage tries command lines that name nothing to load.
func TestIngestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"ingest", "run"}, "needs SOURCE"},
		{[]string{"ingest", "run", "x", "--gcs-hmac-key", "k"}, "given together"},
		{[]string{"ingest", "run", "x", "--batch-bytes", "many"}, "not a size"},
		{[]string{"ingest", "export-query"}, "export to bucket"},
		{[]string{"ingest", "export-query", "--bucket", "bucket", "--date", "today"}, "not a day"},
		{[]string{"ingest", "export-query", "--bucket", "bucket", "--date", "2024-01-31", "--from", "2024-01-01"}, "give --date, or"},
		{[]string{"ingest", "verify"}, "needs SOURCE"},
		{[]string{"ingest", "repair", "x", "--from", "2024-02-02", "--to", "2024-02-01"}, "comes before --from"},
		{[]string{"ingest", "verify", "x", "--gcs-hmac-secret", "k"}, "given together"},
		{[]string{"ingest", "status", "x"}, "takes no arguments"},
		{[]string{"ingest"}, "needs one of the commands"},
	} {
		if status, _, stderr := clickql(c.args...); status != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: status %d, %q, want %q", c.args, status, stderr, c.want)
		}
	}
}

// TestIngestExportQuery prints the statements of one day.
func TestIngestExportQuery(t *testing.T) {
	status, stdout, stderr := clickql("ingest", "export-query", "--bucket", "my-exports", "--prefix", "pypi", "--date", "2024-01-31")
	if status != exitDone || stderr != "" || strings.Count(stdout, "EXPORT DATA") != 2 ||
		!strings.Contains(stdout, "-- load it with: clickql ingest run 'gs://my-exports/pypi/1706659200-*.parquet'") ||
		!strings.Contains(stdout, "timestamp < TIMESTAMP '2024-02-01 00:00:00+00'") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}
