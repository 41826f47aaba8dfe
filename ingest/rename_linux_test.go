package ingest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"unsafe"
)

// tracerVariable makes the test binary a tracer that kills a process when it is
// about to rename for the n-th time: "PID N".
const tracerVariable = "CLICKQL_INGEST_TRACER"

// strideVariable is how many renames lie between those that are killed at; 1
// kills at each.
const strideVariable = "CLICKQL_RENAME_STRIDE"

// Of ptrace(2), which package syscall knows in part.
const (
	ptraceSeize       = 0x4206
	ptraceInterrupt   = 0x4207
	ptraceSyscallInfo = 0x420e
	ptraceSysGood     = 1
	ptraceClone       = 8
	waitAll           = 0x40000000
	syscallStop       = syscall.SIGTRAP | 0x80
)

// renames are the numbers of rename, renameat and renameat2.
var renames = map[string][]uint64{"amd64": {82, 264, 316}, "arm64": {38, 276}}[runtime.GOARCH]

// ptrace is one request.
func ptrace(request, pid int, addr, data uintptr) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(pid), addr, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// syscallInfo is what the kernel says of a stop at a system call.
type syscallInfo struct {
	Op   uint8 // 1: entering
	_    [3]uint8
	_    uint32
	_, _ uint64
	Call uint64
	_    [10]uint64
}

// runTracer says "attached", and kills the process at its n-th rename, before it
// happens.
func runTracer() int {
	var pid, n int
	if _, err := fmt.Sscan(os.Getenv(tracerVariable), &pid, &n); err != nil {
		panic(err)
	}
	runtime.LockOSThread() // tracing belongs to a thread
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil {
		panic(err)
	}
	for _, task := range tasks {
		tid, _ := strconv.Atoi(filepath.Base(task)) // the kernel's
		if err := ptrace(ptraceSeize, tid, 0, ptraceSysGood|ptraceClone); err == nil {
			_ = ptrace(ptraceInterrupt, tid, 0, 0) // it may have ended
		} else if err != syscall.ESRCH { //nolint:errorlint // a number
			panic(err)
		}
	}
	fmt.Println("attached")
	for {
		var status syscall.WaitStatus
		tid, err := syscall.Wait4(-1, &status, waitAll, nil)
		if err != nil {
			return 1 // nothing is left to trace
		}
		if !status.Stopped() {
			continue
		}
		pass := uintptr(0)
		switch signal := status.StopSignal(); {
		case signal == syscallStop:
			var info syscallInfo
			if ptrace(ptraceSyscallInfo, tid, unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info))) == nil && info.Op == 1 && slices.Contains(renames, info.Call) {
				if n--; n == 0 {
					_ = syscall.Kill(pid, syscall.SIGKILL) // it is stopped: it exists
					return 0
				}
			}
		case status>>16 == 0: // a signal of its own
			pass = uintptr(signal)
		}
		_ = ptrace(syscall.PTRACE_SYSCALL, tid, 0, pass) // it may have ended
	}
}

// TestKillAtRenames kills the engine at renames of one batch's publishing, each in
// a run of its own, until there are no more.
func TestKillAtRenames(t *testing.T) {
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
	spec, err := json.Marshal(victim{DSN: a.dsn(database), Source: a.source, Pause: StepPublishing})
	if err != nil {
		a.t.Fatal(err)
	}
	load, lines, goOn := a.process(victimVariable + "=" + string(spec))
	a.await(lines, "paused")
	tracer, told, _ := a.process(fmt.Sprintf("%s=%d %d", tracerVariable, a.engine.Info().PID, n))
	a.await(told, "attached")
	if _, err := goOn.Write([]byte("\n")); err != nil {
		a.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, lines) // until it ends
	ended := load.Wait()
	if ended != nil {
		<-a.engine.Done()
	}
	_ = tracer.Process.Kill() // it may have ended; what it traces goes on
	_ = tracer.Wait()
	return ended != nil
}

// process starts the test binary with a variable.
func (a *arena) process(variable string) (cmd *exec.Cmd, out *bufio.Reader, in io.WriteCloser) {
	a.t.Helper()
	cmd = exec.CommandContext(a.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), variable)
	in, err := cmd.StdinPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	return cmd, bufio.NewReader(stdout), in
}

// await reads up to a line.
func (a *arena) await(out *bufio.Reader, want string) {
	a.t.Helper()
	for {
		line, err := out.ReadString('\n')
		if line == want+"\n" {
			return
		}
		if err != nil {
			a.t.Fatalf("it ended before it said %q: %v", want, err)
		}
	}
}
