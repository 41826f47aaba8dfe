package ingest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
)

// For a long trial by hand: how many sequences of operations, how long each is
// on average, and the seed, see seedVariable.
const (
	sequencesVariable = "CLICKQL_MODEL_SEQUENCES"
	stepsVariable     = "CLICKQL_MODEL_STEPS"
	shrinkVariable    = "CLICKQL_MODEL_SHRINK_SECONDS"
)

// TestModel does random operations, in random order and each ended half-way now
// and then, and compares every table and the ledger after each with a model: the
// set of files, and of what was damaged by hand, that should be public. In the end
// what is wrong is mended by what verify says.
func TestModel(t *testing.T) {
	seed := setting(t, seedVariable, uint64(time.Now().UnixNano()))
	steps := int(setting(t, stepsVariable, 10))
	for name, value := range map[string]uint64{"seed": seed, "checks": setting(t, sequencesVariable, 1), "steps": uint64(steps)} {
		set(t, name, fmt.Sprint(value))
	}
	set(t, "shrinktime", fmt.Sprint(setting(t, shrinkVariable, 1))+"s")
	set(t, "nofailfile", "true")
	a := &arena{t: t, dir: t.TempDir()}
	a.open()
	t.Cleanup(func() { a.close() })
	done := map[string]int{}
	t.Logf("seed %d", seed)
	rapid.Check(t, func(rt *rapid.T) {
		m := newTrial(a, rt, done)
		defer m.drop()
		m.begin()
		for m.count < steps { // some repetitions are of nothing
			rt.Repeat(m.actions())
		}
		m.t = rt
		m.heal()
	})
	t.Logf("operations %v", done)
}

// set gives a flag of rapid's a value.
func set(t *testing.T, name, value string) {
	t.Helper()
	if err := flag.Set("rapid."+name, value); err != nil {
		t.Fatal(err)
	}
}

// trial does the operations of one sequence to a database, and to the model.
type trial struct {
	*arena
	t      *rapid.T
	conn   *chconn.Conn
	done   map[string]int
	folder string // of the sources
	store  string // of every content that a source ever had
	model  string // database of what the checks compare with

	versions map[string]*version // every content, by id
	now      map[string]*version // what each source is at this moment
	live     *side
	shadow   *side // nil: there is none
	fills    map[string]*unfinished
	n, count int

	// Of the operation under way: where it is to be ended, and what happens
	// beside it.
	mu      sync.Mutex
	crash   crash
	crashed bool
	beside  func(Step)
	calm    bool // nothing is ended any more
}

// crash is where an operation is to be ended.
type crash struct {
	step   Step
	nth    int
	engine bool
}

// newTrial is an empty database with the tables.
func newTrial(a *arena, t *rapid.T, done map[string]int) *trial {
	m := &trial{arena: a, t: t, done: done, versions: map[string]*version{}, now: map[string]*version{}, fills: map[string]*unfinished{}}
	m.folder, m.store = a.t.TempDir(), a.t.TempDir()
	m.live = newSide(a.database())
	m.model = m.live.database + "_model"
	m.conn = a.revive(m.live.database)
	m.createModel()
	for _, table := range modelTables()[:6] {
		if table.Name != "pypi" {
			if table.Name == "pypi_downloads" {
				m.exec(table.Create(m.options(), table.Name))
				m.exec(table.CreateView(m.options()))
			}
			*m.live.tables[table.Name] = tableState{exists: true, view: true, holds: pieces{}}
		}
	}
	return m
}

// notNow ends an operation that has nothing to work on, and has rapid draw another
// in its place: no test is skipped.
func (m *trial) notNow(why string) { m.t.Skip(why) }

// begin loads some files.
func (m *trial) begin() {
	m.calm = true
	for range 3 {
		m.write()
	}
	m.run()
	m.calm = false
}

// drop removes all databases of the sequence.
func (m *trial) drop() {
	_ = m.conn.Close()
	if m.t.Failed() {
		return // left to be looked at
	}
	m.conn = m.revive(m.live.database)
	for _, database := range m.texts("SELECT name FROM system.databases WHERE position(name, '" + m.live.database + "_') > 0 OR name = '" + m.live.database + "' ORDER BY length(name) DESC") {
		m.exec("DROP DATABASE IF EXISTS `" + database + "` SYNC")
	}
	_ = m.conn.Close()
	_ = os.RemoveAll(m.folder)
	_ = os.RemoveAll(m.store)
}

// actions are what a sequence is made of; those that are named twice come more
// often.
func (m *trial) actions() map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){"": func(t *rapid.T) { m.t = t; m.check() }}
	for name, do := range map[string]func(){
		"write": m.write, "write again": m.write, "replace": m.replace, "remove": m.remove,
		"run": m.run, "run again": m.run, "run beside a helper": m.runHelped,
		"repair": m.repair, "repair again": m.repair, "repair all": m.repairAll,
		"backfill": m.backfill, "backfill again": m.backfill, "discard a backfill": m.discardFill,
		"shadow run": m.shadowRun, "promote": m.promote, "discard a shadow": m.discardShadow,
		"damage the raw table": m.damageRaw, "damage an aggregate": m.damageAggregate, "a view": m.view,
		"foreign": m.foreign, "take back": m.takeBack, "verify": m.verify, "mend": m.mend,
	} {
		actions[name] = func(t *rapid.T) {
			m.t = t
			t.Logf("--- %s", name)
			do()
			m.count++
			m.done[name]++
		}
	}
	return actions
}

// errCrash ends an operation half-way.
var errCrash = errors.New("ended by the test")

// deadPID is no process.
const deadPID = 1 << 23

// config is the configuration of one command, of a process that has ended when
// the next one looks.
func (m *trial) config() config.Config {
	m.n++
	return config.Config{Conn: m.conn, BatchFiles: rapid.IntRange(1, 3).Draw(m.t, "files in a batch"), Workers: rapid.IntRange(1, 2).Draw(m.t, "workers"), Parallel: 1,
		Tries: 1000, Beat: 50 * time.Millisecond, Lease: 2 * time.Second, Before: atSteps(m.at),
		Holder: ledger.Holder{Host: "here", PID: deadPID, Machine: ledger.MachineID(), Token: fmt.Sprint(m.live.database, m.n)}}
}

// at ends the operation under way where it is to be.
func (m *trial) at(s Step) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.crashed {
		return errCrash
	}
	if m.crash.step == s {
		if m.crash.nth--; m.crash.nth == 0 {
			m.crashed = true
			if m.crash.engine {
				return errors.Join(errCrash, syscall.Kill(m.engine.Info().PID, syscall.SIGKILL))
			}
			return errCrash
		}
	}
	if m.beside != nil {
		m.beside(s)
	}
	return nil
}

// drawCrash says where the operation that begins is to be ended, if at all.
func (m *trial) drawCrash(steps []Step) {
	m.crash, m.crashed = crash{}, false
	if m.calm || rapid.IntRange(0, 2).Draw(m.t, "crash") < 2 {
		return
	}
	m.crash = crash{step: rapid.SampledFrom(steps).Draw(m.t, "step"), nth: rapid.SampledFrom([]int{1, 1, 2, 3, 5}).Draw(m.t, "occurrence"),
		engine: rapid.IntRange(0, 7).Draw(m.t, "engine") == 7}
}

// do carries out a command, ended half-way or not. Where it was, the engine may
// have to be started again.
func (m *trial) do(steps []Step, command func(*Ingest) error) (ended bool, err error) {
	m.drawCrash(steps)
	cfg := m.config()
	planned := m.crash
	err = command(New(cfg))
	m.mu.Lock()
	ended = m.crashed
	m.crash, m.crashed, m.beside = crash{}, false, nil
	m.mu.Unlock()
	m.t.Logf("ended half-way: %v %+v, error: %v", ended, planned, err)
	if ended && err == nil {
		m.t.Fatalf("a command that was ended at %s reports success", planned.step)
	}
	if ended && planned.engine {
		<-m.engine.Done()
		_ = m.conn.Close()
		m.conn = m.revive(m.live.database)
	}
	return ended, err
}
