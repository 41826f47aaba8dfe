package ingest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
)

// full draws when the disk is full, in calls that need room: from one of the next
// on, for good or for some.
func (a *arena) full(random *rand.Rand) filling {
	f := filling{Dir: filepath.Join(a.dir, "data"), From: 1 + random.IntN(1<<(1+random.IntN(6)))}
	if random.IntN(3) == 0 {
		f.For = 1 + random.IntN(20)
	}
	return f
}

// fill lets a victim go on from a step with a disk that is soon full, and looks
// at how it ends: well, with all done, or saying that the disk is full. Then
// there is room again, but the server is the same.
func (a *arena) fill(database, what string, v victim, f filling) {
	a.t.Helper()
	v.DSN, v.Source = a.dsn(database), a.source
	cmd, lines, goOn := a.paused(v)
	stop := a.failing(f)
	_ = goOn.Close()                  // which it waits for
	_, _ = io.Copy(io.Discard, lines) // until it ends
	ended := cmd.Wait()
	full := stop()
	said := fmt.Sprint(cmd.Stderr)
	class, _, _ := strings.Cut(said, ": ")
	switch {
	case ended == nil:
		class = "none"
		conn := a.revive(database)
		checkEqual(a.t, conn, database, a.want)
		_ = conn.Close()
	case full == "":
		a.t.Errorf("it failed with room on the disk")
	case class == chconn.Unavailable.String():
		a.endedFor("no space left on device")
	case class != chconn.DiskFull.String() || strings.Contains(said, "panic"):
		a.t.Errorf("it does not say that the disk is full")
	}
	a.count(class)
	if a.t.Failed() {
		a.t.Fatalf("%s, first at %q: %v, %s", what, full, ended, said)
	}
}

// blameless checks that no file is held to have failed, and kills the server: what
// it finds on the disk after that may be other than what it remembered.
func (a *arena) blameless(database, what string) {
	a.t.Helper()
	conn := a.revive(database)
	defer func() { _ = conn.Close() }()
	if n := scalar[uint64](a.t, conn, "SELECT count() FROM "+ledger.Files+" WHERE outcome = 'failed'"); n > 0 {
		a.t.Fatalf("%s: %d files were blamed", what, n)
	}
	a.killEngine()
}

// chosen are some of the steps, or all of them over and over, where that many
// rounds are asked for.
func chosen(random *rand.Rand, rounds int, steps ...Step) []Step {
	random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	var all []Step
	for len(all) < rounds {
		all = append(all, steps...)
	}
	return all[:rounds]
}

// TestFullDisk fills the engine's disk for a while, in each phase of a load and
// of the recovery of one: the load fails and says why, and once there is room
// another makes all right.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	rounds, seed, random := dice(t, 5)
	a := newArena(t, 4)
	for _, step := range chosen(random, rounds, StepLocked, StepPlanned, StepStageCreated, StepRawStaged, StepTableStaged, StepChecked, StepStaged,
		StepStepsWritten, StepPublishing, StepMoved, StepAllMoved, StepDone, StepRolledForward) {
		database, f := a.database(), a.full(random)
		what := fmt.Sprintf("seed %d, full from call %d after %s, for %d", seed, f.From, step, f.For)
		if step == StepRolledForward {
			a.killIn(database, victim{}, StepMoved, 1+random.IntN(6), random.IntN(2) == 0)
			_ = a.revive(database).Close()
			step = StepLocked
		}
		a.fill(database, what, victim{Pause: step}, f)
		conn := a.revive(database)
		sum, err := New(config.Config{Conn: conn}).Run(t.Context(), ledger.Downloads, a.source)
		if err != nil || len(sum.Failed) > 0 {
			t.Fatalf("%s: run again: %v, %+v", what, err, sum)
		}
		checkEqual(t, conn, database, a.want)
		_ = conn.Close()
		a.blameless(database, what)
		a.finish(database, what)
	}
	t.Logf("%d rounds, failures by class: %v", rounds, a.killed)
}

// fillAtSteps fills the disk while a patient is being mended.
func (p *patient) fillAtSteps(rounds int, seed uint64, random *rand.Rand, steps ...Step) {
	p.t.Helper()
	for _, step := range chosen(random, rounds, steps...) {
		p.harmed()
		f := p.full(random)
		what := fmt.Sprintf("seed %d, full from call %d after %s, for %d", seed, f.From, step, f.For)
		v := p.victim
		v.Pause = step
		p.fill(p.name, what, v, f)
		p.recovered(what)
		p.blameless(p.name, what)
		conn := p.revive(p.name)
		checkEqual(p.t, conn, p.name, p.want)
		_ = conn.Close()
		if p.t.Failed() {
			p.t.Fatalf("%s: the tables are wrong", what)
		}
	}
	p.t.Logf("%d rounds, failures by class: %v", rounds, p.killed)
}

// TestFullDiskRepair fills the engine's disk in each phase of a repair.
func TestFullDiskRepair(t *testing.T) {
	t.Parallel()
	rounds, seed, random := dice(t, 2)
	newRepairPatient(t).fillAtSteps(rounds, seed, random, StepLocked, StepStageCreated, StepRawStaged, StepDayStaged, StepNextBuilt, StepStaged,
		StepStepsWritten, StepPublishing, StepSwapped, StepAllMoved, StepDone)
}

// TestFullDiskBackfill fills the engine's disk in each phase of a backfill.
func TestFullDiskBackfill(t *testing.T) {
	t.Parallel()
	rounds, seed, random := dice(t, 2)
	newBackfillPatient(t).fillAtSteps(rounds, seed, random, StepLocked, StepSnapshot, StepReady, StepRangeFilled, StepNextBuilt, StepStepsWritten,
		StepPublishing, StepSwapped, StepAllMoved, StepDone)
}
