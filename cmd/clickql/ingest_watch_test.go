package main

import (
	"bufio"

	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/dustin/go-humanize"

	"clickql/internal/chtest"
	"clickql/internal/sample"
)

// TestIngestWatch loads a sample in the first round and ends well when it is
// told to.
func TestIngestWatch(t *testing.T) {
	db := chtest.NewWithSchema(t)
	o := sample.Defaults()
	o.Dir, o.Rows, o.Days, o.Projects = t.TempDir(), 1000, 2, 5
	written, err := sample.Write(t.Context(), db.Conn, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	_ = free.Close()
	cmd := commandProcess(t, "ingest", "watch", "--clickhouse", db.DSN, "--metrics-addr", addr, o.Dir+"/"+sample.DownloadsDir+"/*.parquet",
		"--projects", o.Dir+"/"+sample.ProjectsDir+"/*.parquet", "--github", o.Dir+"/"+sample.GitHubDir+"/*.json.gz")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "round 1 ok: ") || !strings.Contains(line, " 0 failed, 0 waiting, 0 set aside") {
		t.Errorf("first round: %q, %v", line, err)
	}
	if line, err = lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "round 1 projects: ") || !strings.Contains(line, humanize.Comma(written.Releases)+" rows; 0 failed") {
		t.Errorf("metadata of the first round: %q, %v", line, err)
	}
	if line, err = lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "round 1 github: ") || !strings.Contains(line, humanize.Comma(written.Events)+" rows; 0 failed") {
		t.Errorf("events of the first round: %q, %v", line, err)
	}
	for _, want := range []string{`clickql_ingest_files{kind="downloads",state="done"} 2`, `clickql_ingest_rows{kind="downloads"} 999`,
		`clickql_ingest_rounds_total{outcome="ok"} 1`, "clickql_ingest_lag_days ", "clickql_ingest_batches_stuck 0", "clickql_ingest_ledger_readable 1"} {
		if text := get(t, "http://"+addr+"/metrics"); !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s:\n%s", want, text)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, stderr.String())
	}
	if status, stdout, _ := clickql("ingest", "status", "--clickhouse", db.DSN); status != exitDone || strings.Contains(stdout, "writer") {
		t.Errorf("status after the end: %d\n%s", status, stdout)
	}
}

// get reads a page.
func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: status %d, %v", url, resp.StatusCode, err)
	}
	return string(text)
}

// TestIngestWatchUsage ends at once where trying again cannot help.
func TestIngestWatchUsage(t *testing.T) {
	db := chtest.New(t)
	for want, c := range map[string]struct {
		args   []string
		status int
	}{
		"time above zero":           {[]string{"x", "--every", "0s"}, exitUsage},
		"given together":            {[]string{"x", "--gcs-hmac-key", "k"}, exitUsage},
		"no such kind of source":    {[]string{"ftp://bucket/x"}, exitFailed},
		"name one bucket":           {[]string{"s3:///x"}, exitFailed},
		"netrc file":                {[]string{"https://user:password@host.example/x"}, exitFailed},
		"its scheme is none":        {[]string{"x", "--clickhouse", "ftp://host"}, exitUsage},
		"ingest watch needs SOURCE": {nil, exitUsage},
	} {
		args := append([]string{"ingest", "watch", "--clickhouse", db.DSN}, c.args...)
		if status, _, stderr := clickql(args...); status != c.status || !strings.Contains(stderr, want) {
			t.Errorf("%v: status %d, %q, want %d and %q", c.args, status, stderr, c.status, want)
		}
	}
}
