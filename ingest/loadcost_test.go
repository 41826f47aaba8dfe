package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clickql/ingest/config"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// exportDay writes downloads of 28 days into a file.
func exportDay(t *testing.T, conn *chconn.Conn, path string, seed, rows int) {
	t.Helper()
	must(t, conn, exportSQL(path, false, fmt.Sprintf(`SELECT toDateTime64('2024-01-01 00:00:00', 6, 'UTC') + toIntervalSecond(cityHash64(number, %[1]d) %% 2400000) AS t,
			concat('p', toString(cityHash64(number, %[1]d) %% 1000)) AS p, ['DE', 'FR'][1 + number %% 2] AS country, toString(cityHash64(number) %% 50) AS v, 'sdist' AS ty, 'f' AS fn,
			'pip' AS inst, '24.0' AS instv, 'CPython' AS impl, 'x86_64' AS processor, 'Ubuntu' AS dist, '24.04' AS distv, '3.12.1' AS py, 'glibc' AS lib, '2.31' AS libv, 'Linux' AS sys, true AS isci
		FROM numbers(%[2]d)`, seed, rows)))
}

// TestLoadReads loads files of one size on top of more and more rows of the same year,
// and counts the rows that the server reads for it: what is there already is read once,
// by the first load after it has come or been merged. Merges are held meanwhile.
func TestLoadReads(t *testing.T) {
	const rows = 2000
	var least uint64
	for _, times := range []int{1, 4, 16} {
		db := chtest.NewWithSchema(t)
		dir := t.TempDir()
		exportDay(t, db.Conn, dir+"/before.parquet", 1, times*rows)
		exportDay(t, db.Conn, dir+"/first.parquet", 2, rows)
		exportDay(t, db.Conn, dir+"/second.parquet", 3, rows)
		mustLoad(t, config.Config{Conn: db.Conn}, dir+"/before.parquet")
		for _, table := range scalar[[]string](t, db.Conn, "SELECT groupArray(name) FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT LIKE 'clickql%'") {
			must(t, db.Conn, "OPTIMIZE TABLE "+table+" FINAL")
			must(t, db.Conn, "SYSTEM STOP MERGES "+table)
		}
		mustLoad(t, config.Config{Conn: db.Conn}, dir+"/first.parquet")
		before := rowsRead(t, db.Conn)
		mustLoad(t, config.Config{Conn: db.Conn}, dir+"/second.parquet")
		read := rowsRead(t, db.Conn) - before
		t.Logf("%d rows on %d: %d read", rows, (times+1)*rows, read)
		if least == 0 {
			least = read
		}
		if read > least+least/10 {
			t.Errorf("a load on %d rows reads %d, on %d rows %d", (times+1)*rows, read, 2*rows, least)
		}
	}
}

// TestTotalsAreTrue changes tables by hand in every way between loads, and compares the
// totals that each load begins with to those that the tables have.
func TestTotalsAreTrue(t *testing.T) {
	t.Parallel()
	db := newFew(t)
	dir := t.TempDir()
	n := 0
	load := func() {
		n++
		path := fmt.Sprintf("%s/f%02d.parquet", dir, n)
		exportDay(t, db.Conn, path, n, 300)
		mustLoad(t, config.Config{Conn: db.Conn}, path)
	}
	const daily, monthly = "pypi_downloads_per_day", "pypi_downloads_per_month"
	parts := func() []string {
		return scalar[[]string](t, db.Conn, "SELECT groupArray(concat(name, ' ', hash_of_all_files)) FROM system.parts WHERE database = currentDatabase() AND active AND rows > 0 AND table = '"+monthly+"'")
	}
	empty := []string{"TRUNCATE TABLE " + monthly, "DETACH TABLE " + monthly + " SYNC", "ATTACH TABLE " + monthly}
	load()
	for _, table := range few() {
		must(t, db.Conn, "SYSTEM STOP MERGES "+table)
	}
	for _, c := range []struct {
		what string
		do   []string
	}{
		{"nothing", nil},
		{"merges", []string{"SYSTEM START MERGES " + daily, "OPTIMIZE TABLE " + daily + " FINAL", "SYSTEM START MERGES pypi", "OPTIMIZE TABLE pypi FINAL"}},
		{"masked rows", []string{"DELETE FROM " + daily + " WHERE project < 'p3'", "DELETE FROM pypi WHERE project < 'p3'"}},
		{"all rows masked", []string{"DELETE FROM " + daily + " WHERE true"}},
		{"rows deleted", []string{"SYSTEM START MERGES " + monthly, "ALTER TABLE " + monthly + " DELETE WHERE project < 'p5' SETTINGS mutations_sync = 2"}},
		{"counts changed", []string{"ALTER TABLE " + monthly + " UPDATE count = count + 1 WHERE true SETTINGS mutations_sync = 2"}},
		{"rows added", []string{"INSERT INTO " + daily + " SELECT * FROM " + daily, "INSERT INTO pypi SELECT * FROM pypi LIMIT 10"}},
		{"parts away and back", []string{"ALTER TABLE " + daily + " DETACH PARTITION ID '2024'", "ALTER TABLE " + daily + " ATTACH PARTITION ID '2024'"}},
		{"a partition dropped", []string{"ALTER TABLE " + daily + " DROP PARTITION ID '2024'"}},
		{"tables exchanged", []string{"CREATE TABLE other AS " + daily, "INSERT INTO other (project, date, count) VALUES ('p', '2024-01-05', 7)", "EXCHANGE TABLES other AND " + daily}},
		{"tables exchanged back", []string{"EXCHANGE TABLES other AND " + daily, "DROP TABLE other SYNC"}},
		{"another default", []string{"ALTER TABLE " + daily + " MODIFY COLUMN count Int64 DEFAULT 5"}},
		{"names begin anew", empty},
		{"the same names, other rows", append(empty, "INSERT INTO "+monthly+" (project, month, count) SETTINGS optimize_on_insert = 0 VALUES ('p', '2024-01-01', 7)")},
	} {
		before := parts()
		for _, sql := range c.do {
			must(t, db.Conn, sql)
		}
		if c.what == "the same names, other rows" {
			name, digest, _ := strings.Cut(before[0], " ")
			if other, changed, _ := strings.Cut(parts()[0], " "); other != name || changed == digest {
				t.Errorf("the part %s is to have the name %s and other rows", other, name)
			}
		}
		var want []string
		for _, table := range []string{"pypi", daily, "pypi_downloads_per_day_by_version", monthly} {
			expr := "sum(count)"
			if table == "pypi" {
				expr = "count()"
			}
			want = append(want, scalar[[]string](t, db.Conn, "SELECT groupArray(concat('"+table+" ', p, ' ', toString(n))) FROM (SELECT _partition_id AS p, "+expr+" AS n FROM "+table+" GROUP BY p HAVING n != 0)")...)
		}
		load()
		got := scalar[[]string](t, db.Conn, `SELECT groupArray(concat(target_table, ' ', partition, ' ', toString(before))) FROM clickql_ledger_steps
			WHERE witness != '' AND before != 0 AND batch = (SELECT max(batch) FROM clickql_ledger_steps)`)
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: totals (-of the tables +that the load took)\n%s", c.what, diff)
		}
	}
}
