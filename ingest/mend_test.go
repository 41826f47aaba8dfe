package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/repair"
	"clickql/ingest/shadow"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// repairError is why a repair of a day is refused.
func repairError(t testing.TB, conn *chconn.Conn, day, source string) error {
	t.Helper()
	d := date(t, day)
	_, err := New(config.Config{Conn: conn}).Repair(t.Context(), repair.Request{From: d, To: d}, source)
	return err
}

// wantError fails where an error does not say something.
func wantError(t testing.TB, err error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("error %v, want one with %q", err, says)
	}
}

// loaded is a database with a few tables and some files.
func loaded(t testing.TB) (db *chtest.DB, files []exportFile, source string) {
	t.Helper()
	db = newFew(t)
	dir := t.TempDir()
	files = mixed(2, 300)
	exports(t, db.Conn, dir, files...)
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	return db, files, dir + "/*.parquet"
}

// TestForeignInsertDuringRepair lets somebody insert while a repair builds: nothing
// is changed, and nothing stands in the way of the next command, whoever finds out.
func TestForeignInsertDuringRepair(t *testing.T) {
	t.Parallel()
	db, files, source := loaded(t)
	day := date(t, "2023-12-25")
	foreign := "INSERT INTO pypi (date, project, version) VALUES ('2023-12-27', 'foreign', '1')"
	want := expectation(t, db.Conn, db.Name, files)
	for step, crash := range map[Step]bool{StepDayStaged: false, StepStaged: false, StepStepsWritten: false, StepPublishing: true} {
		once := false
		cfg := config.Config{Conn: db.Conn, Before: atSteps(func(s Step) error {
			if s != step || once {
				return nil
			}
			once = true
			must(t, db.Conn, foreign)
			must(t, db.Conn, "INSERT INTO "+want+" (date, project, version) VALUES ('2023-12-27', 'foreign', '1')")
			if crash {
				return errors.New("the command ends")
			}
			return nil
		})}
		_, err := New(cfg).Repair(t.Context(), repair.Request{From: day, To: day}, source)
		if crash {
			wantError(t, err, "the command ends")
		} else {
			wantError(t, err, "nothing was changed")
		}
		if sum := mustLoad(t, config.Config{Conn: db.Conn}, source); sum.Already != len(files) {
			t.Errorf("%s: %+v", step, sum)
		}
		checkEqual(t, db.Conn, db.Name, want)
		checkClean(t, db.Conn, db.Name)
	}
	mustRepair(t, db.Conn, repair.Request{From: day, To: day}, source)
	checkEqual(t, db.Conn, db.Name, want)
}

// TestRepairKeepsWhatRawHasNot repairs days of a database whose raw table has lost
// or dropped others: what only aggregates hold stays in all of them.
func TestRepairKeepsWhatRawHasNot(t *testing.T) {
	t.Parallel()
	db, files, source := loaded(t)
	want := expectation(t, db.Conn, db.Name, files)
	aggregates := func(raw string) {
		t.Helper()
		must(t, db.Conn, "DROP TABLE IF EXISTS kept SYNC")
		must(t, db.Conn, "RENAME TABLE pypi TO kept")
		must(t, db.Conn, "CREATE VIEW pypi AS SELECT * FROM "+want)
		checkEqual(t, db.Conn, db.Name, want)
		must(t, db.Conn, "DROP VIEW pypi SYNC")
		must(t, db.Conn, "RENAME TABLE kept TO pypi")
		if n := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi WHERE NOT ("+raw+")"); n != 0 {
			t.Errorf("the raw table has %d rows that it should not", n)
		}
	}
	// An old day comes back, so that the raw table does not only begin late.
	must(t, db.Conn, "DELETE FROM pypi WHERE date < '2023-12-28'")
	for _, day := range []string{"2024-01-01", "2023-12-22", "2024-01-02", "2023-12-28"} {
		d := date(t, day)
		mustRepair(t, db.Conn, repair.Request{From: d, To: d}, source)
		aggregates("date >= '2023-12-28' OR date = '2023-12-22'")
	}
	// Another damaged day, in every table of days: none can give what is older.
	must(t, db.Conn, "INSERT INTO pypi (date, project, version) VALUES ('2024-01-03', 'x', '1')")
	for _, table := range []string{"pypi_downloads_per_day", "pypi_downloads_per_day_by_version"} {
		must(t, db.Conn, "DELETE FROM "+table+" WHERE date = '2024-01-04'")
	}
	err := repairError(t, db.Conn, "2024-01-01", source)
	wantError(t, err, "which would be lost")
	_, err = New(config.Config{Conn: db.Conn}).Backfill(t.Context(), backfill.Request{Table: "pypi_downloads_per_month"})
	wantError(t, err, "what is older than the raw table would be lost")
	mustRepair(t, db.Conn, repair.Request{From: date(t, "2024-01-03"), To: date(t, "2024-01-04")}, source)
	aggregates("date >= '2023-12-28' OR date = '2023-12-22'")
	mustRepair(t, db.Conn, repair.Request{From: date(t, "2023-12-20"), To: date(t, "2023-12-27")}, source)
	checkEqual(t, db.Conn, db.Name, want)
}

// TestMendRefusesWhatCannotBeExchanged refuses tables that no other can take the
// place of before anything is built.
func TestMendRefusesWhatCannotBeExchanged(t *testing.T) {
	db, files, source := loaded(t)
	want := expectation(t, db.Conn, db.Name, files)
	refused := func(says string) {
		t.Helper()
		wantError(t, repairError(t, db.Conn, "2023-12-25", source), says)
		sh, err := New(config.Config{Conn: db.Conn}).Shadow("next")
		if err == nil {
			_, err = sh.Run(t.Context(), source)
		}
		wantError(t, err, says)
		mustLoad(t, config.Config{Conn: db.Conn}, source)
		checkEqual(t, db.Conn, db.Name, want)
		checkClean(t, db.Conn, db.Name)
	}
	must(t, db.Conn, "CREATE MATERIALIZED VIEW inner_mv ENGINE = SummingMergeTree ORDER BY project AS SELECT project, count() AS count FROM pypi GROUP BY project")
	refused("the inner table of a view")
	must(t, db.Conn, "DROP VIEW inner_mv SYNC")
	old := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"allow_deprecated_database_ordinary": 1}))
	for _, sql := range []string{"CREATE DATABASE " + db.Name + "_old ENGINE = Ordinary", "CREATE TABLE " + db.Name + "_old.agg (project String, count Int64) ENGINE = SummingMergeTree ORDER BY project",
		"CREATE MATERIALIZED VIEW old_mv TO " + db.Name + "_old.agg AS SELECT project, count() AS count FROM pypi GROUP BY project"} {
		if err := db.Conn.Exec(old, sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = db.Conn.Exec(context.Background(), "DROP DATABASE "+db.Name+"_old") })
	wantError(t, repairError(t, db.Conn, "2023-12-25", source), "not of the engine Atomic")
	must(t, db.Conn, "DROP VIEW old_mv SYNC")
}

// TestRepairOfUnusualTables repairs a day where a table has a projection, views
// have a WHERE, states or another aggregate for their source, an aggregate is in
// another database, and the landing table's view takes days of another time zone.
func TestRepairOfUnusualTables(t *testing.T) {
	t.Parallel()
	db := chtest.NewWithSchema(t)
	away := chtest.New(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(2, 300)...)
	source := dir + "/*.parquet"
	mapping := scalar[string](t, db.Conn, "SELECT as_select FROM system.tables WHERE database = currentDatabase() AND name = 'pypi_landing_mv'")
	for _, sql := range []string{
		"ALTER TABLE pypi_landing_mv MODIFY QUERY " + strings.Replace(mapping, "'UTC') AS date", "'Asia/Tokyo') AS date", 1),
		"ALTER TABLE pypi ADD PROJECTION by_date (SELECT date, count() GROUP BY date)",
		"CREATE TABLE " + away.Name + ".pypi_downloads (project String, count Int64) ENGINE = SummingMergeTree ORDER BY project",
		"CREATE MATERIALIZED VIEW away_mv TO " + away.Name + ".pypi_downloads AS SELECT project, count() AS count FROM pypi GROUP BY project",
		"CREATE TABLE pip (date Date, count Int64) ENGINE = SummingMergeTree ORDER BY date PARTITION BY date",
		"CREATE MATERIALIZED VIEW pip_mv TO pip AS SELECT date, count() AS count FROM pypi WHERE installer = 'pip' GROUP BY date",
		"CREATE TABLE states (month Date, versions AggregateFunction(uniqExact, String)) ENGINE = AggregatingMergeTree ORDER BY month",
		"CREATE MATERIALIZED VIEW states_mv TO states AS SELECT toStartOfMonth(date) AS month, uniqExactState(version) AS versions FROM pypi GROUP BY month",
		"CREATE TABLE chained (date Date, count Int64) ENGINE = SummingMergeTree ORDER BY date",
		"CREATE MATERIALIZED VIEW chained_mv TO chained AS SELECT date, sum(count) AS count FROM pypi_downloads_per_day GROUP BY date",
	} {
		must(t, db.Conn, sql)
	}
	mustLoad(t, config.Config{Conn: db.Conn}, source)
	look := func() string {
		return scalar[string](t, db.Conn, `SELECT toString((
			(SELECT (count(), sum(cityHash64(*))) FROM pypi), (SELECT groupArray((k, n)) FROM (SELECT project AS k, sum(count) AS n FROM `+away.Name+`.pypi_downloads GROUP BY 1 ORDER BY 1)),
			(SELECT groupArray((k, n)) FROM (SELECT date AS k, sum(count) AS n FROM pip GROUP BY 1 ORDER BY 1)), (SELECT groupArray((k, n)) FROM (SELECT month AS k, uniqExactMerge(versions) AS n FROM states GROUP BY 1 ORDER BY 1)),
			(SELECT groupArray((k, n)) FROM (SELECT date AS k, sum(count) AS n FROM chained GROUP BY 1 ORDER BY 1)), (SELECT groupArray((k, n)) FROM (SELECT date AS k, sum(count) AS n FROM pypi_downloads_per_day GROUP BY 1 ORDER BY 1))))`)
	}
	before, create := look(), scalar[string](t, db.Conn, "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = 'pypi'")
	must(t, db.Conn, "INSERT INTO pypi SELECT * FROM pypi WHERE date = '2023-12-25'")
	d := date(t, "2023-12-25")
	mustRepair(t, db.Conn, repair.Request{From: d, To: d}, source)
	if after := look(); after != before {
		t.Errorf("after the repair\n%s, want\n%s", after, before)
	}
	if got := scalar[string](t, db.Conn, "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = 'pypi'"); got != create {
		t.Errorf("the table is now\n%s, and was\n%s", got, create)
	}
	wantCauses(t, verified(t, db.Conn, false, source))
	// An insert still fires every view.
	must(t, db.Conn, "INSERT INTO pypi (date, project, installer) VALUES ('2023-12-25', 'x', 'pip')")
	for _, table := range []string{"pypi_downloads_per_day", away.Name + ".pypi_downloads", "chained"} {
		if n := scalar[int64](t, db.Conn, "SELECT sum(count) FROM "+table); n != int64(scalar[uint64](t, db.Conn, "SELECT count() FROM pypi")) {
			t.Errorf("%s counts %d", table, n)
		}
	}
}

// TestShadowsBeside keeps two shadows and two databases apart, and refuses to lose
// what only aggregates hold.
func TestShadowsBeside(t *testing.T) {
	t.Parallel()
	db, files, source := loaded(t)
	in := New(config.Config{Conn: db.Conn})
	beside := func(in *Ingest, name string) *shadow.Shadow {
		t.Helper()
		sh, err := in.Shadow(name)
		if err != nil {
			t.Fatal(err)
		}
		return sh
	}
	a, b := beside(in, "a"), beside(in, "b")
	for range 2 {
		for _, sh := range []*shadow.Shadow{a, b} {
			if _, err := sh.Run(t.Context(), source); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM "+a.Databases()[0]+".clickql_ledger_batches WHERE batch IN (SELECT batch FROM "+b.Databases()[0]+".clickql_ledger_batches)"); n != 0 {
		t.Errorf("two shadows have %d lines about batches of the same name", n)
	}
	// Of another database the same name of a database comes out.
	other := chtest.NewNamed(t, db.Name+"_x")
	applyFew(t, other.Conn, other.Name)
	c := beside(in, "x_b")
	if _, err := c.Run(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	_, err := beside(New(config.Config{Conn: other.Conn}), "b").Run(t.Context(), source)
	wantError(t, err, "is not of this shadow")
	wantError(t, beside(New(config.Config{Conn: other.Conn}), "b").Discard(t.Context()), "is not of this shadow")
	if err := c.Discard(t.Context()); err != nil {
		t.Error(err)
	}
	// The live aggregates hold a day that neither raw table does.
	must(t, db.Conn, "INSERT INTO pypi (date, project) VALUES ('2019-01-01', 'old')")
	must(t, db.Conn, "DELETE FROM pypi WHERE date = '2019-01-01'")
	wantError(t, b.Promote(t.Context(), false), "it has no downloads of 2019-01-01, of which the live table pypi_downloads_per_day has 1")
	// A promotion that ends before it drops the shadow is not done twice.
	ended := New(config.Config{Conn: db.Conn, Before: atSteps(func(s Step) error {
		if s == StepStageDropped {
			return errors.New("the command ends")
		}
		return nil
	})})
	wantError(t, beside(ended, "a").Promote(t.Context(), true), "the command ends")
	_, err = a.Run(t.Context(), source)
	wantError(t, err, "it has been promoted")
	exports(t, db.Conn, strings.TrimSuffix(source, "/*.parquet"), exportFile{"e02.parquet", false, 9, 100})
	want := expectation(t, db.Conn, db.Name, append(files, exportFile{"e02.parquet", false, 9, 100}))
	mustLoad(t, config.Config{Conn: db.Conn}, source)
	for _, f := range []func() error{func() error { return a.Promote(t.Context(), false) }, func() error { return b.Discard(t.Context()) }} {
		if err := f(); err != nil {
			t.Error(err)
		}
		checkEqual(t, db.Conn, db.Name, want)
	}
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM system.databases WHERE startsWith(name, '"+shadow.Prefix+db.Name+"_')"); n != 0 {
		t.Errorf("%d shadows are left over", n)
	}
}

// TestShadowMapping gives a shadow the live mapping of exports, lets it be another,
// and makes that the live one with its tables.
func TestShadowMapping(t *testing.T) {
	t.Parallel()
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(2, 200)...)
	source := dir + "/*.parquet"
	mapping := func(database, zone string) string {
		return strings.NewReplacer("'UTC') AS date", "'"+zone+"') AS date").Replace(
			scalar[string](t, db.Conn, "SELECT as_select FROM system.tables WHERE database = '"+database+"' AND name = 'pypi_landing_mv'"))
	}
	must(t, db.Conn, "ALTER TABLE pypi_landing_mv MODIFY QUERY "+mapping(db.Name, "Asia/Tokyo"))
	mustLoad(t, config.Config{Conn: db.Conn}, source)
	sh, err := New(config.Config{Conn: db.Conn}).Shadow("next")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sh.Run(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if c, err := sh.Compare(t.Context()); err != nil || len(c.Differences) != 0 {
		t.Errorf("the same files by the same mapping: %+v, %v", c.Differences, err)
	}
	if err := sh.Discard(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := sh.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	must(t, db.Conn, "ALTER TABLE "+sh.Databases()[0]+".pypi_landing_mv MODIFY QUERY "+strings.Replace(mapping(sh.Databases()[0], ""), "'Asia/Tokyo'", "'America/New_York'", 1))
	if _, err := sh.Run(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if err := sh.Promote(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if sql := mapping(db.Name, ""); !strings.Contains(sql, "New_York") || strings.Contains(sql, shadow.Prefix) {
		t.Errorf("the live mapping is %s", sql)
	}
	wantCauses(t, verified(t, db.Conn, false, source))
}
