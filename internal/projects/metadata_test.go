package projects_test

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"clickql/internal/catalog"
	"clickql/internal/chtest"
	"clickql/internal/fetch"
	"clickql/internal/projects"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// TestMetadata: the latest version's texts, by PEP 440.
func TestMetadata(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), `INSERT INTO projects (name, version, summary, author, license, home_page, requires_python, project_urls, upload_time)
VALUES ('Pandas', '1.9', 'old', 'a', 'MIT', '', '>=3', [], '2024-01-03 00:00:00'),
       ('Pandas', '1.10', 'new', 'b', 'BSD', 'https://x.org', '>=3.9', ['Docs, https://github.com/x/docs', 'Source, https://github.com/p/pandas.git'], '2024-01-02 00:00:00'),
       ('pandas', '2.0rc1', 'rc', 'c', '', '', '', [], '2024-01-05 10:00:00'), ('other', '1', '', '', '', '', '', [], '2020-01-01 00:00:00')`); err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	l := fetch.New(fetch.Config{Conn: db.Conn, Catalog: cat})
	op := l.Begin(t.Context())
	in := projects.In(op)
	in.PrefetchMetadata(t.Context(), []string{"pandas", "other", "absent"})
	m, err := in.Metadata(t.Context(), "pandas")
	if err != nil {
		t.Fatal(err)
	}
	want := &projects.Metadata{Name: "pandas", LatestVersion: "1.10", Summary: "new", Author: "b", License: "BSD", HomePage: "https://x.org",
		RequiresPython: ">=3.9", Repository: "p/pandas", LastRelease: time.Date(2024, 1, 5, 10, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, m, cmpopts.IgnoreUnexported(projects.Metadata{})); diff != "" {
		t.Error(diff)
	}
	before := ran(op)
	for _, name := range []string{"pandas", "other", "absent"} {
		apart, err := projects.In(l.Begin(t.Context())).Releases(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		together, err := in.Releases(t.Context(), name)
		if diff := cmp.Diff(apart, together, cmpopts.EquateEmpty()); diff != "" || err != nil || name != "absent" && len(together) == 0 {
			t.Errorf("releases of %s, of their own (-) and with the metadata (+): %v\n%s", name, err, diff)
		}
	}
	if n := ran(op) - before; n > 0 {
		t.Errorf("%d queries for releases that came with the metadata", n)
	}
	if m, err := in.Metadata(t.Context(), "absent"); m != nil || err != nil {
		t.Errorf("metadata of an unknown project: %v, %v", m, err)
	}
	if got := ran(op); got != 1 {
		t.Errorf("%d queries for three projects' metadata", got)
	}
}

// ran counts the queries that an operation had run.
func ran(op *fetch.Operation) int {
	n := 0
	for _, e := range op.Explain() {
		if e.Source == fetch.FromClickHouse {
			n++
		}
	}
	return n
}
