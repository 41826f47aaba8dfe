package ingest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// tracerVariable makes the test binary a tracer of another process: a tracing.
const tracerVariable = "CLICKQL_INGEST_TRACER"

// tracing says what a tracer does to a process.
type tracing struct {
	PID    int
	Rename int     // it is killed when it is about to rename for this time
	Full   filling // or its disk is full, or cannot be read
}

// filling makes a directory's disk full: system calls that need room below it
// fail, from the From-th on, until the tracer ends or, where For is given, For of
// them. Or, where Unreadable is set, those that read there.
type filling struct {
	Dir        string
	Unreadable bool
	From, For  int
	seen       int
}

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
	Args [6]uint64
	_    [4]uint64
}

// runTracer says "attached", and does what the variable says.
func runTracer() int {
	var tr tracing
	if err := json.Unmarshal([]byte(os.Getenv(tracerVariable)), &tr); err != nil {
		panic(err)
	}
	entering := tr.kill
	if tr.Full.Dir != "" {
		entering = tr.Full.entering
	}
	runtime.LockOSThread() // tracing belongs to a thread
	attach(tr.PID)
	fmt.Println("attached")
	eachCall(entering)
	return 0
}

// attach seizes all threads of a process.
func attach(pid int) {
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
}

// eachCall shows each system call before it is made, until it is told to end or
// nothing is left to trace.
func eachCall(entering func(tid int, info syscallInfo) (end bool)) {
	for {
		var status syscall.WaitStatus
		tid, err := syscall.Wait4(-1, &status, waitAll, nil)
		if err != nil {
			return
		}
		if !status.Stopped() {
			continue
		}
		pass := uintptr(0)
		switch signal := status.StopSignal(); {
		case signal == syscallStop:
			var info syscallInfo
			if ptrace(ptraceSyscallInfo, tid, unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info))) == nil && info.Op == 1 && entering(tid, info) {
				return
			}
		case status>>16 == 0: // a signal of its own
			pass = uintptr(signal)
		}
		_ = ptrace(syscall.PTRACE_SYSCALL, tid, 0, pass) // it may have ended
	}
}

// tracer starts a tracer of the engine, and waits until it has attached. What it
// traces goes on when it is killed.
func (a *arena) tracer(tr tracing) (*exec.Cmd, *bufio.Reader) {
	a.t.Helper()
	tr.PID = a.engine.Info().PID
	spec, err := json.Marshal(tr)
	if err != nil {
		a.t.Fatal(err)
	}
	cmd, told, _ := a.process(tracerVariable + "=" + string(spec))
	a.await(told, "attached")
	return cmd, told
}

// paused starts a victim, and waits until it has come to where it is to pause.
func (a *arena) paused(v victim) (*exec.Cmd, *bufio.Reader, io.Closer) {
	a.t.Helper()
	spec, err := json.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	cmd, lines, goOn := a.process(victimVariable + "=" + string(spec))
	a.await(lines, "paused")
	return cmd, lines, goOn
}

// process starts the test binary with a variable.
func (a *arena) process(variable string) (cmd *exec.Cmd, out *bufio.Reader, in io.WriteCloser) {
	a.t.Helper()
	cmd = exec.CommandContext(a.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), variable)
	cmd.Stderr = new(bytes.Buffer)
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
