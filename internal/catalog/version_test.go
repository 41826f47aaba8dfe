package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
)

// TestVersion changes with everything that can change an answer, and with
// nothing else.
func TestVersion(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.exec("CREATE TABLE projects (name String, version String, upload_time DateTime64) ENGINE = MergeTree ORDER BY name",
		"CREATE TABLE _staging AS pypi", "SYSTEM STOP MERGES "+w.Name+".per_day")
	w.load(1000, "2026-01-01")
	w.load(1000, "2026-01-01")
	w.load(1000, "2026-01-01")
	c := w.open(catalog.Options{Settle: 1}) // tables that disagree are shown at once
	version := w.ready(c).Version
	seen := map[string]string{version: "the beginning"}
	steps := []struct {
		what    string
		do      string
		changes bool
	}{
		{"nothing", "SELECT 1", false},
		{"rows beside the tables", "INSERT INTO _staging " + downloadsColumns + " " + downloads(500, "2026-01-01"), false},
		{"a move of a partition", "ALTER TABLE _staging MOVE PARTITION 202602 TO TABLE pypi", true},
		{"an insert", "INSERT INTO pypi " + downloadsColumns + " " + downloads(10, "2026-03-01"), true},
		{"a merge of raw rows", "OPTIMIZE TABLE pypi FINAL", false},
		{"metadata", "INSERT INTO projects VALUES ('a', '1', now64())", true},
		{"a part dropped from the middle", "ALTER TABLE per_day DROP PART 'all_2_2_1'", true},
		{"merging allowed", "SYSTEM START MERGES " + w.Name + ".per_day", false},
		{"a merge that folds rows", "OPTIMIZE TABLE per_day FINAL", false},
		{"a lightweight delete", "DELETE FROM pypi WHERE project = 'a' AND date = '2026-01-01'", true},
		{"a mutation", "ALTER TABLE per_day DELETE WHERE project = 'b' SETTINGS mutations_sync = 2", true},
		{"a dropped partition", "ALTER TABLE pypi DROP PARTITION 202601", true},
		{"a copy", "CREATE TABLE _copy AS per_day", false},
		{"its rows", "INSERT INTO _copy SELECT * FROM per_day WHERE project != 'c'", false},
		{"an exchange", "EXCHANGE TABLES _copy AND per_day", true},
		{"the exchange undone", "EXCHANGE TABLES _copy AND per_day", true},
		{"a new table", "CREATE TABLE totals (project String, count Int64) ENGINE = SummingMergeTree ORDER BY project", true},
		{"its view", "CREATE MATERIALIZED VIEW totals_mv TO totals AS SELECT project, count() AS count FROM pypi GROUP BY project", false},
		{"a table dropped", "DROP TABLE totals SYNC", true},
		{"a truncation", "TRUNCATE TABLE pypi", true},
	}
	for _, step := range steps {
		w.exec(step.do)
		next := w.refreshed(c).Version
		if (next != version) != step.changes {
			t.Errorf("%s: version changed: %v, want %v", step.what, next != version, step.changes)
		}
		if before, ok := seen[next]; ok && next != version {
			t.Errorf("%s brings back the version of %s", step.what, before)
		}
		version, seen[next] = next, step.what
	}
}

// TestVersionIsShared is the same for every gateway on the same data.
func TestVersionIsShared(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(1000, "2026-01-01")
	if a, b := w.snapshot().Version, w.snapshot().Version; a != b || a == "" {
		t.Errorf("two readers of the same data see %q and %q", a, b)
	}
}

// TestPolling notices a load by itself.
func TestPolling(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(1000, "2026-01-01")
	c := w.open(catalog.Options{})
	w.run(c)
	before := w.ready(c)
	w.load(1000, "2026-01-02")
	after := w.until(c, "the new day", func(s *catalog.Snapshot) bool { return s.Days == days(t, "2026-01-01 2026-04-11") })
	if after.Version == before.Version || after.Projects.Sum() != 2000 || after.UpdatedAt.Before(before.UpdatedAt) {
		t.Errorf("after the load: %+v", after)
	}
	w.covers(after, "per_day", "2026-01-01 2026-04-11")
}

// TestMiddleOfPublish keeps the last snapshot while tables of one batch become
// public one after another, and gives in where they never agree again.
func TestMiddleOfPublish(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(1000, "2026-01-01")
	clock := newClock()
	c := w.open(catalog.Options{Now: clock.now})
	before := w.ready(c)
	w.exec("CREATE TABLE _raw AS pypi", "CREATE TABLE _per_day AS per_day",
		"INSERT INTO _raw "+downloadsColumns+" "+downloads(1000, "2026-01-02"),
		"INSERT INTO _per_day SELECT project, date, count() FROM _raw GROUP BY project, date",
		"INSERT INTO pypi SELECT * FROM _raw SETTINGS max_threads = 1",
		"TRUNCATE TABLE per_day", "INSERT INTO per_day SELECT project, date, count() FROM pypi WHERE date < '2026-04-11' GROUP BY project, date")
	if s := w.refreshed(c); s != before {
		t.Errorf("half a publish is shown: %+v", s)
	}
	w.exec("INSERT INTO per_day SELECT project, date, count() FROM _raw WHERE date = '2026-04-11' GROUP BY project, date")
	whole := w.refreshed(c)
	w.covers(whole, "per_day", "2026-01-01 2026-04-11")

	w.exec("ALTER TABLE per_day DELETE WHERE date = '2026-04-11' SETTINGS mutations_sync = 2")
	if s := w.refreshed(c); s != whole {
		t.Errorf("a table that differs for a moment is shown: %+v", s)
	}
	clock.advance(time10)
	w.covers(w.refreshed(c), "per_day", hundred)
}

// TestLastBlock tells rows that were written after the snapshot, by whatever
// way, from those before, however they were merged.
func TestLastBlock(t *testing.T) {
	w := newWorld(t)
	w.aggregate("totals", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM pypi GROUP BY project")
	w.exec("CREATE TABLE _staging AS totals")
	for range 3 {
		w.load(1000, "2026-01-01")
	}
	known := w.table(w.snapshot(), "totals").LastBlock
	if known == 0 {
		t.Fatal("the last block is not known")
	}
	for _, step := range []struct {
		what, do string
		newer    bool
	}{
		{"nothing", "SELECT 1", false},
		{"a merge", "OPTIMIZE TABLE totals FINAL", false},
		{"rows of another project", "INSERT INTO totals VALUES ('z', 1)", false},
		{"rows", "INSERT INTO totals VALUES ('a', 1)", true},
		{"a merge of all", "OPTIMIZE TABLE totals FINAL", false},
		{"a mutation", "ALTER TABLE totals UPDATE count = count + 1 WHERE project = 'a' SETTINGS mutations_sync = 2", true},
		{"rows beside the table", "INSERT INTO _staging VALUES ('a', 1)", false},
		{"a move", "ALTER TABLE _staging MOVE PARTITION tuple() TO TABLE totals", true},
		{"a merge at the end", "OPTIMIZE TABLE totals FINAL", false},
	} {
		w.exec(step.do)
		var seen int64
		if err := w.Conn.QueryRow(t.Context(), "SELECT max("+blockOfPart+") FROM totals WHERE project = 'a'").Scan(&seen); err != nil {
			t.Fatal(err)
		}
		if (seen > known) != step.newer {
			t.Errorf("after %s a row is of block %d, and %d was the last", step.what, seen, known)
		}
		if step.newer {
			known = w.table(w.snapshot(), "totals").LastBlock
		}
	}
}

// blockOfPart is the number that Table.LastBlock bounds, of the part that a row
// lies in: part names end in _first_last_level, and in _mutation where there was
// one, each partition's name being free of underscores.
const blockOfPart = "greatest(toInt64OrZero(splitByChar('_', _part)[3]), toInt64OrZero(splitByChar('_', _part)[5]))"

// definitions counts the looks that make the server print every table's definition.
type definitions struct {
	*chconn.Conn
	read *int
}

func (c definitions) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	if strings.Contains(query, "create_table_query") {
		*c.read++
	}
	return c.Conn.QueryRow(ctx, query, args...)
}

// TestStamps looks at tables whose definitions are of some age without reading them, and
// notices every change even so, also two of one second.
func TestStamps(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(1000, "2026-01-01")
	read := 0
	c := w.openOver(definitions{w.connect(w.ReadOnlyDSN), &read}, catalog.Options{Settle: 1})
	w.ready(c)
	look := func() (definitionsRead bool) {
		before := read
		if _, err := c.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		return read > before
	}
	if !look() {
		t.Error("tables that were created a moment ago are told by the time")
	}
	for look() { // until they are old enough
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
	others := "SELECT project, date, country_code, count() AS count FROM pypi WHERE country_code != 'DE' GROUP BY ALL"
	for _, sql := range []string{"ALTER TABLE per_day_mv MODIFY QUERY " + others, "ALTER TABLE per_day_mv MODIFY QUERY " + strings.ReplaceAll(others, "DE", "FR"),
		"ALTER TABLE per_day MODIFY COMMENT 'of days'", "RENAME TABLE per_day_mv TO per_day_view"} {
		before := c.Snapshot()
		w.exec(sql)
		if !look() || c.Snapshot() == before {
			t.Errorf("%s: not noticed", sql)
		}
	}
}
