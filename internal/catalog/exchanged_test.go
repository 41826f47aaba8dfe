package catalog_test

import (
	"testing"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chtest"
)

// A table that was exchanged for another is used when that has been checked, and no
// longer than until then on the word of the one before it: however long a publish may
// take.
func TestATableExchangedForAWrongOne(t *testing.T) {
	db := chtest.NewWithSchema(t)
	for _, query := range []string{
		"INSERT INTO pypi (date, project) SELECT toDate('2024-03-01') + number % 10, 'alpha' FROM numbers(1000)",
		"CREATE TABLE wrong AS pypi_downloads_per_day",
		"INSERT INTO wrong (date, project, count) SELECT date, project, count * 2 FROM pypi_downloads_per_day",
	} {
		if err := db.Conn.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	cat, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name, Settle: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	const name = "pypi_downloads_per_day"
	before := cat.Snapshot()
	if covers := before.Table(name).Covers; covers != before.Days || covers.Empty() {
		t.Fatalf("before: it covers %v of %v", covers, before.Days)
	}
	for range 2 { // there and back
		if err := db.Conn.Exec(t.Context(), "EXCHANGE TABLES wrong AND "+name); err != nil {
			t.Fatal(err)
		}
		if err := cat.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		now := cat.Snapshot()
		var twice int64
		if err := db.Conn.QueryRow(t.Context(), "SELECT sum(count) FROM "+name).Scan(&twice); err != nil {
			t.Fatal(err)
		}
		if trusted := now.Table(name).Covers == now.Days; trusted != (twice == 1000) {
			t.Errorf("with %d of 1,000 downloads it is trusted: %v", twice, trusted)
		}
	}
}
