package ddl_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/pypi"
)

// Names become in SQL what they become in Go, so that whatever is stored can be
// asked for, and once is enough.
func TestNamesAreNormalisedAlike(t *testing.T) {
	names := []string{"Foo.Bar_baz", "sci.kit", "trail ", " \t\r\n\v\f lead", "a._-b", "A--b__c", "-", "..", "", " ", "Zope.Interface\n", "İstanbul", "ΣΑΣ", "K\u212A", "a\x00b", "'\\`\"", "☃"}
	for r := rune(1); r < 0x3100; r++ {
		names = append(names, string(r)+"A"+string(r)+"b"+string(r))
	}
	db := chtest.New(t)
	var once, twice []string
	ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_query_size": 1 << 22, "max_ast_elements": 1 << 20, "max_expanded_ast_elements": 1 << 20}))
	literals := make([]string, len(names))
	for i, n := range names {
		literals[i] = chconn.Literal(n)
	}
	err := db.Conn.QueryRow(ctx, "SELECT arrayMap(x -> "+pypi.NormalizedSQL("x")+", ["+strings.Join(literals, ", ")+"]) AS once, arrayMap(x -> "+pypi.NormalizedSQL("x")+", once)").Scan(&once, &twice)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range names {
		if want := pypi.NormalizeName(n); once[i] != want || twice[i] != want || pypi.NormalizeName(want) != want {
			t.Errorf("%q becomes %q in Go, %q in SQL and %q the second time", n, want, once[i], twice[i])
		}
	}
}

// landed is what a row of the export becomes.
type landed struct{ name, country, file, becomes string }

// Rows of the export are cleaned as they land, and what is no download is counted
// with the reason.
func TestLandingCleans(t *testing.T) {
	long := strings.Repeat("n", ddl.MaxProjectName)
	rows := []landed{
		{"'Foo.Bar_baz'", "'US '", "'Foo.Bar-1.0.tar.gz'", "foo-bar-baz US sdist"},
		{"'trail '", "'(null)'", "'x-1.whl.metadata'", "trail  metadata"},
		{"' \tLead'", "' de'", "'x-1.whl.asc'", "lead DE signature"},
		{"'a'", "'USA'", "'x.asc.whl'", "a  sdist"}, {"'a'", "NULL", "NULL", "a  sdist"}, {"'a'", "'U1'", "'x.metadata.zip'", "a  sdist"}, {"'a'", "'Ü'", "''", "a  sdist"},
		{"'" + long + "'", "''", "''", long + "  sdist"},
		{"' " + long + " '", "'DE'", "''", long + " DE sdist"},
		{"'" + long + "n'", "'DE'", "''", "project name over 255 bytes"},
		{"unhex('61ff')", "'DE'", "''", "project name not UTF-8"},
		{"NULL", "'DE'", "''", "no project"}, {"''", "'DE'", "''", "no project"}, {"'  \n'", "'DE'", "''", "no project"},
	}
	db := chtest.NewWithSchema(t)
	want := map[string]uint64{}
	for _, r := range rows {
		run(t, db, fmt.Sprintf("INSERT INTO %%s.pypi_landing (timestamp, project, country_code, file) SELECT '2026-01-31 12:00:00', %s, %s, (%s, ' 1.0 ', 'sdist')", r.name, r.country, r.file))
		want[r.becomes]++
	}
	got := map[string]uint64{}
	for _, sql := range []string{"SELECT concat(project, ' ', country_code, ' ', type) AS what, count() FROM pypi WHERE date = '2026-01-31' AND version = ' 1.0 ' GROUP BY what", "SELECT reason, sum(rows) FROM pypi_rejected GROUP BY reason"} {
		read, err := db.Conn.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		for read.Next() {
			var what string
			var n uint64
			if err := read.Scan(&what, &n); err != nil {
				t.Fatal(err)
			}
			got[what] += n
		}
		if err := read.Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(want)) {
		if got[what] != want[what] {
			t.Errorf("%q: %d rows, want %d", what, got[what], want[what])
		}
	}
	if len(got) != len(want) {
		t.Errorf("rows became %v", slices.Sorted(maps.Keys(got)))
	}
}

// Days before the first and after tomorrow are no downloads' days.
func TestDaysThatLand(t *testing.T) {
	db := chtest.New(t)
	reason := strings.ReplaceAll(ddl.Landing().Reason(), "now('UTC')", "toDateTime('2026-02-27 23:59:59', 'UTC')")
	for at, want := range map[string]string{
		"2004-12-31 23:59:59.999999": "day before 2005", "2005-01-01 00:00:00": "", "2026-02-27 23:59:59": "", "2026-02-28 23:59:59.999999": "",
		"2026-03-01 00:00:00": "day after tomorrow", "1970-01-01 00:00:00": "day before 2005", "2200-01-01 00:00:00": "day after tomorrow",
	} {
		var got string
		sql := "SELECT " + reason + " FROM (SELECT 'a' AS project, CAST(toDateTime64('" + at + "', 6, 'UTC') AS Nullable(DateTime64(6, 'UTC'))) AS timestamp)"
		if err := db.Conn.QueryRow(t.Context(), sql).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", at, got, err, want)
		}
	}
}
