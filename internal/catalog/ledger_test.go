package catalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"clickql/internal/catalog"
)

// ledger creates the tables of the ledger of loads, empty.
func (w *world) ledger() {
	w.exec(`CREATE TABLE clickql_ledger_batches (batch String, kind LowCardinality(String), state UInt8, reason String, files UInt64,
			first_day Date, last_day Date, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY (batch, state)`,
		`CREATE TABLE clickql_ledger_files (kind LowCardinality(String), name String, generation String, batch String,
			outcome Enum8('planned' = 1, 'counted' = 2, 'failed' = 3), reason String, at DateTime64(3, 'UTC'))
			ENGINE = MergeTree ORDER BY (kind, name, generation, batch)`)
}

// reached writes that a batch of files has reached a state at a time of 2026-04-11,
// or on another day.
func (w *world) reached(batch string, state int, at string) {
	if len(at) == len("12:00") {
		at = "2026-04-11 " + at
	}
	w.exec(fmt.Sprintf("INSERT INTO clickql_ledger_batches (batch, kind, state, files, first_day, last_day, at) VALUES ('%s', 'downloads', %d, 1, '2026-04-10', '2026-04-10', '%s:00')", batch, state, at))
}

// planned writes that a batch has files, of the day given by its Unix time.
func (w *world) planned(batch string, stamp int, numbers ...int) {
	for _, n := range numbers {
		w.exec(fmt.Sprintf("INSERT INTO clickql_ledger_files (kind, name, batch, outcome, at) VALUES ('downloads', 'gs://b/pypi/%d-%012d.parquet', '%s', 'planned', '2026-04-11 01:00:00')", stamp, n, batch))
	}
}

const april10, april9 = 1775779200, 1775692800 // midnight UTC

// TestSettledByLedger: each step of loads, failures and repairs shows in the next
// look, also where the tables of downloads stay as they are.
func TestSettledByLedger(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(3000, "2026-01-01") // to 2026-04-10
	w.ledger()
	c := w.open(catalog.Options{Settle: 1})
	is := func(what, missing string, by catalog.SettledBy) {
		t.Helper()
		before := c.Snapshot()
		s := w.refreshed(c)
		if got := fmt.Sprint(s.Missing); got != missing || s.SettledBy != by {
			t.Errorf("%s: missing %s by %s, want %s by %s", what, got, s.SettledBy, missing, by)
		}
		if (fmt.Sprint(before.Missing, before.SettledBy) != fmt.Sprint(s.Missing, s.SettledBy)) != (before.Version != s.Version) {
			t.Errorf("%s: the version was %s and is %s", what, before.Version, s.Version)
		}
	}
	is("an empty ledger", "[]", catalog.ByTotals)
	w.planned("1", april10, 0, 1)
	w.reached("1", 4, "02:00")
	is("being published", "[2026-04-10]", catalog.ByLedger)
	w.reached("1", 5, "02:01")
	is("done", "[]", catalog.ByLedger)
	w.planned("2", april10, 3)
	w.reached("2", 5, "03:00")
	is("a number left out", "[2026-04-10]", catalog.ByLedger)
	w.planned("3", april10, 2)
	w.reached("3", 5, "03:10")
	is("and loaded", "[]", catalog.ByLedger)
	w.exec("INSERT INTO clickql_ledger_files (kind, name, outcome, at) VALUES ('downloads', 'gs://b/pypi/1775692800-000000000000.parquet', 'failed', '2026-04-11 04:00:00')")
	is("a file of another day failed", "[2026-04-09]", catalog.ByLedger)
	w.planned("4", april9, 0)
	w.reached("4", 6, "05:00")
	is("given up", "[2026-04-09]", catalog.ByLedger)
	w.exec("INSERT INTO clickql_ledger_batches (batch, kind, state, first_day, last_day, at) VALUES ('5', 'downloads', 5, '2026-04-08', '2026-04-09', '2026-04-11 06:00:00')")
	is("the day was repaired", "[]", catalog.ByLedger)
	w.exec("INSERT INTO clickql_ledger_files (kind, name, batch, outcome, at) VALUES ('projects', 'gs://b/1775779200-000000000009.parquet', '', 'failed', '2026-04-11 07:00:00'), ('downloads', 'bulk/file_downloads-000000000001.parquet', '', 'failed', '2026-04-11 07:00:00')")
	is("files of no day", "[]", catalog.ByLedger)
}

// TestSettledWhileServing: a day is settled by a line of the ledger alone, and the
// snapshot that says so is another one.
func TestSettledWhileServing(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(3000, "2026-01-01")
	w.ledger()
	w.planned("1", april10, 0)
	w.reached("1", 4, "02:00")
	c := w.open(catalog.Options{Settle: 1, PollEvery: 1e6})
	before := w.ready(c)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	changed := c.Changed()
	w.reached("1", 5, "02:01")
	<-changed
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	now := c.Snapshot()
	if before.Missing == nil || now.Missing != nil || now.Version == before.Version || now.UpdatedAt.Before(before.UpdatedAt) || now.Days != before.Days {
		t.Errorf("was %v at %s, is %v at %s", before.Missing, before.UpdatedAt, now.Missing, now.UpdatedAt)
	}
}

// TestLoadedBeforeTheDayWasOver: files of a day that are loaded on that day leave it
// open, until some are loaded after it.
func TestLoadedBeforeTheDayWasOver(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(3000, "2026-01-01")
	w.ledger()
	w.planned("1", april10, 0)
	w.reached("1", 5, "2026-04-10 23:10")
	c := w.open(catalog.Options{Settle: 1})
	if s := w.ready(c); fmt.Sprint(s.Missing) != "[2026-04-10]" || s.Calendar().Settled().To.String() != "2026-04-09" {
		t.Errorf("missing %v", s.Missing)
	}
	w.planned("2", april10, 1)
	w.reached("2", 5, "00:10")
	if s := w.refreshed(c); s.Missing != nil {
		t.Errorf("missing %v", s.Missing)
	}
}

// TestLedgerOutOfSight: where the account may not read the ledger, totals tell.
func TestLedgerOutOfSight(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(3000, "2026-01-01")
	w.exec("CREATE TABLE clickql_ledger_files (name String) ENGINE = MergeTree ORDER BY name", "CREATE TABLE clickql_ledger_batches (batch String) ENGINE = MergeTree ORDER BY batch")
	if s := w.snapshot(); s.SettledBy != catalog.ByTotals || s.Missing != nil {
		t.Errorf("a ledger of other columns: %v by %s", s.Missing, s.SettledBy)
	}
	w.exec("INSERT INTO pypi (date, project) SELECT '2026-04-11', 'a' FROM numbers(4)")
	s := w.snapshot()
	if got := fmt.Sprint(s.Missing, s.Calendar().Settled().To); !strings.HasPrefix(got, "[2026-04-11] 2026-04-10") {
		t.Errorf("a day that has begun: %s", got)
	}
}

// TestRetired: of days whose raw rows were dropped the aggregates tell, and what the raw
// table has of them, as where files came late, is not taken for all of it; also where
// nothing else is left of the raw table.
func TestRetired(t *testing.T) {
	for name, opts := range map[string]catalog.Options{"compared whole": {}, "sampled": {WholeRows: 10}} {
		t.Run(name, func(t *testing.T) {
			w := &world{chtestNew(t), t}
			w.exec("CREATE TABLE pypi (" + rawColumns + ") ENGINE = MergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date)")
			for table, columns := range map[string]string{"per_day": "project, date", "by_system": "project, date, system"} {
				w.exec("CREATE TABLE "+table+" (project String, date Date, system String, count Int64) ENGINE = SummingMergeTree PARTITION BY toYear(date) ORDER BY ("+columns+")",
					"CREATE MATERIALIZED VIEW "+table+"_mv TO "+table+" AS SELECT "+columns+", count() AS count FROM pypi GROUP BY "+columns)
			}
			w.exec("CREATE TABLE clickql_ledger_batches (batch String, kind String, state UInt8) ENGINE = MergeTree ORDER BY batch",
				"CREATE TABLE clickql_ledger_days (batch String, day Date, rows Int64) ENGINE = MergeTree ORDER BY day")
			w.exec("INSERT INTO pypi (date, project, system) SELECT toDate('2026-01-01') + number % 59, toString(intDiv(number, 59) % 7), 'Linux' FROM numbers(5900)")
			covered := func(raw string) {
				t.Helper()
				s := w.ready(w.open(opts))
				w.covers(s, "per_day", "2026-01-01 2026-02-28")
				w.covers(s, "by_system", "2026-01-01 2026-02-28")
				if got := w.table(s, "pypi").Covers; raw == "" && !got.Empty() || raw != "" && got != days(t, raw) {
					t.Errorf("the raw table covers %v, want %q", got, raw)
				}
			}
			covered("2026-01-01 2026-02-28")
			w.exec("INSERT INTO clickql_ledger_days SELECT '1', date, -count() FROM pypi WHERE toYYYYMM(date) = 202601 GROUP BY date",
				"INSERT INTO clickql_ledger_batches VALUES ('1', 'retention', 4), ('1', 'retention', 5)", "ALTER TABLE pypi DROP PARTITION 202601")
			covered("2026-02-01 2026-02-28")
			late := "INSERT INTO pypi (date, project, system) SELECT '2026-01-05', toString(number), 'Linux' FROM numbers(7)"
			w.exec(late)
			covered("2026-02-01 2026-02-28")
			w.exec("INSERT INTO clickql_ledger_days SELECT '2', date, -count() FROM pypi GROUP BY date", "INSERT INTO clickql_ledger_batches VALUES ('2', 'retention', 5)", "TRUNCATE TABLE pypi")
			covered("")
			w.exec(late)
			covered("")
		})
	}
}
