package main

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/internal/chtest"
	"clickql/internal/fakes3"
)

// TestNames completes the SOURCEs of a command line by those on standard input.
func TestNames(t *testing.T) {
	local, err := filepath.Abs("b.parquet")
	if err != nil {
		t.Fatal(err)
	}
	a := &app{stdin: strings.NewReader("s3://bucket/a.parquet\n\n# none\n  b.parquet  \r\n")}
	names, err := a.names([]string{"gs://x/*", "-"})
	if err != nil || !slices.Equal(names, []string{"gs://x/*", "s3://bucket/a.parquet", local}) {
		t.Errorf("%q, %v", names, err)
	}
	a = &app{clickhouse: "clickhouse://host", stdin: strings.NewReader("b.parquet")}
	if names, err = a.names([]string{"-"}); err != nil || !slices.Equal(names, []string{"b.parquet"}) {
		t.Errorf("on a server's disk: %q, %v", names, err)
	}
	var usage usageError
	if _, err = a.names([]string{"-"}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "names nothing") {
		t.Errorf("nothing: %v", err)
	}
}

// TestSources loads from a store of S3 and from a web server by the command line, and
// keeps passwords out of what it says.
func TestSources(t *testing.T) {
	db := chtest.NewWithSchema(t)
	bucket, err := fakes3.Start("exports")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bucket.Stop)
	if err := bucket.Put("pypi/a.parquet", db.Export(t, 1, 10)); err != nil {
		t.Fatal(err)
	}
	content := db.Export(t, 2, 100)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(content)))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(web.Close)
	t.Setenv("AWS_ENDPOINT_URL", bucket.URL())
	command := func(args ...string) (int, string, string) {
		return clickql(append(append([]string{"ingest"}, args...), "--clickhouse", db.DSN, "--log-level", "error", "--s3-anonymous")...)
	}
	for range 2 {
		if status, stdout, stderr := command("run", "s3://exports/**.parquet", web.URL+"/b.parquet"); status != exitDone || db.Downloads(t) != 110 {
			t.Fatalf("%d, %d rows in the table\n%s%s", status, db.Downloads(t), stdout, stderr)
		}
	}
	for _, source := range []string{"https://user:hunter2@host.example/a.parquet", "https://host.example/a.parquet?sig=hunter2"} {
		if status, stdout, stderr := command("verify", source); status != exitFailed || !strings.Contains(stderr, "netrc") || strings.Contains(stdout+stderr, "hunter2") {
			t.Errorf("%s: %d\n%s%s", source, status, stdout, stderr)
		}
	}
	if status, _, stderr := command("run", "x", "--s3-server-keys"); status != exitUsage || !strings.Contains(stderr, "exclude one another") {
		t.Errorf("both: %d %s", status, stderr)
	}
}
