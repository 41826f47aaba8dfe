package catalog_test

import (
	"testing"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chschema"
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

// A statement of a snapshot is refused from the moment on in which another table goes by
// the name of one that it reads, or none does; others are not, and neither is it when the
// table is back.
func TestStatementsAreOfTheTablesThatWereLookedAt(t *testing.T) {
	db := chtest.NewWithSchema(t)
	exec := func(query string) {
		t.Helper()
		if err := db.Conn.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE other AS pypi_downloads_per_day")
	cat, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	snap := cat.Snapshot()
	refused := func(table, form string) bool {
		t.Helper()
		var n uint64
		err := db.Conn.QueryRow(t.Context(), snap.Guard("SELECT count()\nFROM "+form)).Scan(&n)
		if err != nil && !chschema.Elsewhere(err) {
			t.Fatalf("%s: %v", table, err)
		}
		return err != nil
	}
	const table, beside = "pypi_downloads_per_day", "pypi"
	for _, step := range []struct {
		do   string
		gone bool
	}{
		{"SELECT 1", false},
		{"EXCHANGE TABLES other AND " + table, true},
		{"EXCHANGE TABLES other AND " + table, false},
		{"EXCHANGE TABLES pypi_downloads AND " + table, true}, // both of the snapshot's
		{"EXCHANGE TABLES pypi_downloads AND " + table, false},
		{"INSERT INTO pypi (date, project) VALUES ('2024-03-01', 'alpha')", false},
	} {
		exec(step.do)
		for _, form := range []string{db.Name + "." + table, "`" + db.Name + "`.`" + table + "`\nWHERE project = 'alpha'"} {
			if got := refused(table, form); got != step.gone {
				t.Errorf("%s: %s is refused: %v", step.do, form, got)
			}
		}
		if refused(beside, "`"+db.Name+"`.`"+beside+"`") {
			t.Errorf("%s: %s is refused", step.do, beside)
		}
	}
}
