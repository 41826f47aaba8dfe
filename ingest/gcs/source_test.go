package gcs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/verify"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/fakegcs"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// fake starts an emulator with a bucket.
func fake(t *testing.T, objects map[string][]byte) (fakegcs.Bucket, *Source) {
	t.Helper()
	server, err := fakegcs.Start("exports")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	for key, content := range objects {
		server.Put(key, content)
	}
	src := New(Config{EmulatorHost: server.URL()})
	t.Cleanup(func() { _ = src.Close() })
	return server, src
}

// parquet makes an export of n downloads of one day.
func parquet(t *testing.T, conn *chconn.Conn, seed, n int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), fmt.Sprintf("%d.parquet", seed))
	text := func(expr string) string { return "CAST(" + expr + " AS Nullable(String))" }
	err := conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO FUNCTION file(%s, 'Parquet') SELECT
		CAST(toDateTime64('2024-03-01 00:00:00', 6, 'UTC') + number AS Nullable(DateTime64(6, 'UTC'))) AS timestamp, %s AS country_code, %s AS project,
		%s AS "file.filename", %s AS "file.version", %s AS "file.type", %s AS "installer.name", %s AS python,
		%s AS "distro.libc.lib", %s AS "distro.libc.version", %s AS "system.name" FROM numbers(%d)`,
		chconn.Literal(path), text("['DE', 'FR'][1 + number % 2]"), text(fmt.Sprintf("concat('p', toString(%d), '-', toString(number %% 7))", seed)),
		text("'f'"), text("'1.0'"), text("'sdist'"), text("'pip'"), text("'3.11.4'"), text("'glibc'"), text("'2.31'"), text("'Linux'"), n))
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// stored is the number of rows in the raw table.
func stored(t *testing.T, db *chtest.DB) (n uint64) {
	t.Helper()
	if err := db.Conn.QueryRow(t.Context(), "SELECT count() FROM pypi").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLoad(t *testing.T) {
	db := chtest.NewWithSchema(t)
	server, src := fake(t, map[string][]byte{
		"2024/a.parquet": parquet(t, db.Conn, 1, 1000), "2024/b c%41+#é.parquet": parquet(t, db.Conn, 2, 100),
		"2024/d,e.parquet": parquet(t, db.Conn, 3, 10), "2024/deep/f.parquet": parquet(t, db.Conn, 4, 1), "other.txt": []byte("x"),
	})
	load := func(patterns ...string) (config.Summary, error) {
		return ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{src}}).Run(t.Context(), ledger.Downloads, patterns...)
	}
	sum, err := load("gs://exports/2024/*.parquet", "gs://exports/2024/a.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if sum.Listed != 3 || sum.Files != 3 || sum.Rows != 1110 || !sum.Complete() || stored(t, db) != 1110 {
		t.Fatalf("first load: %+v, %d rows in the table", sum, stored(t, db))
	}
	server.Put("2024/a.parquet", parquet(t, db.Conn, 5, 500))
	sum, err = load("gs://exports/**.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if sum.Already != 2 || len(sum.Changed) != 1 || sum.Changed[0].Object.Name != "gs://exports/2024/a.parquet" || sum.Rows != 1 || stored(t, db) != 1111 {
		t.Fatalf("second load: %+v, %d rows in the table", sum, stored(t, db))
	}
	v, err := ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{src}}).Verify(t.Context(), false, "gs://exports/**.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if v.Agrees || v.Rows != 611 || v.Files != (count.FileCounts{Listed: 4, Loaded: 3, Changed: 1}) || v.Differences[0].Cause != verify.CauseChanged {
		t.Fatalf("verify with a changed object: %+v", v)
	}
	server.Put("2024/a.parquet", parquet(t, db.Conn, 1, 1000))
	if v, err = ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{src}}).Verify(t.Context(), false, "gs://exports/**.parquet"); err != nil || len(v.Differences) > 0 {
		t.Fatalf("verify with the object's old content: %+v, %v", v, err)
	}
}

// TestReplacedWhileRead replaces an object between its staging and its check.
func TestReplacedWhileRead(t *testing.T) {
	db := chtest.NewWithSchema(t)
	server, src := fake(t, map[string][]byte{"a.parquet": parquet(t, db.Conn, 1, 10), "b.parquet": parquet(t, db.Conn, 2, 100)})
	once := false
	cfg := config.Config{Conn: db.Conn, Sources: []export.Source{src}, Before: func(sql string) error {
		if strings.HasPrefix(sql, "SELECT count() FROM clickql_stage_") && !once {
			once = true
			server.Put("a.parquet", parquet(t, db.Conn, 3, 10))
		}
		return nil
	}}
	sum, err := ingest.New(cfg).Run(t.Context(), ledger.Downloads, "gs://exports/*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if len(sum.Failed) != 1 || !strings.Contains(sum.Failed[0].Reason, "replaced while it was being read") || sum.Rows != 100 || stored(t, db) != 100 {
		t.Fatalf("%+v, %d rows in the table", sum, stored(t, db))
	}
	sum, err = ingest.New(cfg).Run(t.Context(), ledger.Downloads, "gs://exports/*.parquet")
	if err != nil || sum.Rows != 10 || stored(t, db) != 110 {
		t.Fatalf("after the replacement: %+v, %v, %d rows in the table", sum, err, stored(t, db))
	}
}

func TestListErrors(t *testing.T) {
	_, src := fake(t, map[string][]byte{"folder/a.parquet": []byte("x")})
	for pattern, want := range map[string]string{
		"gs://nowhere/*.parquet":         "there is no bucket nowhere",
		"gs://exports/none*.parquet":     "no object matches",
		"gs://exports/none.parquet":      "no object matches",
		"gs://exports/folder":            "it is a folder",
		"gs://exports/folder/":           "it is a folder",
		"gs://exports":                   "it is a folder",
		"gs://":                          "name one bucket",
		"gs://ex*/a":                     "name one bucket",
		"gs://exports/folder/{a.parquet": "not closed",
	} {
		_, err := src.List(context.Background(), pattern)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), pattern) {
			t.Errorf("List(%q): %v, want an error that names it and says %q", pattern, err, want)
		}
	}
}

// TestSecretsStayOut checks that an HMAC key is in no statement's text.
func TestSecretsStayOut(t *testing.T) {
	src := New(Config{HMACKey: "GOOGKEY", HMACSecret: "hunter2"})
	table, err := src.Table([]export.Object{{Name: "gs://b/o", Path: "b/o"}}, "Parquet", "a String")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(table.SQL, "GOOGKEY") || strings.Contains(table.SQL, "hunter2") || table.Params["source_secret"] != "hunter2" {
		t.Fatalf("table function: %+v", table)
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		glob, key string
		want      bool
	}{
		{"a*.parquet", "ab.parquet", true}, {"a*.parquet", "a/b.parquet", false}, {"a**.parquet", "a/b.parquet", true},
		{"{a,b}/x", "b/x", true}, {"{a,b}/x", "c/x", false}, {"a?", "ab", true}, {"a?", "a/", false},
		{"a.b", "axb", false}, {"a,b", "a,b", true}, {"é*", "éa", true}, {"[a]", "[a]", true},
		{"**.parquet", "new\nline.parquet", true},
	} {
		match, err := compileGlob(c.glob)
		if err != nil {
			t.Fatal(err)
		}
		if got := match(c.key); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.glob, c.key, got, c.want)
		}
	}
}
