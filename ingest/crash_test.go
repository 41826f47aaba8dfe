package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/engine"
)

// victimVariable makes the test binary run a load that is to be killed.
const victimVariable = "CLICKQL_INGEST_VICTIM"

// roundsVariable is the number of kills at random instants; more than the
// default for a long trial by hand.
const roundsVariable = "CLICKQL_CRASH_ROUNDS"

// victim says what a killed load is to do.
type victim struct {
	DSN, Source string
	Step        Step // at which to kill; empty: never, somebody else does
	Nth         int  // occurrence of the step
	EnginePID   int  // what to kill instead of the command itself
	Mend        mending
}

// mending is what a victim does instead of a load.
type mending struct {
	Repair   string // a day
	Backfill string // a table
}

// run does it, or loads.
func (v victim) run(ctx context.Context, in *Ingest) error {
	if v.Mend.Repair != "" {
		day, err := time.Parse(time.DateOnly, v.Mend.Repair)
		if err != nil {
			return err
		}
		_, err = in.Repair(ctx, RepairRequest{From: day, To: day}, v.Source)
		return err
	}
	if v.Mend.Backfill != "" {
		_, err := in.Backfill(ctx, BackfillRequest{Table: v.Mend.Backfill})
		return err
	}
	_, err := in.Run(ctx, Downloads, v.Source)
	return err
}

// runVictim is the killed load's main.
func runVictim() int {
	var v victim
	if err := json.Unmarshal([]byte(os.Getenv(victimVariable)), &v); err != nil {
		panic(err)
	}
	ctx := context.Background()
	conn, err := chconn.Open(ctx, chconn.Config{DSN: v.DSN})
	if err != nil {
		panic(err)
	}
	seen := 0
	cfg := Config{Conn: conn, BatchFiles: 2, Parallel: 1, At: func(s Step) error {
		fmt.Println(s)
		if s != v.Step {
			return nil
		}
		if seen++; seen != v.Nth {
			return nil
		}
		pid := os.Getpid()
		if v.EnginePID != 0 {
			pid = v.EnginePID
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	}}
	if err := v.run(ctx, New(cfg)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// start runs a victim in a process of its own; out receives the steps.
func (v victim) start(t *testing.T, out *bytes.Buffer) *exec.Cmd {
	t.Helper()
	spec, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimVariable+"="+string(spec))
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// arena is an engine that may be killed, with files to load.
type arena struct {
	t       *testing.T
	dir     string
	engine  *engine.Engine
	conn    *chconn.Conn
	files   []export
	folder  string // of the files
	source  string // glob over them
	damaged int    // files among them that cannot be loaded
	want    string // table of what is expected
	n       int
}

// newArena starts an engine of the test's own.
func newArena(t *testing.T) *arena {
	t.Helper()
	a := &arena{t: t, dir: t.TempDir(), files: mixed(3, 120)}
	a.files = append(a.files, export{"e03.parquet", false, 50, 60})
	a.open()
	t.Cleanup(func() { a.close() })
	a.folder = t.TempDir()
	exports(t, a.conn, a.folder, a.files...)
	a.source = a.folder + "/*.parquet"

	must(t, a.conn, "CREATE DATABASE model ENGINE = Atomic")
	applyFew(t, a.conn, "model")
	a.want = expectation(t, a.conn, "model", a.files)
	return a
}

// open starts the engine, or starts it again after it was killed.
func (a *arena) open() {
	a.t.Helper()
	var err error
	if a.engine, err = engine.Open(context.Background(), engine.Config{Dir: a.dir}); err != nil {
		a.t.Fatal(err)
	}
	if a.conn, err = chconn.Open(context.Background(), chconn.Config{DSN: a.engine.DSN()}); err != nil {
		a.t.Fatal(err)
	}
}

// close gives the engine up.
func (a *arena) close() {
	_ = a.conn.Close()
	_ = a.engine.Close()
}

// database makes an empty database with the tables.
func (a *arena) database() string {
	a.t.Helper()
	a.n++
	database := fmt.Sprintf("round%d", a.n)
	must(a.t, a.conn, "CREATE DATABASE "+database+" ENGINE = Atomic")
	applyFew(a.t, a.conn, database)
	return database
}

// dsn names a database of the engine.
func (a *arena) dsn(database string) string {
	i := a.engine.Info()
	return fmt.Sprintf("clickhouse://%s:%s@%s/%s", i.User, i.Password, i.Native, database)
}

// revive starts the engine again where it was killed, and connects to a database.
func (a *arena) revive(database string) *chconn.Conn {
	a.t.Helper()
	select {
	case <-a.engine.Done():
		a.close()
		a.open()
	default:
	}
	conn, err := chconn.Open(a.t.Context(), chconn.Config{DSN: a.dsn(database)})
	if err != nil {
		a.t.Fatal(err)
	}
	return conn
}

// finish runs the load again after a crash, and checks that every table holds
// each row once and nothing is left over.
func (a *arena) finish(database, what string) {
	a.t.Helper()
	conn := a.revive(database)
	defer func() { _ = conn.Close() }()
	sum, err := New(Config{Conn: conn, BatchFiles: 3}).Run(a.t.Context(), Downloads, a.source)
	if err != nil || len(sum.Failed) != a.damaged {
		a.t.Fatalf("%s: run again: %v, %+v", what, err, sum)
	}
	checkEqual(a.t, conn, database, a.want)
	checkClean(a.t, conn, database)
	if a.t.Failed() {
		a.t.Fatalf("%s: the tables are wrong", what)
	}
	must(a.t, a.conn, "DROP DATABASE "+database+" SYNC")
}

// nth is which occurrence of a step to kill at: one in the middle.
func nth(step Step) int {
	switch step {
	case StepMoved:
		return 7
	case StepTableStaged:
		return 6
	default:
		return 1
	}
}

// TestKillCommand kills the command at each step, those of failing files and
// of recovery included.
func TestKillCommand(t *testing.T) {
	a := newArena(t)
	for _, step := range Steps() {
		switch step {
		case StepFileFailed, StepBatchFailed, StepRolledForward:
		default:
			a.killAt(step, nth(step), false)
		}
	}
	database := a.database()
	a.killIn(database, victim{}, StepMoved, 3, false)
	a.killIn(database, victim{}, StepMoved, 5, false)
	a.killIn(database, victim{}, StepRolledForward, 1, false)
	a.finish(database, "command killed while it was recovering")

	writeExport(t, a.conn, a.folder+"/damaged.parquet", false, 9, 300)
	corrupt(t, a.folder+"/damaged.parquet", 3000)
	a.damaged = 1
	for _, step := range []Step{StepFileFailed, StepBatchFailed} {
		a.killAt(step, 1, false)
	}
}

// TestKillEngine kills the engine at the steps around publishing.
func TestKillEngine(t *testing.T) {
	a := newArena(t)
	for _, step := range []Step{StepTableStaged, StepStepsWritten, StepPublishing, StepMoved, StepAllMoved, StepDone} {
		a.killAt(step, nth(step), true)
	}
}

// killAt lets one load be killed at a step, and another after it finish.
func (a *arena) killAt(step Step, nth int, engineToo bool) {
	a.t.Helper()
	database := a.database()
	a.killIn(database, victim{}, step, nth, engineToo)
	a.finish(database, fmt.Sprintf("killed at %s %d, engine %v", step, nth, engineToo))
}

// killIn lets a victim that works on a database be killed at a step.
func (a *arena) killIn(database string, v victim, step Step, nth int, engineToo bool) {
	a.t.Helper()
	v.DSN, v.Source, v.Step, v.Nth = a.dsn(database), a.source, step, nth
	if engineToo {
		v.EnginePID = a.engine.Info().PID
	}
	var out bytes.Buffer
	if err := v.start(a.t, &out).Wait(); err == nil {
		a.t.Fatalf("nothing was killed at %s %d: %s", step, nth, out.String())
	}
	if engineToo {
		<-a.engine.Done()
	}
}

// dice says how many rounds of kills there are, and draws their instants from a
// seed that it prints.
func dice(t *testing.T, rounds int) (int, uint64, *rand.Rand) {
	t.Helper()
	if s := os.Getenv(roundsVariable); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		rounds = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rounds, seed, rand.New(rand.NewPCG(seed, 1))
}

// TestKillAtRandom kills the command or the engine at random instants, up to
// three times in a row, before a load may finish.
func TestKillAtRandom(t *testing.T) {
	rounds, seed, random := dice(t, 3)
	a := newArena(t)
	took := a.measure()
	for round := range rounds {
		database := a.database()
		what := fmt.Sprintf("seed %d, round %d", seed, round)
		for range 1 + random.IntN(3) {
			engineToo := random.IntN(2) == 0
			after := time.Duration(random.Int64N(int64(took)))
			what += fmt.Sprintf(", engine %v after %v", engineToo, after)
			a.killAfter(database, victim{}, after, engineToo)
		}
		a.finish(database, what)
	}
}

// measure is how long a load takes that nothing disturbs.
func (a *arena) measure() time.Duration {
	a.t.Helper()
	database := a.database()
	began := time.Now()
	var out bytes.Buffer
	if err := (victim{DSN: a.dsn(database), Source: a.source}).start(a.t, &out).Wait(); err != nil {
		a.t.Fatalf("%v: %s", err, out.String())
	}
	took := time.Since(began)
	a.finish(database, "undisturbed")
	return took
}

// killAfter kills a victim after some time, unless it ends before.
func (a *arena) killAfter(database string, v victim, after time.Duration, engineToo bool) {
	a.t.Helper()
	var out bytes.Buffer
	v.DSN, v.Source = a.dsn(database), a.source
	cmd := v.start(a.t, &out)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // killed, or failed with the engine
	}()
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
	if engineToo {
		if err := syscall.Kill(a.engine.Info().PID, syscall.SIGKILL); err != nil {
			a.t.Fatal(err)
		}
		<-a.engine.Done()
	} else {
		_ = cmd.Process.Kill() // it may have ended
	}
	<-ended
	if engineToo {
		a.close()
		a.open()
	}
}
