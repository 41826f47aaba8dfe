package export

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// TestExportQueries compares the statements with the golden file.
func TestExportQueries(t *testing.T) {
	until := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	leap := until.AddDate(0, 0, -1)
	var b strings.Builder
	for _, e := range []Request{
		{Bucket: "my-exports", Until: until},
		{Bucket: "my-exports", Prefix: "/pypi/daily/", From: leap.AddDate(0, 0, -1), To: leap, Until: until},
	} {
		queries, err := e.Queries()
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range queries {
			b.WriteString("# " + string(q.Kind) + " " + q.Source + "\n" + q.SQL + "\n")
		}
	}
	const golden = "testdata/export.sql"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the statements differ from %s; they are\n%s", golden, b.String())
	}
	// Every column that a load reads is exported.
	for _, f := range []Feed{DownloadsFeed(""), projectsFeed("")} {
		for _, l := range f.Leaves {
			top, _, _ := strings.Cut(l.Path, ".")
			if !strings.Contains(b.String(), "\n  "+top) && !strings.Contains(b.String(), " AS "+top) {
				t.Errorf("%s of %s is not exported", l.Path, f.Kind)
			}
		}
	}
}

// TestExportRefusals refuses what would give statements that lie or break.
func TestExportRefusals(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }
	for want, e := range map[string]Request{
		"without gs://":    {Bucket: "gs://b"},
		"letters, digits":  {Bucket: "bucket", Prefix: "a'b"},
		"both its first":   {Bucket: "bucket", From: day(1)},
		"before the first": {Bucket: "bucket", From: day(2), To: day(1), Until: day(9)},
		"not over":         {Bucket: "bucket", From: day(2), To: day(9), Until: day(9)},
	} {
		if _, err := e.Queries(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", e, err, want)
		}
	}
}
