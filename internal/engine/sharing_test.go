package engine

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

func TestConcurrentOpensShareOneEngine(t *testing.T) {
	dir := t.TempDir()
	engines := make([]*Engine, 8)
	var all errgroup.Group
	for n := range engines {
		all.Go(func() (err error) {
			engines[n], err = Open(t.Context(), Config{Dir: dir})
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	for n, e := range engines {
		if e.Info() != engines[0].Info() {
			t.Errorf("engine %d is %+v, engine 0 is %+v", n, e.Info(), engines[0].Info())
		}
	}
	for n, e := range engines {
		if got := admin(t, e.Info(), "SELECT 1"); got != "1" {
			t.Errorf("with %d of %d holds left it answers %q", len(engines)-n, len(engines), got)
		}
		closed(t, e)
	}
	if !gone(engines[0].Info().HTTP) {
		t.Error("the engine outlived its last hold")
	}
}

func TestCommandsThatStartTogetherShareOneEngine(t *testing.T) {
	dir := t.TempDir()
	commands := make([]*command, 6)
	for n := range commands {
		commands[n] = startCommand(t, dir)
	}
	for _, c := range commands {
		c.answered(t)
		if c.info != commands[0].info {
			t.Errorf("one command has %+v, another %+v", c.info, commands[0].info)
		}
	}
	for n, c := range commands {
		if got := admin(t, c.info, "SELECT 1"); got != "1" {
			t.Errorf("with %d commands gone it answers %q", n, got)
		}
		c.leave(t)
	}
	waitFree(t, dir)
	if !gone(commands[0].info.HTTP) {
		t.Error("the engine outlived its last command")
	}
}

// TestComingAndGoing joins, leaves, starts and stops in every interleaving that
// chance brings: whoever holds an engine must find it answering, on the data of all before.
func TestComingAndGoing(t *testing.T) {
	dir := t.TempDir()
	i := opened(t, Config{Dir: dir})
	admin(t, i.Info(), "CREATE TABLE pypi.t (x Int64) ENGINE = MergeTree ORDER BY x")
	closed(t, i)
	const workers, rounds = 4, 12
	var all errgroup.Group
	pids := make([]map[int]bool, workers)
	for w := range workers {
		pids[w] = map[int]bool{}
		all.Go(func() error {
			for range rounds {
				e, err := Open(t.Context(), Config{Dir: dir})
				if err != nil {
					return err
				}
				pids[w][e.Info().PID] = true
				a, err := tryAsk(e.Info().HTTP, e.Info().User, e.Info().Password, "INSERT INTO pypi.t VALUES (1)")
				if err != nil || a.code != "" {
					t.Errorf("a held engine does not answer: %v %+v", err, a)
				}
				if err := e.Close(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	got := admin(t, opened(t, Config{Dir: dir}).Info(), "SELECT count() FROM pypi.t")
	if want := strconv.Itoa(workers * rounds); got != want {
		t.Errorf("%s rows of %s", got, want)
	}
	t.Logf("worker 0 met %d engines", len(pids[0]))
}

func TestSecondEngineIsImpossible(t *testing.T) {
	dir := t.TempDir()
	e := opened(t, Config{Dir: dir})
	lock, err := tryLock(dir)
	if err != nil || lock != nil {
		t.Errorf("the lock of a served directory: %v, %v", lock, err)
	}
	// Should the lock be got round, ClickHouse's own still refuses.
	other := filepath.Join(t.TempDir(), "other")
	closed(t, opened(t, Config{Dir: other}))
	if err := replaceBySymlink(filepath.Join(other, "data"), filepath.Join(dir, "data")); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(t.Context(), Config{Dir: other}); err == nil || !strings.Contains(err.Error(), "Another ClickHouse uses") {
		t.Errorf("a second engine on the same data: %v", err)
	}
	if got := admin(t, e.Info(), "SELECT 1"); got != "1" {
		t.Errorf("the first engine answers %q", got)
	}
}

func TestDirectoriesDoNotShare(t *testing.T) {
	a, b := opened(t, Config{Dir: t.TempDir()}), opened(t, Config{Dir: t.TempDir()})
	if a.Info().PID == b.Info().PID || a.Info().Password == b.Info().Password {
		t.Errorf("%+v and %+v", a.Info(), b.Info())
	}
	if got := ask(t, b.Info().HTTP, a.Info().User, a.Info().Password, "SELECT 1"); got.code != "516" {
		t.Errorf("one directory's password opens another's engine: %+v", got)
	}
}
