package catalog_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// counter counts the statements that go through a connection.
type counter struct {
	catalog.Conn
	sent atomic.Int64
}

func (c *counter) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	c.sent.Add(1)
	return c.Conn.Query(ctx, query, args...)
}

func (c *counter) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	c.sent.Add(1)
	return c.Conn.QueryRow(ctx, query, args...)
}

const someDownloads = "INSERT INTO pypi (date, project, version, filename) SELECT toDate('2026-01-01') + number % 50, 'p' || toString(number % 9), '1', 'x' FROM numbers(1000)"

// TestFewStatements: opening takes few statements, and where the last process
// kept what it learnt and nothing has changed, two.
func TestFewStatements(t *testing.T) {
	db := chtest.NewWithSchema(t)
	exec := func(sql string) {
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(someDownloads)
	state := filepath.Join(t.TempDir(), "state", "learnt")
	opened := func() (*catalog.Snapshot, int64) {
		conn := &counter{Conn: db.Conn}
		c, err := catalog.Open(t.Context(), conn, catalog.Options{Database: db.Name, State: state, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		if err != nil || c.Ready() != nil {
			t.Fatal(err, c.Ready())
		}
		return c.Snapshot(), conn.sent.Load()
	}
	first, n := opened()
	if n > 19 { // one of them that what was read is of one version
		t.Errorf("opening takes %d statements, want at most 19", n)
	}
	again, n := opened()
	if n != 2 {
		t.Errorf("opening what is known takes %d statements, want 2", n)
	}
	if !reflect.DeepEqual(first.Tables, again.Tables) || first.Version != again.Version || first.Days != again.Days ||
		!reflect.DeepEqual(first.Daily, again.Daily) || fmt.Sprint(first.Projects) != fmt.Sprint(again.Projects) {
		t.Error("what was kept is another snapshot than what was learnt")
	}
	if sql := "SELECT count()\nFROM " + db.Name + ".pypi_downloads"; first.Guard(sql) == sql || first.Guard(sql) != again.Guard(sql) || first.Witness(sql) == nil || !maps.Equal(maps.Collect(first.Witness(sql).Tables()), maps.Collect(again.Witness(sql).Tables())) {
		t.Errorf("what was kept binds a statement otherwise: %s", again.Guard(sql))
	}
	exec(someDownloads)
	changed, n := opened()
	if n <= 2 || changed.Version == first.Version || changed.Daily[0].Total != 2*first.Daily[0].Total {
		t.Errorf("after a load, %d statements, version %s after %s, %v downloads", n, changed.Version, first.Version, changed.Daily[0])
	}
	exec("ALTER TABLE pypi_downloads_by_version ADD COLUMN note String")
	if _, n := opened(); n <= 2 {
		t.Errorf("after an ALTER, %d statements", n)
	}
	if err := os.WriteFile(state, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, _ := opened(); s.Version == "" {
		t.Error("a damaged file keeps the database from being read")
	}
}

// TestServesWhenTheQuotaIsSpent: what is known stands, and nobody asks before the
// quota is renewed.
func TestServesWhenTheQuotaIsSpent(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), someDownloads); err != nil {
		t.Fatal(err)
	}
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.GuestDSN(t, "hourly")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	options := catalog.Options{Database: db.Name, Allowance: func() (uint64, time.Duration) {
		a := conn.Allowance()
		return a.Queries, a.Interval
	}}
	c, err := catalog.Open(t.Context(), conn, options)
	if err != nil || c.Ready() != nil {
		t.Fatal(err, c.Ready())
	}
	for range 60 {
		_ = conn.QueryRow(t.Context(), "SELECT count() FROM pypi").Scan(new(uint64)) // until there is no more
	}
	if err := c.Refresh(t.Context()); err == nil {
		t.Error("looking is possible with the quota spent")
	}
	if c.Ready() != nil || len(c.Snapshot().Tables) == 0 {
		t.Errorf("with the quota spent the catalog has %d tables and is %v", len(c.Snapshot().Tables), c.Ready())
	}
}

// TestRestartReadsWhatChanged: a process that begins after a load reads what that
// brought, where the last one has kept what it had added up; without that, everything.
func TestRestartReadsWhatChanged(t *testing.T) {
	w := &world{chtestNew(t), t}
	w.exec("CREATE TABLE pypi ("+rawColumns+") ENGINE = MergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date)",
		"CREATE TABLE per_day (project String, date Date, count Int64) ENGINE = SummingMergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date)",
		"CREATE MATERIALIZED VIEW per_day_mv TO per_day AS SELECT project, date, count() AS count FROM pypi GROUP BY ALL")
	w.aggregate("totals", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM pypi GROUP BY ALL")
	w.exec("INSERT INTO pypi (date, project) SELECT toDate('2026-01-01') + intHash32(number + 1) % 90, toString(intHash32(number) % 3000) FROM numbers(400000)",
		"OPTIMIZE TABLE pypi FINAL", "OPTIMIZE TABLE per_day FINAL", "OPTIMIZE TABLE totals FINAL")
	state := filepath.Join(t.TempDir(), "learnt")
	opened := func(most int, state string) *catalog.Snapshot {
		c, err := catalog.Open(t.Context(), frugal{w.Conn, &most}, catalog.Options{Database: w.Name, State: state})
		if err != nil {
			t.Fatal(err)
		}
		return c.Snapshot()
	}
	w.covers(opened(1_000_000, state), "per_day", "2026-01-01 2026-03-31")
	w.exec("INSERT INTO pypi (date, project) SELECT '2026-04-01', toString(number % 3000) FROM numbers(10000)")
	const few = 50_000
	s := opened(few, state)
	for _, name := range []string{"pypi", "per_day", "totals"} {
		w.covers(s, name, "2026-01-01 2026-04-01")
	}
	if s := opened(few, ""); len(s.Tables) > 0 && !w.table(s, "per_day").Covers.Empty() {
		t.Errorf("without what was kept as much is known from %d rows: %v", few, w.table(s, "per_day").Covers)
	}
}
