package graph

import (
	"encoding/json"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/fetch"
	"clickql/internal/oracle"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// insertDownloads makes downloads of seven projects over sixteen weeks and the
// turn of a year.
var insertDownloads = oracle.Downloads("2023-11-20", 113, 6000, "")

// insertProjects makes the metadata of two of them; the others have none.
const insertProjects = `
INSERT INTO projects (name, version, summary, author, license, home_page, requires_python, project_urls, upload_time, filename) VALUES
	('NumPy', '1.9', 'Old', 'Nobody', 'BSD', 'https://old.example', '>=2.7', [], '2014-01-01 00:00:00', 'numpy-1.9.tar.gz'),
	('numpy', '1.10', 'Arrays', 'Travis', 'BSD-3', 'https://numpy.org', '>=3.5', ['Source, https://github.com/numpy/numpy'], '2015-10-06 01:02:03', 'numpy-1.10.tar.gz'),
	('numpy', '2.0rc1', 'Arrays to come', 'Travis', 'BSD-3', '', '', [], '2016-02-03 04:05:06', 'numpy-2.0rc1.tar.gz'),
	('pandas', '0.1.dev1', '', '', '', '', '', [], '2009-12-25 00:00:00', 'pandas-0.1.dev1.tar.gz'),
	('pandas', '0.1a2', 'Frames', '', '', '', '', [], '2009-12-26 00:00:00', 'pandas-0.1a2.tar.gz')`

// testData is a database with known downloads.
type testData struct {
	*oracle.Data
	conn    *chconn.Conn
	catalog *catalog.Catalog
	files   []file
}

// newData is a database that is filled, with insertDownloads and insertProjects where
// nothing else is given, opened as the gateway does.
func newData(t testing.TB, fill ...string) *testData {
	t.Helper()
	if len(fill) == 0 {
		fill = []string{insertDownloads, insertProjects}
	}
	db := chtest.Filled(t, fill...)
	d := &testData{Data: oracle.Read(t, db.Conn, "pypi"), files: readFiles(t, db), conn: db.Conn}
	var err error
	if d.catalog, err = catalog.Open(t.Context(), d.conn, catalog.Options{Database: db.Name}); err != nil {
		t.Fatal(err)
	}
	if err := d.catalog.Ready(); err != nil {
		t.Fatal(err)
	}
	return d
}

// handler is a handler with empty caches.
func (d *testData) handler(limits Limits) http.Handler {
	return NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: d.conn, Catalog: d.catalog}), Limits: limits})
}

// withAndWithoutIndex are handlers with empty caches, on the data as it is and
// as a database shows it that cannot list its projects.
func (d *testData) withAndWithoutIndex() map[string]http.Handler {
	blind := *d.catalog.Snapshot()
	blind.Projects = nil
	return map[string]http.Handler{
		"with index":    d.handler(Limits{}),
		"without index": NewHandler(HandlerConfig{Loader: d.loader(&blind)}),
	}
}

// loader answers from the database as a snapshot shows it.
func (d *testData) loader(snap *catalog.Snapshot) *fetch.Loader {
	return fetch.New(fetch.Config{Conn: d.conn, Catalog: fixed{snap: snap}})
}

// projectNames are the projects of insertDownloads.
var projectNames = []string{"numpy", "pandas", "requests", "flask", "zope-interface", "a", "tiny"}

// quoted writes a value as GraphQL, whose strings and lists are JSON's.
func quoted(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// plain is the value as JSON has it.
func plain(v any) (out any) {
	b, _ := json.Marshal(v)
	_ = json.Unmarshal(b, &out)
	return out
}

// closeEnough compares numbers to the last digits of a float.
var closeEnough = cmp.Comparer(func(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b))
})

// plainText is JSON as Go has it.
func plainText(text string) (out any) {
	_ = json.Unmarshal([]byte(text), &out)
	return out
}

// check asks the handler and compares.
func check(t *rapid.T, h http.Handler, query string, want map[string]any) {
	got := post(t, h, query, nil, nil)
	if len(got.Errors) > 0 {
		t.Fatalf("%s\n%s", query, got.body)
	}
	if found := oracle.Differences(want, got.Data, nil); len(found) > 0 {
		t.Fatalf("%s\n%s", query, strings.Join(found, "\n"))
	}
}
