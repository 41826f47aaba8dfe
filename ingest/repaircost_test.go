package ingest

import (
	"fmt"
	"testing"

	"clickql/ingest/config"
	"clickql/ingest/repair"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/cube"
)

// TestRepairReads repairs one day of longer and longer histories and counts the rows
// that the server reads for it: at most twice those that it cannot do without,
// which are the day's partition of each table of days, the tables without days, and
// the days of all time from which two of those are computed.
func TestRepairReads(t *testing.T) {
	const perDay, projects = 400, 50
	last := cube.DayOf(date(t, "2024-06-15"))
	for _, days := range []int{10, 100, 400} {
		db := chtest.NewWithSchema(t)
		dir := t.TempDir()
		made := func(seed, from, n int) string {
			return fmt.Sprintf(`SELECT toDateTime64('%s 00:00:00', 6, 'UTC') - toIntervalDay(intDiv(number, %d)) AS t, concat('p', toString(cityHash64(number, %d) %% %d)) AS p,
				['DE', 'FR'][1 + number %% 2] AS country, toString(number %% 5) AS v, 'sdist' AS ty, 'f' AS fn, 'pip' AS inst, '24.0' AS instv, 'CPython' AS impl, 'x86_64' AS processor, 'Ubuntu' AS dist, '24.04' AS distv, '3.12.1' AS py, 'glibc' AS lib, '2.31' AS libv, 'Linux' AS sys, true AS isci
				FROM numbers(%d)`, last-cube.Day(from), perDay, seed, projects, n*perDay)
		}
		must(t, db.Conn, exportSQL(dir+"/before.parquet", false, made(1, 1, days-1)))
		must(t, db.Conn, exportSQL(dir+"/day.parquet", false, made(2, 0, 1)))
		mustLoad(t, config.Config{Conn: db.Conn}, dir+"/before.parquet")
		mustLoad(t, config.Config{Conn: db.Conn}, dir+"/day.parquet")
		must(t, db.Conn, "OPTIMIZE TABLE pypi_downloads FINAL")
		must(t, db.Conn, fmt.Sprintf("DELETE FROM pypi WHERE date = '%s' AND project = 'p1'", last))
		floor := scalar[uint64](t, db.Conn, fmt.Sprintf(`SELECT toUInt64(sum(rows)) FROM system.parts WHERE active AND database = '%s' AND NOT startsWith(table, 'clickql_')
			AND (has(['all', toString(toYear(toDate('%[2]s'))), toString(toYYYYMM(toDate('%[2]s')))], partition_id) OR table IN ('pypi_downloads_per_day', 'pypi_downloads_per_day_by_version'))`, db.Name, last))
		before := rowsRead(t, db.Conn)
		plan := mustRepair(t, db.Conn, repair.Request{From: last.Time(), To: last.Time()}, dir+"/day.parquet")
		read := rowsRead(t, db.Conn) - before
		t.Logf("%d days: %d rows read, at least %d are needed: %.1f times", days, read, floor, float64(read)/float64(floor))
		if plan.Rows != perDay || read > 2*floor {
			t.Errorf("%d days: %d rows read, and %d are needed", days, read, floor)
		}
		wantCauses(t, verified(t, db.Conn, false, dir+"/*.parquet"))
	}
}

// rowsRead is how many rows the server has read so far, for queries and for mutations.
func rowsRead(t *testing.T, conn *chconn.Conn) uint64 {
	t.Helper()
	return scalar[uint64](t, conn, "SELECT toUInt64(sum(value)) FROM system.events WHERE event IN ('SelectedRows', 'MutatedRows')")
}
