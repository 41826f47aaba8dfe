package ingest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/repair"
	"clickql/internal/chconn"
)

// patient is a database that is damaged and mended again and again.
type patient struct {
	*arena
	name   string
	damage func(conn *chconn.Conn)
	// victim mends; mend does the same again, in this process, until all is well.
	victim victim
	mend   func(ctx context.Context, in *Ingest) error
}

// newPatient is a loaded database of an engine of its own.
func newPatient(t *testing.T) *patient {
	t.Helper()
	a := newArena(t, 4)
	p := &patient{arena: a, name: a.database()}
	conn := a.revive(p.name)
	defer func() { _ = conn.Close() }()
	mustLoad(t, config.Config{Conn: conn}, a.source)
	return p
}

// recovered lets the mending be done again after a crash, and checks everything.
func (p *patient) recovered(what string) {
	p.t.Helper()
	conn := p.revive(p.name)
	defer func() { _ = conn.Close() }()
	if err := p.mend(p.t.Context(), New(config.Config{Conn: conn})); err != nil {
		p.t.Fatalf("%s: mend again: %v", what, err)
	}
	checkEqual(p.t, conn, p.name, p.want)
	checkClean(p.t, conn, p.name)
	if p.t.Failed() {
		p.t.Fatalf("%s: the tables are wrong", what)
	}
}

// harmed damages the database.
func (p *patient) harmed() {
	p.t.Helper()
	conn := p.revive(p.name)
	defer func() { _ = conn.Close() }()
	p.damage(conn)
}

// killAtSteps kills the mending at each step, the command or the engine, some
// times one after the other before all is mended and checked.
func (p *patient) killAtSteps(engineToo bool, nth func(Step) int, steps ...Step) {
	p.t.Helper()
	for some := range slices.Chunk(steps, 5) {
		p.harmed()
		for _, step := range some {
			p.killIn(p.name, p.victim, step, nth(step), engineToo)
			_ = p.revive(p.name).Close()
		}
		p.recovered(fmt.Sprintf("killed at each of %s, engine %v", some, engineToo))
	}
}

// killAtRandom kills the command or the engine at random instants, up to three
// times in a row.
func (p *patient) killAtRandom(rounds int, seed uint64, random *rand.Rand) {
	p.t.Helper()
	p.harmed()
	began := time.Now()
	p.recovered("undisturbed")
	took := time.Since(began)
	for round := range rounds {
		p.harmed()
		what := fmt.Sprintf("seed %d, round %d", seed, round)
		for range 1 + random.IntN(3) {
			engineToo := random.IntN(2) == 0
			after := time.Duration(random.Int64N(int64(took)))
			what += fmt.Sprintf(", engine %v after %v", engineToo, after)
			p.killAfter(p.name, p.victim, after, engineToo)
		}
		p.recovered(what)
	}
}

// newRepairPatient is one that lacks a day, and has another's download on it.
func newRepairPatient(t *testing.T) *patient {
	t.Helper()
	p := newPatient(t)
	day := date(t, "2023-12-25")
	p.victim = victim{Mend: mending{Repair: "2023-12-25"}}
	p.damage = func(conn *chconn.Conn) {
		must(t, conn, "DELETE FROM pypi WHERE date = '2023-12-25'")
		must(t, conn, "INSERT INTO pypi (date, project, version) VALUES ('2023-12-25', 'ghost', '1')")
	}
	p.mend = func(ctx context.Context, in *Ingest) error {
		_, err := in.Repair(ctx, repair.Request{From: day, To: day}, p.source)
		return err
	}
	return p
}

// TestKillRepair kills a repair at every step and at random, the command or the
// engine.
func TestKillRepair(t *testing.T) {
	t.Parallel()
	p := newRepairPatient(t)
	second := func(s Step) int {
		if s == StepSwapped || s == StepNextBuilt || s == StepTableStaged {
			return 2
		}
		return 1
	}
	p.killAtSteps(false, second, StepLocked, StepRecovered, StepPlanned, StepStageCreated, StepRawStaged, StepTableStaged, StepChecked, StepDayStaged, StepNextBuilt,
		StepStaged, StepStepsWritten)
	// From here on the next command finishes what was begun.
	for _, step := range []Step{StepPublishing, StepSwapped, StepAllMoved, StepDone, StepStageDropped} {
		p.killAtSteps(false, second, step)
	}
	for _, step := range []Step{StepNextBuilt, StepSwapped, StepDone} {
		p.killAtSteps(true, second, step)
	}
	p.killAtRandom(dice(t, 2))
}

// TestReadersDuringRepair looks at the repaired day at every step: each table
// holds what it did or what it should, never nothing and never both.
func TestReadersDuringRepair(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(3, 200)...)
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	must(t, db.Conn, "INSERT INTO pypi SELECT * FROM pypi WHERE date = '2023-12-25'")
	look := func() [5]int64 {
		var got [5]int64
		for i, sql := range []string{"SELECT toInt64(count()) FROM pypi WHERE date = '2023-12-25'", "SELECT sum(count) FROM pypi_downloads_per_day WHERE date = '2023-12-25'",
			"SELECT sum(count) FROM pypi_downloads_per_day_by_version WHERE date = '2023-12-25'", "SELECT sum(count) FROM pypi_downloads_per_month",
			"SELECT toInt64(count()) FROM (SELECT project, min(min_date), max(max_date) FROM pypi_downloads_max_min GROUP BY project)"} {
			got[i] = scalar[int64](t, db.Conn, sql)
		}
		return got
	}
	before := look()
	var seen [][5]int64
	cfg := config.Config{Conn: db.Conn, Parallel: 1, Before: func(string) error { seen = append(seen, look()); return nil }}
	day := date(t, "2023-12-25")
	if _, err := New(cfg).Repair(t.Context(), repair.Request{From: day, To: day}, dir+"/*.parquet"); err != nil {
		t.Fatal(err)
	}
	after := look()
	if before[0] != 2*after[0] || after[0] == 0 {
		t.Fatalf("before %v, after %v", before, after)
	}
	for i, got := range seen {
		for j := range got {
			if got[j] != before[j] && got[j] != after[j] {
				t.Errorf("look %d, table %d: %d, before %d, after %d", i, j, got[j], before[j], after[j])
			}
		}
	}
}

// newBackfillPatient is one that lacks a table and its view.
func newBackfillPatient(t *testing.T) *patient {
	t.Helper()
	p := newPatient(t)
	p.victim = victim{Mend: mending{Backfill: "pypi_downloads_per_month"}}
	p.damage = func(conn *chconn.Conn) {
		must(t, conn, "DROP VIEW IF EXISTS pypi_downloads_per_month_mv SYNC")
		must(t, conn, "DROP TABLE IF EXISTS pypi_downloads_per_month SYNC")
	}
	p.mend = func(ctx context.Context, in *Ingest) error {
		_, err := in.Backfill(ctx, backfill.Request{Table: "pypi_downloads_per_month"})
		if err == nil {
			checkNoFill(t, in.cfg.Conn, p.name)
		}
		return err
	}
	return p
}

// TestKillBackfill kills a backfill at every step and at random, of a table that
// is missing with its view, the command or the engine; a load comes in between.
func TestKillBackfill(t *testing.T) {
	t.Parallel()
	p := newBackfillPatient(t)
	first := func(Step) int { return 1 }
	p.killAtSteps(false, first, StepLocked, StepSnapshot, StepReady, StepRangeFilled, StepNextBuilt, StepStepsWritten)
	for _, step := range []Step{StepPublishing, StepSwapped, StepAllMoved, StepDone, StepStageDropped} {
		p.killAtSteps(false, first, step)
	}
	for _, step := range []Step{StepReady, StepRangeFilled, StepSwapped} {
		p.killAtSteps(true, first, step)
	}
	p.killAtRandom(dice(t, 2))
}

// TestKillPromote kills the promotion of a shadow at every step and at random,
// the command or the engine: what is wrong in the live tables is right in it.
func TestKillPromote(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.victim = victim{Mend: mending{Promote: "next"}}
	p.damage = func(conn *chconn.Conn) {
		must(t, conn, "INSERT INTO pypi (date, project, version) VALUES ('2023-12-25', 'ghost', '1')")
		sh, err := New(config.Config{Conn: conn}).Shadow("next")
		if err == nil {
			_, err = sh.Run(t.Context(), p.source)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p.mend = func(ctx context.Context, in *Ingest) error {
		sh, err := in.Shadow("next")
		if err != nil {
			return err
		}
		// A promotion that was published is finished by any command that writes.
		if _, err := in.Run(ctx, ledger.Downloads, p.source); err != nil {
			return err
		}
		err = sh.Promote(ctx, false)
		if err != nil && strings.Contains(err.Error(), "there is none") {
			return nil // it was dropped after its promotion
		}
		return err
	}
	first := func(Step) int { return 1 }
	p.killAtSteps(false, first, StepLocked, StepRecovered, StepNextBuilt, StepStepsWritten)
	for _, step := range []Step{StepPublishing, StepSwapped, StepAllMoved, StepDone, StepStageDropped} {
		p.killAtSteps(false, first, step)
	}
	p.killAtSteps(false, func(Step) int { return 7 }, StepSwapped) // the ledger's turn
	p.killAtSteps(true, func(Step) int { return 7 }, StepSwapped)
	p.killAtRandom(dice(t, 2))
}
