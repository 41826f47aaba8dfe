package ingest

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"syscall"
	"testing"
)

// renames are the numbers of rename, renameat and renameat2.
var renames = map[string][]uint64{"amd64": {82, 264, 316}, "arm64": {38, 276}}[runtime.GOARCH]

// kill kills the process at its n-th rename, before it happens.
func (tr *tracing) kill(_ int, info syscallInfo) bool {
	if !slices.Contains(renames, info.Call) {
		return false
	}
	if tr.Rename--; tr.Rename > 0 {
		return false
	}
	_ = syscall.Kill(tr.PID, syscall.SIGKILL) // it is stopped: it exists
	return true
}

// TestKillAtRenames kills the engine at renames of one batch's publishing, each in
// a run of its own, until there are no more.
func TestKillAtRenames(t *testing.T) {
	t.Parallel()
	if len(renames) == 0 {
		t.Fatalf("which system calls rename on %s is not known here", runtime.GOARCH)
	}
	stride := int(setting(t, strideVariable, 10))
	_, seed, random := dice(t, 0)
	a := newArena(t, 4)
	killed := 0
	for at := 1 + random.IntN(stride); ; at += stride {
		database := a.database()
		if !a.killAtRename(database, at) {
			a.finish(database, "no rename was left")
			break
		}
		killed++
		a.finish(database, fmt.Sprintf("seed %d, killed at rename %d", seed, at))
	}
	t.Logf("killed at %d renames", killed)
	if killed == 0 {
		t.Error("nothing was killed")
	}
}

// killAtRename runs a load and kills the engine at the n-th rename after publishing
// has begun; false where there are fewer.
func (a *arena) killAtRename(database string, n int) bool {
	a.t.Helper()
	load, lines, goOn := a.paused(victim{DSN: a.dsn(database), Source: a.source, Pause: StepPublishing})
	tracer, _ := a.tracer(tracing{Rename: n})
	_ = goOn.Close()                  // which it waits for
	_, _ = io.Copy(io.Discard, lines) // until it ends
	ended := load.Wait()
	if ended != nil {
		<-a.engine.Done()
	}
	_ = tracer.Process.Kill() // it may have ended; what it traces goes on
	_ = tracer.Wait()
	return ended != nil
}
