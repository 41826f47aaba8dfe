package ingest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/repair"
	"clickql/internal/chconn"
	"clickql/internal/engine"
)

// victimVariable makes the test binary run a load that is to be killed.
const victimVariable = "CLICKQL_INGEST_VICTIM"

// For a long trial by hand: the number of kills, of files to load, and the seed
// to begin with instead of one by the clock.
const (
	killsVariable = "CLICKQL_CRASH_KILLS"
	filesVariable = "CLICKQL_CRASH_FILES"
	seedVariable  = "CLICKQL_CRASH_SEED"
)

// setting is a number from the environment.
func setting(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(variable)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// victim says what a killed load is to do.
type victim struct {
	DSN, Source string
	Step        Step // at which to kill; empty: never, somebody else does
	Nth         int  // occurrence of the step
	Statement   int  // before which to kill, counted from one; 0: none
	EnginePID   int  // what to kill instead of the command itself
	Pause       Step // at which to say "paused" and wait for a line; there is one batch then
	Parallel    int  // tables side by side, above one
	Mend        mending
}

// mending is what a victim does instead of a load.
type mending struct {
	Repair   string // a day
	Backfill string // a table
	Help     bool   // for as long as it lives, another that loads
	Promote  string // a shadow
}

// run does it, or loads.
func (v victim) run(ctx context.Context, in *Ingest) error {
	if v.Mend.Repair != "" {
		day, err := time.Parse(time.DateOnly, v.Mend.Repair)
		if err != nil {
			return err
		}
		_, err = in.Repair(ctx, repair.Request{From: day, To: day}, v.Source)
		return err
	}
	if v.Mend.Backfill != "" {
		_, err := in.Backfill(ctx, backfill.Request{Table: v.Mend.Backfill})
		return err
	}
	for v.Mend.Help {
		if _, err := in.Help(ctx); err != nil {
			return err
		}
	}
	if v.Mend.Promote != "" {
		sh, err := in.Shadow(v.Mend.Promote)
		if err != nil {
			return err
		}
		return sh.Promote(ctx, false)
	}
	_, err := in.Run(ctx, ledger.Downloads, v.Source)
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
	seen, statements := new(atomic.Int64), new(atomic.Int64)
	files := 2
	if v.Pause != "" {
		files = 0 // all in one batch
	}
	kill := func() error {
		pid := os.Getpid()
		if v.EnginePID != 0 {
			pid = v.EnginePID
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	}
	steps := atSteps(func(s Step) error {
		fmt.Println(s)
		if s == v.Pause {
			fmt.Println("paused")
			_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // or its end
		}
		if s != v.Step {
			return nil
		}
		if seen.Add(1) != int64(v.Nth) {
			return nil
		}
		return kill()
	})
	cfg := config.Config{Conn: conn, BatchFiles: files, Parallel: max(v.Parallel, 1), Beat: 100 * time.Millisecond, Before: func(sql string) error {
		if n := statements.Add(1); v.Statement > 0 && n == int64(v.Statement) {
			return kill()
		}
		return steps(sql)
	}}
	defer func() { fmt.Println("statements", statements.Load()) }()
	if err := v.run(ctx, New(cfg)); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", chconn.Classify(err), err)
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
	files   []exportFile
	folder  string // of the files
	source  string // glob over them
	damaged int    // files among them that cannot be loaded
	want    string // table of what is expected
	n       int
	random  *rand.Rand
	kills   int
	// statements are those of a load that nothing disturbs.
	statements int
	killed     map[string]int // by what or where
}

// newArena starts an engine of the test's own, with some files to load.
func newArena(t *testing.T, files int) *arena {
	t.Helper()
	a := &arena{t: t, dir: t.TempDir(), files: mixed(files-1, 120)}
	a.files = append(a.files, exportFile{"last.parquet", false, 99, 60})
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

// killEngine kills the engine and waits until it has gone.
func (a *arena) killEngine() {
	a.t.Helper()
	if err := syscall.Kill(a.engine.Info().PID, syscall.SIGKILL); err != nil {
		a.t.Error(err)
	}
	<-a.engine.Done()
}

// finish runs the load again after a crash, and checks that every table holds
// each row once and nothing is left over.
func (a *arena) finish(database, what string) {
	a.t.Helper()
	conn := a.revive(database)
	defer func() { _ = conn.Close() }()
	sum, err := New(config.Config{Conn: conn, BatchFiles: 3}).Run(a.t.Context(), ledger.Downloads, a.source)
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
	t.Parallel()
	a := newArena(t, 4)
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

// TestKillAtStatements kills the command, or the engine, before some statements
// of a load, each in a run of its own.
func TestKillAtStatements(t *testing.T) {
	t.Parallel()
	stride := int(setting(t, strideVariable, 60))
	_, seed, random := dice(t, 0)
	a := newArena(t, 4)
	a.random = random
	a.measure()
	killed := 0
	for n := 1 + random.IntN(stride); n <= a.statements; n += stride {
		database := a.database()
		v := victim{DSN: a.dsn(database), Source: a.source, Statement: n}
		if killed++; killed%2 == 0 {
			v.EnginePID = a.engine.Info().PID
		}
		if err := v.start(t, new(bytes.Buffer)).Wait(); err == nil {
			t.Fatalf("seed %d: nothing was killed before statement %d of %d", seed, n, a.statements)
		}
		if v.EnginePID != 0 {
			<-a.engine.Done()
		}
		a.finish(database, fmt.Sprintf("seed %d, killed before statement %d of %d", seed, n, a.statements))
	}
	t.Logf("killed before %d of %d statements", killed, a.statements)
}

// strideVariable is how many statements, or renames, lie between those that are
// killed at; 1 kills at each.
const strideVariable = "CLICKQL_RENAME_STRIDE"

// TestKillEngine kills the engine at the steps around publishing.
func TestKillEngine(t *testing.T) {
	t.Parallel()
	a := newArena(t, 4)
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
	seed := setting(t, seedVariable, uint64(time.Now().UnixNano()))
	t.Logf("seed %d", seed)
	return int(setting(t, killsVariable, uint64(rounds))), seed, rand.New(rand.NewPCG(seed, 1))
}

// TestKillAtRandom kills the command, a helper beside it, or the engine, at
// random instants and at random steps, over and over until a load has come to
// its end all the same; then another.
func TestKillAtRandom(t *testing.T) {
	t.Parallel()
	kills, seed, random := dice(t, 6)
	a := newArena(t, int(setting(t, filesVariable, 4)))
	a.random = random
	took := a.measure()
	t.Logf("%d files, %s undisturbed", len(a.files), took)
	began := time.Now()
	for a.kills < kills {
		database := a.database()
		what := fmt.Sprintf("seed %d, after %d kills", seed, a.kills)
		for a.kills < kills && a.disturbed(database, took) {
		}
		a.finish(database, what)
	}
	t.Logf("%d kills %v in %d loads, %s", a.kills, a.killed, a.n-1, time.Since(began).Round(time.Second))
}

// disturbed starts a load and kills something; false when the load has ended
// before.
func (a *arena) disturbed(database string, took time.Duration) bool {
	a.t.Helper()
	if a.random.IntN(2) == 0 {
		return a.killStep(database)
	}
	var helper *exec.Cmd
	if a.random.IntN(2) == 0 {
		helper = victim{DSN: a.dsn(database), Mend: mending{Help: true}}.start(a.t, new(bytes.Buffer))
		defer func() {
			_ = helper.Process.Kill() // it may have been
			_ = helper.Wait()
		}()
	}
	after := time.Duration(a.random.Int64N(int64(min(took, 4*time.Second))))
	if helper != nil && a.random.IntN(3) == 0 {
		return a.killHelper(database, helper, after)
	}
	return a.killAfter(database, victim{Parallel: 1 + a.random.IntN(3)}, after, a.random.IntN(2) == 0)
}

// killStep kills the command or the engine at a random step, or before a random
// statement.
func (a *arena) killStep(database string) bool {
	a.t.Helper()
	v := victim{DSN: a.dsn(database), Source: a.source, Parallel: 1 + a.random.IntN(3)}
	what := "statement"
	if a.random.IntN(2) == 0 {
		v.Statement = 1 + a.random.IntN(a.statements)
	} else {
		steps := []Step{StepLocked, StepRecovered, StepPlanned, StepStageCreated, StepRawStaged, StepTableStaged, StepChecked, StepStaged,
			StepStepsWritten, StepPublishing, StepMoved, StepAllMoved, StepDone, StepStageDropped, StepRolledForward}
		v.Step, v.Nth = steps[a.random.IntN(len(steps))], 1+a.random.IntN(3)
		what = string(v.Step)
	}
	engineToo := a.random.IntN(2) == 0
	if engineToo {
		v.EnginePID = a.engine.Info().PID
	}
	err := v.start(a.t, new(bytes.Buffer)).Wait()
	if err == nil {
		return false // it did not come to that
	}
	a.count(what)
	if engineToo {
		<-a.engine.Done()
		a.close()
		a.open()
	}
	return true
}

// killHelper kills a helper, and then the load beside it.
func (a *arena) killHelper(database string, helper *exec.Cmd, after time.Duration) bool {
	a.t.Helper()
	killed := time.AfterFunc(after/2, func() { _ = helper.Process.Kill() }) // it may have ended
	defer killed.Stop()
	a.count("helper")
	return a.killAfter(database, victim{Parallel: 1 + a.random.IntN(3)}, after, false)
}

// count counts a kill.
func (a *arena) count(what string) {
	if a.killed == nil {
		a.killed = map[string]int{}
	}
	a.kills++
	a.killed[what]++
}

// measure is how long a load takes that nothing disturbs, and counts its
// statements.
func (a *arena) measure() time.Duration {
	a.t.Helper()
	database := a.database()
	began := time.Now()
	var out bytes.Buffer
	if err := (victim{DSN: a.dsn(database), Source: a.source}).start(a.t, &out).Wait(); err != nil {
		a.t.Fatalf("%v: %s", err, out.String())
	}
	took := time.Since(began)
	if i := strings.LastIndex(out.String(), "statements "); i >= 0 {
		_, _ = fmt.Sscanf(out.String()[i:], "statements %d", &a.statements)
	}
	if a.statements < 100 {
		a.t.Fatalf("a load of %d statements: %s", a.statements, out.String())
	}
	a.finish(database, "undisturbed")
	return took
}

// killAfter kills a victim after some time; false where it ends before.
func (a *arena) killAfter(database string, v victim, after time.Duration, engineToo bool) bool {
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
		return false
	case <-timer.C:
	}
	if engineToo {
		a.count("engine")
		a.killEngine()
	} else {
		a.count("command")
		_ = cmd.Process.Kill() // it may have ended
	}
	<-ended
	if engineToo {
		a.close()
		a.open()
	}
	return true
}
