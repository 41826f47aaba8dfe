package graph

import (
	"net/http"
	"os"
	"testing"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/fetch"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// insertDownloads makes downloads of seven projects over sixteen weeks and the
// turn of a year: few enough for many values to have equal totals, and with
// every dimension's empty value, mirrors, pre-releases and a project that is
// hardly there.
const insertDownloads = `
INSERT INTO pypi
WITH k -> cityHash64(number, k) AS h
SELECT
	toDate('2023-11-20') + h(1) % 113 AS date,
	['US', 'DE', 'CN', '', 'JP', 'XK', 'GB', 'AT', 'US', 'US'][h(2) % 10 + 1] AS country_code,
	number < 5 ? 'tiny' : ['numpy', 'pandas', 'requests', 'flask', 'zope-interface', 'a', 'numpy', 'numpy', 'pandas'][h(3) % 9 + 1] AS project,
	['bdist_wheel', 'sdist', 'bdist_egg', 'bdist_wheel'][h(4) % 4 + 1] AS type,
	['pip', 'uv', 'bandersnatch', 'poetry', '', 'Artifactory', 'devpi', 'z3c.pypimirror', 'pip', 'pip', 'pip'][h(5) % 11 + 1] AS installer,
	['3.12', '3.11', '3.9', '2.7', ''][h(6) % 5 + 1] AS python_minor,
	['Linux', 'Darwin', 'Windows', '', 'Linux'][h(7) % 5 + 1] AS system,
	['1.0', '1.1', '1.10', '2.0', '2.0rc1', '2.1.dev3'][h(8) % 6 + 1] AS version,
	['true', 'false', 'unknown'][h(9) % 3 + 1] AS ci,
	concat(project, '-', version, '.whl') AS filename,
	[('glibc', '2.31'), ('glibc', '2.17'), ('musl', '1.2.4'), ('', '')][h(10) % 4 + 1] AS libc
FROM numbers(6000)`

// insertProjects makes the metadata of two of them; the others have none.
const insertProjects = `
INSERT INTO projects (name, version, summary, author, license, home_page, requires_python, project_urls, upload_time, filename) VALUES
	('NumPy', '1.9', 'Old', 'Nobody', 'BSD', 'https://old.example', '>=2.7', [], '2014-01-01 00:00:00', 'numpy-1.9.tar.gz'),
	('numpy', '1.10', 'Arrays', 'Travis', 'BSD-3', 'https://numpy.org', '>=3.5', ['Source, https://github.com/numpy/numpy'], '2015-10-06 01:02:03', 'numpy-1.10.tar.gz'),
	('numpy', '2.0rc1', 'Arrays to come', 'Travis', 'BSD-3', '', '', [], '2016-02-03 04:05:06', 'numpy-2.0rc1.tar.gz'),
	('pandas', '0.1.dev1', '', '', '', '', '', [], '2009-12-25 00:00:00', 'pandas-0.1.dev1.tar.gz'),
	('pandas', '0.1a2', 'Frames', '', '', '', '', [], '2009-12-26 00:00:00', 'pandas-0.1a2.tar.gz')`

// row is one download as the raw table holds it, its values by dimension.
type row struct {
	day    time.Time
	values map[catalog.Dimension]string
}

// testData is a database with known downloads.
type testData struct {
	rows        []row
	first, last time.Time // days with a download
	conn        *chconn.Conn
	catalog     *catalog.Catalog
	files       []file
}

// newData fills a database, with insertDownloads and insertProjects where
// nothing else is given, and opens it as the gateway does.
func newData(t testing.TB, fill ...string) *testData {
	t.Helper()
	db := chtest.NewWithSchema(t)
	if len(fill) == 0 {
		fill = []string{insertDownloads, insertProjects}
	}
	for _, sql := range fill {
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	d := &testData{rows: readRows(t, db.Conn), files: readFiles(t, db)}
	d.first, d.last = d.rows[0].day, d.rows[0].day
	for _, r := range d.rows {
		if r.day.Before(d.first) {
			d.first = r.day
		}
		if r.day.After(d.last) {
			d.last = r.day
		}
	}
	var err error
	if d.conn, err = chconn.Open(t.Context(), chconn.Config{DSN: db.ReadOnlyDSN}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.conn.Close() })
	if d.catalog, err = catalog.Open(t.Context(), d.conn, catalog.Options{Database: db.Name}); err != nil {
		t.Fatal(err)
	}
	if err := d.catalog.Ready(); err != nil {
		t.Fatal(err)
	}
	return d
}

// readRows reads the raw table.
func readRows(t testing.TB, conn *chconn.Conn) (all []row) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		SELECT date, project, version, country_code, python_minor, system, installer, type, toString(ci), libc.lib, libc.version
		FROM pypi`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var day time.Time
		var project, version, country, python, system, installer, fileType, ci, lib, libVersion string
		if err := rows.Scan(&day, &project, &version, &country, &python, &system, &installer, &fileType, &ci, &lib, &libVersion); err != nil {
			t.Fatal(err)
		}
		libc := ""
		if lib != "" {
			libc = lib + " " + libVersion
		}
		all = append(all, row{day.UTC(), map[catalog.Dimension]string{
			catalog.Project: project, catalog.Version: version, catalog.Country: country, catalog.Python: python,
			catalog.System: system, catalog.Installer: installer, catalog.FileType: fileType, catalog.CI: ci, catalog.Libc: libc,
		}})
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("the raw table is empty")
	}
	return all
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
