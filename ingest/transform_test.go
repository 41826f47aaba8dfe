package ingest

import (
	"slices"
	"strings"
	"testing"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chtest"
)

// TestLanding puts exports of both shapes into the landing tables by hand: the
// raw table and every aggregate end as a load leaves them, and what is not stored
// is counted by reason.
func TestLanding(t *testing.T) {
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	files := mixed(2, 400)
	exports(t, db.Conn, dir, files...)
	must(t, db.Conn, "INSERT INTO pypi_landing (timestamp, country_code, project, file, installer, python, implementation, distro, system, cpu, ci) "+
		"SELECT timestamp, country_code, project, file, installer, python, implementation, distro, system, cpu, ci FROM file('"+dir+"/e00.parquet', Parquet, "+
		"'timestamp Nullable(DateTime64(6, \\'UTC\\')), country_code Nullable(String), project Nullable(String), file Tuple(filename Nullable(String), version Nullable(String), type Nullable(String)), "+
		"installer Tuple(name Nullable(String), version Nullable(String)), python Nullable(String), implementation Tuple(name Nullable(String)), "+
		"distro Tuple(name Nullable(String), version Nullable(String), libc Tuple(lib Nullable(String), version Nullable(String))), "+
		"system Tuple(name Nullable(String)), cpu Nullable(String), ci Nullable(Bool)')")
	must(t, db.Conn, "INSERT INTO pypi_landing_flat (timestamp, country_code, project, `file.filename`, `file.version`, `file.type`, `installer.name`, python, `distro.libc.lib`, `distro.libc.version`, `system.name`) "+
		"SELECT timestamp, country_code, project, `file.filename`, `file.version`, `file.type`, `installer.name`, python, `distro.libc.lib`, `distro.libc.version`, `system.name` FROM file('"+dir+"/e01.parquet')")
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
	stored := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi")
	if n := scalar[uint64](t, db.Conn, "SELECT sum(rows) FROM pypi_rejected"); n == 0 || n+stored != 800 {
		t.Errorf("%d stored, %d rejected of 800", stored, n)
	}
}

// TestLesserExports loads an export in the present shape that lacks what is no
// part of every one: whole structs, and single leaves of them.
func TestLesserExports(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	text := func(names ...string) string { return strings.Join(names, " Nullable(String), ") + " Nullable(String)" }
	must(t, db.Conn, "INSERT INTO FUNCTION file('"+dir+"/less.parquet', Parquet) SELECT toNullable(toDateTime64('2024-02-03 04:05:06', 6, 'UTC')) AS timestamp, toNullable('DE') AS country_code, toNullable('numpy') AS project, "+
		"CAST(('numpy-1.0-py3-none-any.whl', '1.0', 'bdist_wheel') AS Tuple("+text("filename", "version", "type")+")) AS file, CAST(tuple('pip') AS Tuple("+text("name")+")) AS installer, "+
		"toNullable('3.12.1') AS python, CAST(('Ubuntu', ('glibc', '2.39')) AS Tuple("+text("name")+", libc Tuple("+text("lib", "version")+"))) AS distro, CAST(tuple('Linux') AS Tuple("+text("name")+")) AS system FROM numbers(3)")
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	got := scalar[string](t, db.Conn, "SELECT toString(groupUniqArray((platform, arch, abi, cpu, distro, implementation, installer_version, installer, ci, libc))) FROM pypi")
	if want := "[('any','any','none','','Ubuntu','','pip','pip','unknown',('glibc','2.39'))]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi"); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
}

// TestOwnTransform loads as the database's own view says, into the raw table and
// the aggregates; repairing and verifying agree.
func TestOwnTransform(t *testing.T) {
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(3, 300)...)
	for _, sql := range []string{
		"DROP VIEW pypi_landing_mv", "DROP VIEW pypi_landing_rejected_mv",
		`CREATE MATERIALIZED VIEW mine TO pypi AS SELECT toDate(assumeNotNull(timestamp), 'UTC') AS date, upper(ifNull(project, '')) AS project,
			concat('v', ifNull(file.version, ''), ' AS x, y') AS version, 'true' AS ci FROM pypi_landing WHERE timestamp IS NOT NULL AND NOT empty(project) AND country_code = 'DE'`,
		`CREATE MATERIALIZED VIEW not_mine TO pypi_rejected AS SELECT multiIf(timestamp IS NULL, 'when', empty(ifNull(project, '')), 'what', NOT ifNull(country_code = 'DE', 0), 'where', '') AS reason, count() AS rows
			FROM pypi_landing WHERE reason != '' GROUP BY reason`,
	} {
		must(t, db.Conn, sql)
	}
	sum := mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	want := scalar[uint64](t, db.Conn, "SELECT count() FROM file('"+dir+"/*.parquet') WHERE timestamp IS NOT NULL AND ifNull(project, '') != '' AND country_code = 'DE'")
	if sum.Rows != want || want == 0 || len(sum.Reject) != 3 || !sum.Complete() {
		t.Errorf("%d rows are to be stored; %+v", want, sum)
	}
	for _, table := range []string{"pypi", "pypi_downloads_per_day_by_version"} {
		if n := scalar[uint64](t, db.Conn, "SELECT count() FROM "+table+" WHERE project != upper(project) OR version NOT LIKE 'v%, y'"); n > 0 {
			t.Errorf("%s: %d rows are not as the view says", table, n)
		}
	}
	if n := scalar[int64](t, db.Conn, "SELECT sum(count) FROM pypi_downloads"); uint64(n) != want {
		t.Errorf("the aggregate counts %d of %d", n, want)
	}
	v, err := New(config.Config{Conn: db.Conn}).Verify(t.Context(), false, dir+"/*.parquet")
	if err != nil || !v.Agrees || v.Rows != want {
		t.Errorf("verify: %v, %+v", err, v)
	}
	must(t, db.Conn, "DROP VIEW not_mine")
	exports(t, db.Conn, dir, exportFile{"more.parquet", false, 9, 100})
	if _, err = New(config.Config{Conn: db.Conn}).Run(t.Context(), ledger.Downloads, dir+"/more.parquet"); err == nil || !strings.Contains(err.Error(), "one must count what the other leaves out") {
		t.Errorf("rows that nobody counts: %v", err)
	}
	must(t, db.Conn, "DROP VIEW mine")
	if _, err = New(config.Config{Conn: db.Conn}).Run(t.Context(), ledger.Downloads, dir+"/more.parquet"); err == nil || !strings.Contains(err.Error(), "clickql schema apply") {
		t.Errorf("no view: %v", err)
	}
}

// TestLoadsClean loads what the landing tables would clean or leave out: files are
// stored, verified and repaired by the same rule, whatever their shape.
func TestLoadsClean(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	rows := `SELECT 1 AS h, CAST(x.1 AS Nullable(DateTime64(6, 'UTC'))) AS t, x.2 AS p, x.3 AS country, ' 1.0 ' AS v, 'sdist' AS ty, x.4 AS fn, 'pip' AS inst, '3.12.1' AS py,
		'24.0' AS instv, 'CPython' AS impl, 'x86_64' AS processor, 'Ubuntu' AS dist, '24.04' AS distv,
		'glibc' AS lib, '2.31' AS libv, 'Linux' AS sys, true AS isci FROM (SELECT arrayJoin([
			(toDateTime64('2005-01-01 00:00:00', 6, 'UTC'), ' Foo.Bar_baz ', 'US ', 'f-1.tar.gz'),
			(toDateTime64('2004-12-31 23:59:59', 6, 'UTC'), 'early', 'US', 'f-1.tar.gz'),
			(toDateTime64(toDate(now('UTC')), 6, 'UTC'), 'sci.kit', '(null)', 'f-1.whl.metadata'),
			(toDateTime64(toDate(now('UTC')) + 1, 6, 'UTC'), 'trail ', 'de', 'f-1.whl.asc'),
			(toDateTime64(toDate(now('UTC')) + 3, 6, 'UTC'), 'late', 'DE', 'f-1.whl'),
			(toDateTime64('2026-01-01 00:00:00', 6, 'UTC'), repeat('n', 300), 'DE', 'f-1.whl'),
			(toDateTime64('2026-01-01 00:00:00', 6, 'UTC'), unhex('ff'), 'DE', 'f-1.whl')]) AS x)`
	must(t, db.Conn, exportSQL(dir+"/nested.parquet", false, rows))
	must(t, db.Conn, exportSQL(dir+"/flat.parquet", true, rows))
	sum := mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	want := []config.Rejected{{Reason: "day after tomorrow", Rows: 2}, {Reason: "day before 2005", Rows: 2}, {Reason: "project name not UTF-8", Rows: 2}, {Reason: "project name over 255 bytes", Rows: 2}}
	if sum.Rows != 6 || !slices.Equal(sum.Reject, want) {
		t.Errorf("%d rows, rejected %v", sum.Rows, sum.Reject)
	}
	if got := scalar[string](t, db.Conn, "SELECT toString(arraySort(groupUniqArray((project, country_code, type, version)))) FROM pypi"); got !=
		"[('foo-bar-baz','US','sdist',' 1.0 '),('sci-kit','','metadata',' 1.0 '),('trail','DE','signature',' 1.0 ')]" {
		t.Errorf("stored: %s", got)
	}
	if n := scalar[int64](t, db.Conn, "SELECT sum(count) FROM pypi_downloads_per_day WHERE project IN ('foo-bar-baz', 'sci-kit', 'trail')"); n != 6 {
		t.Errorf("the days count %d", n)
	}
	v, err := New(config.Config{Conn: db.Conn}).Verify(t.Context(), false, dir+"/*.parquet")
	if err != nil || !v.Agrees || v.Rows != 6 || v.Rejected != 8 {
		t.Errorf("verify: %v, %+v", err, v)
	}
}
