package main

import (
	"bufio"
	"strings"
	"syscall"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/sample"
)

// TestIngestWatch loads a sample in the first round and ends well when it is
// told to.
func TestIngestWatch(t *testing.T) {
	db := chtest.NewWithSchema(t)
	o := sample.Defaults()
	o.Dir, o.Rows, o.Days, o.Projects = t.TempDir(), 1000, 2, 5
	if _, err := sample.Write(t.Context(), db.Conn, o, nil); err != nil {
		t.Fatal(err)
	}
	cmd := commandProcess(t, "ingest", "watch", "--clickhouse", db.DSN, o.Dir+"/"+sample.DownloadsDir+"/*.parquet")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "round 1 ok: ") || !strings.Contains(line, " 0 failed, 0 not tried, 0 given up") {
		t.Errorf("first round: %q, %v", line, err)
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

// TestIngestWatchUsage ends at once where trying again cannot help.
func TestIngestWatchUsage(t *testing.T) {
	db := chtest.New(t)
	for want, c := range map[string]struct {
		args   []string
		status int
	}{
		"time above zero":            {[]string{"x", "--every", "0s"}, exitUsage},
		"given together":             {[]string{"x", "--gcs-hmac-key", "k"}, exitUsage},
		"no such kind of source":     {[]string{"s3://bucket/x"}, exitFailed},
		"its scheme is none":         {[]string{"x", "--clickhouse", "ftp://host"}, exitUsage},
		"requires at least 1 arg(s)": {nil, exitUsage},
	} {
		args := append([]string{"ingest", "watch", "--clickhouse", db.DSN}, c.args...)
		if status, _, stderr := clickql(args...); status != c.status || !strings.Contains(stderr, want) {
			t.Errorf("%v: status %d, %q, want %d and %q", c.args, status, stderr, c.status, want)
		}
	}
}
