package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
)

// exportRows is a SELECT of made-up downloads, with nulls of every kind, from
// two years. Its columns are those of the nested export, flattened.
func exportRows(seed, rows int) string {
	return fmt.Sprintf(`SELECT cityHash64(number, %[1]d) AS h,
		if(h %% 97 = 0, NULL, toDateTime64('2023-12-20 00:00:00', 6, 'UTC') + toIntervalSecond(h %% 2000000)) AS t,
		if(h %% 89 = 0, NULL, if(h %% 83 = 0, '', concat('project-', toString(h %% 11)))) AS p,
		if(h %% 7 = 0, NULL, ['DE', 'FR', 'US', ''][1 + h %% 4]) AS country,
		if(h %% 31 = 0, NULL, concat(toString(h %% 3), '.', toString(h %% 5), 'rc1')) AS v,
		if(h %% 13 = 0, NULL, ['sdist', 'bdist_wheel'][1 + h %% 2]) AS ty,
		if(h %% 17 = 0, NULL, concat('f-1.', toString(h %% 20), ['.tar.gz', '-py3-none-any.whl', '-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
			'-cp313-cp313t-win_amd64.whl', '-cp37-abi3-macosx_10_9_x86_64.macosx_11_0_arm64.whl', '.whl'][1 + h %% 6])) AS fn,
		if(h %% 37 = 0, NULL, ['24.1.2', '25.0', '1', ''][1 + h %% 4]) AS instv,
		if(h %% 41 = 0, NULL, ['CPython', 'PyPy'][1 + h %% 2]) AS impl, if(h %% 43 = 0, NULL, ['x86_64', 'arm64', ''][1 + h %% 3]) AS processor,
		if(h %% 47 = 0, NULL, ['Ubuntu', ''][1 + h %% 2]) AS dist, if(h %% 53 = 0, NULL, ['24.04', '12'][1 + h %% 2]) AS distv,
		if(h %% 19 = 0, NULL, ['pip', 'uv', 'poetry'][1 + h %% 3]) AS inst,
		if(h %% 23 = 0, NULL, ['3.11.4', '3.9', '3', '3.13.0rc2', ''][1 + h %% 5]) AS py,
		if(h %% 5 = 0, NULL, 'glibc') AS lib, if(h %% 5 = 0, NULL, '2.31') AS libv,
		if(h %% 29 = 0, NULL, ['Linux', 'Darwin', 'Windows'][1 + h %% 3]) AS sys,
		[NULL, false, true][1 + h %% 3] AS isci
		FROM numbers(%[2]d)`, seed, rows)
}

// nullable casts an expression to a nullable string.
func nullable(expr string) string { return "CAST(" + expr + " AS Nullable(String))" }

// writeExport writes a file in one of the shapes.
func writeExport(t testing.TB, conn *chconn.Conn, path string, flat bool, seed, rows int) {
	t.Helper()
	must(t, conn, exportSQL(path, flat, exportRows(seed, rows)))
}

// exportSQL is the statement that writes rows, with the columns of exportRows,
// into a file in one of the shapes.
func exportSQL(path string, flat bool, rows string) string {
	tuple := func(fields ...string) string { // name, expression, ...
		var types, values []string
		for i := 0; i < len(fields); i += 2 {
			types, values = append(types, fields[i]+" Nullable(String)"), append(values, fields[i+1])
		}
		return "CAST(tuple(" + strings.Join(values, ", ") + ") AS Tuple(" + strings.Join(types, ", ") + "))"
	}
	columns := []string{"CAST(t AS Nullable(DateTime64(6, 'UTC'))) AS timestamp", nullable("country") + " AS country_code",
		nullable("'https://x'") + " AS url", nullable("p") + " AS project", nullable("py") + " AS python"}
	if flat {
		for n, e := range map[string]string{"file.filename": "fn", "file.project": "p", "file.version": "v", "file.type": "ty",
			"installer.name": "inst", "distro.libc.lib": "lib", "distro.libc.version": "libv", "system.name": "sys"} {
			columns = append(columns, nullable(e)+" AS `"+n+"`")
		}
	} else {
		columns = append(columns, tuple("filename", "fn", "project", "p", "version", "v", "type", "ty")+" AS file",
			tuple("name", "inst", "version", "instv")+" AS installer", tuple("name", "impl", "version", "'3'")+" AS implementation", nullable("processor")+" AS cpu",
			"CAST(tuple(tuple(lib, libv), dist, distv) AS Tuple(libc Tuple(lib Nullable(String), version Nullable(String)), name Nullable(String), version Nullable(String))) AS distro",
			tuple("name", "sys", "release", "'5'")+" AS system", "CAST(isci AS Nullable(Bool)) AS ci")
	}
	return "INSERT INTO FUNCTION file(" + chconn.Literal(path) + ", 'Parquet') SELECT " + strings.Join(columns, ", ") +
		" FROM (" + rows + ") SETTINGS engine_file_truncate_on_insert = 1, output_format_parquet_row_group_size = 100"
}

// must runs a statement or fails the test.
func must(t testing.TB, conn *chconn.Conn, sql string) {
	t.Helper()
	if err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v\nin %s", err, sql)
	}
}

// scalar reads one value or fails the test.
func scalar[T any](t testing.TB, conn *chconn.Conn, sql string) (v T) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%v\nin %s", err, sql)
	}
	return v
}

// exportFile is one file of a test and what it was made from.
type exportFile struct {
	name       string
	flat       bool
	seed, rows int
}

// exports writes files into a directory.
func exports(t testing.TB, conn *chconn.Conn, dir string, files ...exportFile) {
	t.Helper()
	for _, f := range files {
		writeExport(t, conn, filepath.Join(dir, f.name), f.flat, f.seed, f.rows)
	}
}

// mixed is a list of files in both shapes.
func mixed(n, rows int) []exportFile {
	files := make([]exportFile, n)
	for i := range files {
		files[i] = exportFile{fmt.Sprintf("e%02d.parquet", i), i%2 == 1, i + 1, rows}
	}
	return files
}

// expectation is a database that holds what the tables should: computed from
// what the files were made from, by other means than ingest's.
func expectation(t testing.TB, conn *chconn.Conn, database string, files []exportFile) string {
	t.Helper()
	source := "`" + database + "`.expected"
	must(t, conn, "DROP TABLE IF EXISTS "+source+" SYNC")
	must(t, conn, "CREATE TABLE "+source+" AS `"+database+"`.pypi ENGINE = MergeTree ORDER BY tuple() PARTITION BY tuple()")
	for _, f := range files {
		ci := "transform(toInt8(ifNull(isci, 2)), [0, 1, 2], ['false', 'true', 'unknown'], '')"
		wheel := func(values string) string {
			return "if(fn IS NULL, '', ['', " + values + ", ''][1 + h % 6])"
		}
		client := "coalesce(processor, ''), trim(concat(coalesce(dist, ''), ' ', coalesce(distv, ''))), coalesce(impl, ''), " +
			"trim(concat(coalesce(inst, ''), ' ', transform(coalesce(instv, ''), ['24.1.2'], ['24.1'])))"
		if f.flat { // it is of a time when less was exported
			ci, client = "'unknown'", "'', '', '', coalesce(inst, '')"
		}
		must(t, conn, "INSERT INTO "+source+" SELECT toDate(t), coalesce(country, ''), p, coalesce(ty, ''), coalesce(inst, ''), "+
			"arrayStringConcat(arraySlice(splitByChar('.', coalesce(py, '')), 1, 2), '.'), coalesce(sys, ''), coalesce(v, ''), "+ci+
			", coalesce(fn, ''), (coalesce(lib, ''), coalesce(libv, '')), "+wheel("'any', 'manylinux_2_17', 'win', 'macosx_10_9'")+", "+
			wheel("'any', 'x86_64', 'x86_64', 'multi'")+", "+wheel("'none', 'cp312', 'cp313t', 'abi3'")+", "+client+" FROM ("+exportRows(f.seed, f.rows)+") WHERE t IS NOT NULL AND coalesce(p, '') != ''")
	}
	return source
}

// few are the tables that crash tests make do with: a partitioned and a plain
// count table of which others are computed, one by months, and first and last
// days. Each load then costs a third.
func few() []string {
	return []string{"pypi", "pypi_downloads_per_day_by_version", "pypi_downloads_per_day", "pypi_downloads_per_month", "pypi_downloads_max_min"}
}

// applyFew creates those tables and their views.
func applyFew(t testing.TB, conn *chconn.Conn, database string) {
	t.Helper()
	applySome(t, conn, database, few()...)
}

// applySome creates tables of the schema and their views.
func applySome(t testing.TB, conn *chconn.Conn, database string, tables ...string) {
	t.Helper()
	for _, st := range ddl.Statements(ddl.Options{Database: database}) {
		object := strings.TrimSuffix(strings.TrimPrefix(st.Object, database+"."), "_mv")
		if (st.Kind == "table" || st.Kind == "view") && slices.Contains(tables, object) {
			must(t, conn, st.SQL)
		}
	}
}

// newFew is a database with a few tables.
func newFew(t testing.TB) *chtest.DB {
	t.Helper()
	db := chtest.New(t)
	applyFew(t, db.Conn, db.Name)
	return db
}

// checkEqual compares every table with the expectation.
func checkEqual(t testing.TB, conn *chconn.Conn, database, source string) {
	t.Helper()
	got := scalar[string](t, conn, "SELECT toString((count(), sum(cityHash64(*)))) FROM `"+database+"`.pypi")
	want := scalar[string](t, conn, "SELECT toString((count(), sum(cityHash64(*)))) FROM "+source)
	if got != want {
		t.Errorf("table pypi: rows and hash %s, want %s", got, want)
	}
	exist := scalar[[]string](t, conn, "SELECT groupArray(name) FROM system.tables WHERE database = "+chconn.Literal(database))
	for _, table := range ddl.Derived() {
		if !slices.Contains(exist, table.Name) {
			continue
		}
		got := scalar[string](t, conn, digest(table, "`"+database+"`."+table.Name))
		want := scalar[string](t, conn, digest(table, "("+table.Select(source)+")"))
		if got != want {
			t.Errorf("table %s: groups and hash %s, want %s", table.Name, got, want)
		}
	}
}

// digest is a query of one value that tells contents of an aggregate apart.
func digest(table ddl.Table, from string) string {
	values, keys := "sum(count)", strings.Join(table.Key(), ", ")
	if table.Kind == ddl.Extremes {
		values = "min(min_date), max(max_date)"
	}
	return "SELECT toString((count(), sum(h))) FROM (SELECT cityHash64(" + keys + ", " + values + ") AS h FROM " + from + " GROUP BY " + keys + ")"
}

// checkClean fails where something of a load is left over.
func checkClean(t testing.TB, conn *chconn.Conn, database string) {
	t.Helper()
	s := session.New(conn, database, nil)
	held, err := stage.List(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if len(held) > 0 {
		t.Errorf("private databases are left over: %v", held)
	}
	open, err := ledger.Of(s).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(open) > 0 {
		t.Errorf("batches are open: %+v", open)
	}
}

// corrupt overwrites bytes in the middle of a file.
func corrupt(t testing.TB, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("X", 64)), at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
