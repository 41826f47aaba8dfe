package sample

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// small is a sample that is made in a moment and has both shapes.
func small(dir string) Options {
	return Options{Dir: dir, Rows: 60_000, Days: 45, Projects: 120, Seed: 7, Until: defaultUntil.time()}
}

// write writes a sample and fails the test if it cannot.
func write(t *testing.T, conn *chconn.Conn, o Options) Result {
	t.Helper()
	result, err := Write(t.Context(), conn, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// bulk and daily are the table functions over the files of a sample; releases
// its metadata.
func bulk(dir string) string {
	return "file(" + chconn.Literal(filepath.Join(dir, DownloadsDir, "file_downloads-*.parquet")) + ", 'Parquet')"
}

func daily(dir string) string {
	return "file(" + chconn.Literal(filepath.Join(dir, DownloadsDir, "1*.parquet")) + ", 'Parquet')"
}

func releases(dir string) string {
	return "file(" + chconn.Literal(filepath.Join(dir, ProjectsDir, "*.parquet")) + ", 'Parquet')"
}

// downloads is both shapes in one, with the names that the tests use.
func downloads(dir string) string {
	names := []string{"file.filename", "file.version", "file.type", "installer.name", "installer.version", "distro.libc.lib", "system.name"}
	as := []string{"filename", "version", "type", "installer", "installer_version", "lib", "system"}
	list := func(quote bool) string {
		text := "timestamp, country_code, url, project, python"
		for i, n := range names {
			if quote {
				n = "`" + n + "`"
			}
			text += ", " + n + " AS " + as[i]
		}
		return text
	}
	return "(SELECT " + list(true) + ", CAST(NULL, 'Nullable(Bool)') AS ci FROM " + bulk(dir) +
		" UNION ALL SELECT " + list(false) + ", ci FROM " + daily(dir) + ")"
}

// one scans the only row of a query.
func one(t *testing.T, conn *chconn.Conn, query string, dest ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := conn.QueryRow(ctx, query).Scan(dest...); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
}

// load copies files into a table of the same columns.
func load(t *testing.T, conn *chconn.Conn, table, from string) {
	t.Helper()
	definition := strings.ReplaceAll(describe(t, conn, from), "\n", ", ")
	for _, statement := range []string{
		"CREATE TABLE " + table + " (" + strings.ReplaceAll(definition, ": ", " ") + ") ENGINE = Memory",
		"INSERT INTO " + table + " SELECT * FROM " + from,
	} {
		if err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
}

// describe lists the columns that ClickHouse finds in files, one a line.
func describe(t *testing.T, conn *chconn.Conn, from string) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "DESCRIBE TABLE "+from+" SETTINGS describe_compact_output = 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			t.Fatal(err)
		}
		typ = strings.ReplaceAll(strings.Join(strings.Fields(typ), " "), "( ", "(")
		lines = append(lines, name+": "+typ)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
