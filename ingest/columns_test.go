package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/repair"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// byName are aggregates by what files' names tell: by all of it and by parts, so that
// some are computed from others, with and without the project.
func byName() []string {
	return []string{"pypi_downloads_per_day_by_version_by_installer_by_type", "pypi_downloads_per_day_by_version_by_file_type",
		"pypi_downloads_per_day_by_platform_by_arch_by_abi", "pypi_total_per_day_by_abi", "pypi_total_per_day_by_file_type"}
}

// sidecar inserts downloads of a file beside a wheel, as PyPI's exports give them.
func sidecar(day string, rows int) string {
	return fmt.Sprintf("INSERT INTO pypi (date, project, version, type, installer, filename) SELECT '%s', 'beside', '1', 'bdist_wheel', 'pip', "+
		"concat('beside-1-py3-none-any.whl', ['.metadata', '.asc'][1 + number %% 2]) FROM numbers(%d)", day, rows)
}

// unfill makes a database what it was before names were told apart: columns are empty
// in the rows of some days, sidecars are wheels, and aggregates count these.
func unfill(t testing.TB, conn *chconn.Conn, condition string) {
	t.Helper()
	must(t, conn, "ALTER TABLE pypi UPDATE platform = '', arch = '', abi = '', type = if(type IN ('metadata', 'signature'), 'bdist_wheel', type) WHERE "+condition+" SETTINGS mutations_sync = 2")
	for _, name := range byName() {
		table, _ := ddl.Lookup(name)
		must(t, conn, "TRUNCATE TABLE "+name)
		must(t, conn, "INSERT INTO "+name+" "+table.Select("pypi"))
	}
}

// asNamed is a table of what the raw table should hold once sidecars are told apart.
func asNamed(t testing.TB, db *chtest.DB) string {
	t.Helper()
	must(t, db.Conn, "DROP TABLE IF EXISTS named SYNC")
	must(t, db.Conn, "CREATE TABLE named AS pypi ENGINE = MergeTree ORDER BY tuple() PARTITION BY tuple()")
	must(t, db.Conn, "INSERT INTO named SELECT * REPLACE (if(filename LIKE '%.metadata', 'metadata', if(filename LIKE '%.asc', 'signature', type)) AS type) FROM pypi")
	return "`" + db.Name + "`.named"
}

// newNamed is a database with the tables by names and some files, of which the first
// days are as they were before names were told apart.
func newNamed(t testing.TB) (db *chtest.DB, dir, want string) {
	t.Helper()
	db, dir = newFew(t), t.TempDir()
	applySome(t, db.Conn, db.Name, byName()...)
	exports(t, db.Conn, dir, mixed(4, 300)...)
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/e00.parquet", dir+"/e01.parquet")
	must(t, db.Conn, sidecar("2023-12-22", 60))
	want = asNamed(t, db)
	unfill(t, db.Conn, "date < '2024-01-03'")
	return db, dir, want
}

// TestBackfillColumns fills what was loaded before names were told apart, while a load
// and somebody's own INSERT bring more rows, and again, when there is nothing to do.
func TestBackfillColumns(t *testing.T) {
	t.Parallel()
	db, dir, want := newNamed(t)
	opened := func() *catalog.Snapshot {
		c, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
		if err != nil {
			t.Fatal(err)
		}
		return c.Snapshot()
	}
	tells := func(s *catalog.Snapshot, d cube.Dimension, name string) bool {
		i := slices.IndexFunc(s.Tables, func(t *catalog.Table) bool { return t.Name == name })
		return s.Tables[i].Covers == s.Days && s.Tables[i].Dims[d] && s.Tables[i].Tells(d, s.Days)
	}
	if s := opened(); tells(s, cube.Platform, "pypi") || tells(s, cube.ABI, "pypi_total_per_day_by_abi") {
		t.Fatal("the columns are filled before they are")
	}
	dry := mustBackfill(t, config.Config{Conn: db.Conn}, backfill.Request{Table: "pypi", DryRun: true})
	wheels := scalar[uint64](t, db.Conn, "SELECT count() FROM "+want+" WHERE date < '2024-01-03' AND abi != ''")
	if len(dry.Columns) != 4 || dry.Columns[0] != (backfill.Column{Column: "type", Rows: 60, From: "2023-12-22", To: "2023-12-22"}) ||
		dry.Columns[3].Rows != wheels || wheels == 0 || dry.Columns[3].To != "2024-01-02" || len(dry.Aggregates) != len(byName()) {
		t.Errorf("plan %+v, of %d wheels", dry, wheels)
	}
	seen := 0
	cfg := config.Config{Conn: db.Conn, Before: atSteps(func(s Step) error {
		if s != StepRangeFilled && s != StepNextBuilt || seen > 1 {
			return nil
		}
		if seen++; seen == 1 {
			mustLoad(t, config.Config{Conn: db.Conn}, dir+"/e02.parquet")
		}
		// The second comes while what is put in place is built: that is done again.
		must(t, db.Conn, "INSERT INTO pypi (date, project, version, filename, type, platform, arch, abi) VALUES ('2024-01-05', 'foreign', '1', 'f-1-py3-none-any.whl', 'bdist_wheel', 'any', 'any', 'none')")
		return nil
	})}
	mustBackfill(t, cfg, backfill.Request{Table: "pypi"})
	must(t, db.Conn, "INSERT INTO "+want+" SELECT * FROM pypi WHERE project = 'foreign'")
	for _, e := range mixed(3, 300)[2:] {
		must(t, db.Conn, "INSERT INTO "+want+" SELECT * FROM "+expectation(t, db.Conn, db.Name, []exportFile{e}))
	}
	checkEqual(t, db.Conn, db.Name, want)
	checkNoFill(t, db.Conn, db.Name)
	checkClean(t, db.Conn, db.Name)
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi WHERE project = 'foreign'"); seen != 2 || n != 2 {
		t.Errorf("%d rows of %d foreign ones", n, seen)
	}
	s := opened()
	for name, d := range map[string]cube.Dimension{"pypi": cube.Platform, "pypi_total_per_day_by_abi": cube.ABI, "pypi_downloads_per_day_by_platform_by_arch_by_abi": cube.Arch} {
		if !tells(s, d, name) {
			t.Errorf("%s does not tell of %s on all days", name, d)
		}
	}
	again := mustBackfill(t, config.Config{Conn: db.Conn}, backfill.Request{Table: "pypi"})
	if again.Pending() {
		t.Errorf("filled again: %+v", again)
	}
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/e03.parquet")
	for _, e := range mixed(4, 300)[3:] {
		must(t, db.Conn, "INSERT INTO "+want+" SELECT * FROM "+expectation(t, db.Conn, db.Name, []exportFile{e}))
	}
	checkEqual(t, db.Conn, db.Name, want)
}

// TestBackfillColumnsKeepsDroppedDays: rows of the first days were dropped from the raw
// table, and the aggregates hold what they held of them.
func TestBackfillColumnsKeepsDroppedDays(t *testing.T) {
	db, _, want := newNamed(t)
	held := "SELECT toString(groupArray((date, version, n))) FROM (SELECT date, version, sum(count) AS n FROM pypi_downloads_per_day_by_version_by_file_type WHERE date < '2024-01-01' GROUP BY ALL ORDER BY ALL)"
	before := scalar[string](t, db.Conn, held)
	must(t, db.Conn, "DELETE FROM pypi WHERE date < '2024-01-01'")
	must(t, db.Conn, "DELETE FROM "+want+" WHERE date < '2024-01-01'")
	mustBackfill(t, config.Config{Conn: db.Conn}, backfill.Request{Table: "pypi"})
	if after := scalar[string](t, db.Conn, held); after != before || len(after) < 100 {
		t.Errorf("the aggregate holds %s of the days that were dropped, and held %s", after, before)
	}
	checkFilled(t, db.Conn, "(SELECT * FROM pypi_downloads_per_day_by_platform_by_arch_by_abi WHERE date >= '2024-01-01')", want, "project, date, platform, arch, abi")
}

// TestBackfillColumnsRefuses names what stands in the way.
func TestBackfillColumnsRefuses(t *testing.T) {
	db, _, _ := newNamed(t)
	run := func(table string, cfg config.Config) error {
		cfg.Conn = db.Conn
		_, err := New(cfg).Backfill(t.Context(), backfill.Request{Table: table})
		return err
	}
	stop := config.Config{Before: atSteps(func(s Step) error {
		if s == StepReady {
			return context.Canceled
		}
		return nil
	})}
	if err := run("pypi", stop); err == nil {
		t.Fatal("the backfill did not end where it should")
	}
	quick := config.Config{Beat: 20e6, Lease: 200e6}
	wantError(t, run("pypi_downloads_per_day", quick), "another backfill has not ended")
	day := date(t, "2024-01-01")
	_, err := New(config.Config{Conn: db.Conn, Beat: 20e6, Lease: 200e6}).Repair(t.Context(), repair.Request{From: day, To: day}, "/x.parquet")
	wantError(t, err, "a backfill has not ended")
	if _, err := New(config.Config{Conn: db.Conn, Beat: 20e6, Lease: 200e6}).Backfill(t.Context(), backfill.Request{Table: "pypi", Discard: true}); err != nil {
		t.Error(err)
	}
	checkNoFill(t, db.Conn, db.Name)
	for _, c := range []struct{ damage, undo, says string }{
		{"CREATE MATERIALIZED VIEW kinds ENGINE = AggregatingMergeTree ORDER BY type AS SELECT type, uniqState(project) AS u FROM pypi GROUP BY type", "DROP VIEW kinds SYNC", "cannot be made anew"},
		{"CREATE MATERIALIZED VIEW kinds ENGINE = SummingMergeTree ORDER BY type AS SELECT type, sum(count) AS n FROM pypi_total_per_day_by_file_type GROUP BY type", "DROP VIEW kinds SYNC", "is filled from the aggregate"},
		{"ALTER TABLE pypi RENAME COLUMN filename TO file", "", "it has no column filename"},
	} {
		must(t, db.Conn, c.damage)
		wantError(t, run("pypi", quick), c.says)
		if c.undo != "" {
			must(t, db.Conn, c.undo)
		}
	}
	if _, err := New(config.Config{Conn: db.Conn}).Backfill(t.Context(), backfill.Request{Table: "pypi", Key: []string{"project"}}); err == nil || !strings.Contains(err.Error(), "leave out --key") {
		t.Error(err)
	}
}

// TestKillBackfillColumns kills a backfill of columns at the steps that change them and at
// random, the command or the engine.
func TestKillBackfillColumns(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	conn := p.revive(p.name)
	applySome(t, conn, p.name, byName()...)
	for _, name := range byName() {
		table, _ := ddl.Lookup(name)
		must(t, conn, "INSERT INTO "+name+" "+table.Select("pypi"))
	}
	checkEqual(t, conn, p.name, p.want)
	_ = conn.Close()
	p.victim = victim{Mend: mending{Backfill: "pypi"}}
	p.damage = func(conn *chconn.Conn) { unfill(t, conn, "date < '2024-01-03'") }
	p.mend = func(ctx context.Context, in *Ingest) error {
		_, err := in.Backfill(ctx, backfill.Request{Table: "pypi"})
		if err == nil {
			checkNoFill(t, in.cfg.Conn, p.name)
		}
		return err
	}
	nth := func(s Step) int {
		if s == StepSwapped || s == StepNextBuilt || s == StepRangeFilled {
			return 3
		}
		return 1
	}
	// The steps that other backfills have too are killed at in TestKillBackfill.
	p.killAtSteps(false, nth, StepReady, StepColumnsAsked, StepRangeFilled, StepNextBuilt)
	for _, step := range []Step{StepPublishing, StepSwapped, StepAllMoved, StepFillEmptied} {
		p.killAtSteps(false, nth, step)
	}
	for _, step := range []Step{StepColumnsAsked, StepSwapped} {
		p.killAtSteps(true, nth, step)
	}
	p.killAtRandom(dice(t, 1))
}
