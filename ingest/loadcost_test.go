package ingest

import (
	"fmt"
	"testing"

	"clickql/ingest/config"
	"clickql/internal/chtest"
)

// TestLoadReads loads the same file on top of more and more rows of the same year, and
// counts the rows that the server reads for it: they do not grow with what is there.
// Merges are held meanwhile: one of new rows with old ones would be read as a whole.
func TestLoadReads(t *testing.T) {
	const rows = 2000
	var least uint64
	for _, times := range []int{1, 4, 16} {
		db := chtest.NewWithSchema(t)
		dir := t.TempDir()
		made := func(seed, from, n int) string {
			return fmt.Sprintf(`SELECT toDateTime64('2024-0%d-01 00:00:00', 6, 'UTC') + toIntervalSecond(cityHash64(number, %d) %% 2400000) AS t, concat('p', toString(cityHash64(number, %[2]d) %% 1000)) AS p,
				['DE', 'FR'][1 + number %% 2] AS country, toString(cityHash64(number) %% 50) AS v, 'sdist' AS ty, 'f' AS fn, 'pip' AS inst, '24.0' AS instv, 'CPython' AS impl, 'x86_64' AS processor, 'Ubuntu' AS dist, '24.04' AS distv, '3.12.1' AS py, 'glibc' AS lib, '2.31' AS libv, 'Linux' AS sys, true AS isci
				FROM numbers(%[3]d)`, from, seed, n)
		}
		must(t, db.Conn, exportSQL(dir+"/before.parquet", false, made(1, 1, times*rows)))
		must(t, db.Conn, exportSQL(dir+"/new.parquet", false, made(2, 2, rows)))
		mustLoad(t, config.Config{Conn: db.Conn}, dir+"/before.parquet")
		for _, table := range scalar[[]string](t, db.Conn, "SELECT groupArray(name) FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT LIKE 'clickql%'") {
			must(t, db.Conn, "OPTIMIZE TABLE "+table+" FINAL")
			must(t, db.Conn, "SYSTEM STOP MERGES "+table)
		}
		before := rowsRead(t, db.Conn)
		mustLoad(t, config.Config{Conn: db.Conn}, dir+"/new.parquet")
		read := rowsRead(t, db.Conn) - before
		t.Logf("%d rows on %d: %d read", rows, times*rows, read)
		if least == 0 {
			least = read
		}
		if read > least+least/10 {
			t.Errorf("a load on %d rows reads %d, on %d rows %d", times*rows, read, rows, least)
		}
		must(t, db.Conn, "DROP TABLE pypi_downloads_per_day_by_version_mv SYNC")
		for _, other := range []string{"ALTER TABLE pypi_downloads DELETE WHERE project = 'p1' SETTINGS mutations_sync = 2", "INSERT INTO pypi_downloads VALUES ('p1', 7)"} {
			must(t, db.Conn, "SYSTEM START MERGES pypi_downloads")
			must(t, db.Conn, other)
		}
		must(t, db.Conn, "INSERT INTO pypi_downloads_per_day SELECT * FROM pypi_downloads_per_day")
		must(t, db.Conn, exportSQL(dir+"/more.parquet", false, made(3, 2, rows)))
		mustLoad(t, config.Config{Conn: db.Conn}, dir+"/more.parquet") // what others wrote is seen, and is no fault of the load's
		for _, table := range []string{"pypi", "pypi_downloads", "pypi_downloads_per_day", "pypi_downloads_per_month"} {
			sum := "sum(count)"
			if table == "pypi" {
				sum = "toInt64(count())"
			}
			known := scalar[int64](t, db.Conn, fmt.Sprintf("SELECT sum(total) FROM (SELECT argMax(total, at) AS total FROM clickql_ledger_totals WHERE target_table = '%s' GROUP BY partition)", table))
			if got := scalar[int64](t, db.Conn, "SELECT "+sum+" FROM "+table); got != known {
				t.Errorf("%s adds up to %d, and is known to be %d", table, got, known)
			}
		}
	}
}
