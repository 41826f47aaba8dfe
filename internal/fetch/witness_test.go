package fetch_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/cube"
	"clickql/internal/fetch"
)

// noting is a connection that keeps what it is asked; it hears the log, or not, as by
// HTTP.
type noting struct {
	fetch.Querier
	hears bool
	asked []string
}

func (n *noting) Hears(context.Context) bool { return n.hears }

func (n *noting) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	n.asked = append(n.asked, query)
	return n.Querier.Query(ctx, query, args...)
}

// TestStatementsAreWitnessed: a statement is bound to its tables by the server's log
// where that can be heard, and by a guard in it where not; either way a table that was
// exchanged for one is not answered from.
func TestStatementsAreWitnessed(t *testing.T) {
	db := chtest.NewWithSchema(t)
	exec := func(sql string) {
		t.Helper()
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(fill)
	exec("CREATE TABLE `wrong (one)` AS pypi_downloads")
	exec("INSERT INTO `wrong (one)` SELECT * REPLACE (count * 2 AS count) FROM pypi_downloads")
	const right = 5000 / 7 // numpy's
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.ReadOnlyDSN})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if !conn.Hears(t.Context()) {
		t.Fatal("the reader's account cannot hear the server's log")
	}
	for _, hears := range []bool{true, false} {
		heard := &noting{Querier: conn, hears: hears}
		cat, err := catalog.Open(t.Context(), conn, catalog.Options{Database: db.Name, PollEvery: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		load := func() (int64, error) {
			heard.asked = nil
			res, err := fetch.New(fetch.Config{Conn: heard, Catalog: cat}).Begin(t.Context()).Load(t.Context(), cube.TotalOf(of("numpy")))
			if err != nil {
				return 0, err
			}
			return res.Total, nil
		}
		if got, err := load(); err != nil || got < right || got > right+1 {
			t.Errorf("hears %v: %d %v, want %d", hears, got, err, right)
		}
		if len(heard.asked) != 1 || strings.Contains(heard.asked[0], "throwIf") == hears {
			t.Errorf("hears %v: it was asked %q", hears, heard.asked)
		}
		exec("EXCHANGE TABLES `wrong (one)` AND pypi_downloads")
		if got, err := load(); err == nil {
			t.Errorf("hears %v: %d of a table that was exchanged", hears, got)
		}
		exec("EXCHANGE TABLES `wrong (one)` AND pypi_downloads")
	}
}
