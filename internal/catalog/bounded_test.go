package catalog_test

import (
	"context"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
)

// frugal is a connection that refuses to read more rows in one query.
type frugal struct {
	*chconn.Conn
	rows *int
}

func (c frugal) limited(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_rows_to_read": *c.rows}))
}

func (c frugal) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	return c.Conn.Query(c.limited(ctx), query, args...)
}

func (c frugal) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	return c.Conn.QueryRow(c.limited(ctx), query, args...)
}

// TestVerificationIsBounded: of a large raw table a few projects' rows are read,
// and nothing where its key does not lead to them; of tables that are compared
// as a whole only what is new.
func TestVerificationIsBounded(t *testing.T) {
	const insert = `INSERT INTO pypi (date, project, system) SELECT toDate('2026-01-01') + intHash32(number + 1) % 100, toString(intHash32(number) % 3000), ['Linux', 'Windows'][1 + number % 2] FROM numbers(600000)`
	for key, raw := range map[string]string{"project": "project, date", "date": "date, project"} {
		t.Run("raw table by "+key, func(t *testing.T) {
			w := &world{chtestNew(t), t}
			w.exec("CREATE TABLE pypi (" + rawColumns + ") ENGINE = MergeTree PARTITION BY toYear(date) ORDER BY (" + raw + ")")
			w.exec("CREATE TABLE per_day (project String, date Date, count Int64) ENGINE = SummingMergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date)",
				"CREATE MATERIALIZED VIEW per_day_mv TO per_day AS SELECT project, date, count() AS count FROM pypi GROUP BY ALL")
			w.aggregate("by_day_first", "date Date, project String, count Int64", "SummingMergeTree", "date, project", "SELECT date, project, count() AS count FROM pypi GROUP BY ALL")
			w.aggregate("global", "date Date, system String, count Int64", "SummingMergeTree", "date, system", "SELECT date, system, count() AS count FROM pypi GROUP BY ALL")
			w.aggregate("totals", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM pypi GROUP BY ALL")
			w.exec(insert, "OPTIMIZE TABLE pypi FINAL", "OPTIMIZE TABLE per_day FINAL", "OPTIMIZE TABLE by_day_first FINAL")
			rows := 400_000 // the aggregates have 260,000
			c := w.openOver(frugal{w.connect(w.DSN), &rows}, catalog.Options{WholeRows: 1000, Settle: 1})
			s := w.ready(c)
			for _, name := range []string{"pypi", "per_day", "by_day_first", "global", "totals"} {
				w.covers(s, name, hundred)
			}
			w.exec("INSERT INTO pypi (date, project, system) SELECT '2026-04-11', toString(number % 3000), 'Linux' FROM numbers(10000)")
			rows = 250_000
			s = w.refreshed(c)
			for _, name := range []string{"pypi", "per_day", "by_day_first", "global"} {
				w.covers(s, name, "2026-01-01 2026-04-11")
			}
		})
	}
}

// TestGuestsCompareASample: an account with a quota does not read all of a raw table
// that others compare as a whole.
func TestGuestsCompareASample(t *testing.T) {
	w := &world{chtestNew(t), t}
	w.exec("CREATE TABLE pypi (" + rawColumns + ") ENGINE = MergeTree PARTITION BY toYear(date) ORDER BY (project, date)")
	w.aggregate("per_day", "project String, date Date, count Int64", "SummingMergeTree", "project, date", "SELECT project, date, count() AS count FROM pypi GROUP BY ALL")
	w.aggregate("totals", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM pypi GROUP BY ALL")
	w.exec("INSERT INTO pypi (date, project) SELECT toDate('2026-01-01') + intHash32(number + 1) % 100, toString(intHash32(number) % 100) FROM numbers(1100000)",
		"OPTIMIZE TABLE pypi FINAL", "OPTIMIZE TABLE per_day FINAL")
	conn, rows := w.connect(w.DSN), 1_000_000
	for queries, all := range map[uint64]bool{60: true, 0: false} {
		c := w.openOver(frugal{conn, &rows}, catalog.Options{Settle: 1, Allowance: func() (uint64, time.Duration) { return queries, time.Hour }})
		covered := c.Ready() == nil && c.Snapshot().Table("pypi").Covers.Days() == 100
		if covered != all {
			t.Errorf("with a quota of %d statements the raw table is served: %v: %v", queries, covered, c.Ready())
		}
	}
}
