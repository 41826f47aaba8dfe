package ingest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// System calls that need room on a disk, by what says where: a descriptor, or a
// path at the argument given, whose directory, if it has one, comes before it.
var (
	writes = []uint64{1, 18, 20, 285, 296, 328} // write, pwrite64, writev, fallocate, pwritev, pwritev2
	paths  = map[uint64]int{
		2: 0, 85: 0, 257: 1, // open, creat, openat
		83: 0, 258: 1, // mkdir, mkdirat
		86: 1, 265: 3, // link, linkat
		88: 1, 266: 2, // symlink, symlinkat
	}
	opens = []uint64{2, 257}
	reads = []uint64{0, 17, 295, 327} // read, pread64, preadv, preadv2
)

// entering makes calls fail from the From-th on that need room below Dir, or read
// there, and says at which it began.
func (f *filling) entering(tid int, info syscallInfo) bool {
	where, concerned := f.needsRoom(tid, info)
	errno := syscall.ENOSPC
	if f.Unreadable {
		where, concerned = f.onFile(tid, info, reads)
		errno = syscall.EIO
	}
	if !concerned {
		return false
	}
	if f.seen++; f.seen < f.From || f.For > 0 && f.seen >= f.From+f.For {
		return false
	}
	var regs syscall.PtraceRegs
	if syscall.PtraceGetRegs(tid, &regs) != nil {
		return false // it has ended
	}
	regs.Orig_rax, regs.Rax = ^uint64(0), uint64(-int64(errno)) // no call at all, and its answer
	if syscall.PtraceSetRegs(tid, &regs) == nil && f.seen == f.From {
		fmt.Printf("full\n%d %s\n", info.Call, where)
	}
	return false
}

// needsRoom tells whether a call adds to what is below the directory.
func (f *filling) needsRoom(tid int, info syscallInfo) (path string, needs bool) {
	if path, is := f.onFile(tid, info, writes); is {
		return path, true
	}
	at, known := paths[info.Call]
	if !known || slices.Contains(opens, info.Call) && info.Args[at+1]&syscall.O_CREAT == 0 {
		return "", false
	}
	path = text(tid, info.Args[at])
	if !filepath.IsAbs(path) {
		dir := fmt.Sprintf("/proc/%d/cwd", tid)
		if fd := int32(info.Args[max(at-1, 0)]); at > 0 && info.Call != 86 && info.Call != 88 && fd >= 0 {
			dir = fmt.Sprintf("/proc/%d/fd/%d", tid, fd)
		}
		dir, _ = os.Readlink(dir) // it is there
		path = filepath.Join(dir, path)
	}
	if !f.within(path) {
		return path, false
	}
	_, err := os.Lstat(path)
	return path, err != nil // opening what is there needs no room
}

// onFile tells whether a call is one of some, on an open file below the directory.
func (f *filling) onFile(tid int, info syscallInfo, calls []uint64) (path string, is bool) {
	if !slices.Contains(calls, info.Call) {
		return "", false
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, int32(info.Args[0])))
	return path, err == nil && f.within(path)
}

// within reports a path below the directory.
func (f *filling) within(path string) bool { return strings.HasPrefix(path, f.Dir+"/") }

// text reads a string of a stopped thread.
func text(tid int, at uint64) string {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", tid))
	if err != nil {
		return ""
	}
	defer func() { _ = memory.Close() }()
	buf := make([]byte, 4096)
	n, err := memory.ReadAt(buf, int64(at))
	if err != nil && err != io.EOF && n == 0 { //nolint:errorlint // as io.ReaderAt has it
		return ""
	}
	s, _, _ := bytes.Cut(buf[:n], []byte{0})
	return string(s)
}

// failing lets system calls of the engine fail until it is told to stop, and then
// says at which that began; empty: at none.
func (a *arena) failing(f filling) (stop func() string) {
	a.t.Helper()
	tracer, told := a.tracer(tracing{Full: f})
	return func() string {
		a.t.Helper()
		_ = tracer.Process.Kill() // what it traces goes on
		failed, err := io.ReadAll(told)
		_ = tracer.Wait()
		if err != nil {
			a.t.Fatal(err)
		}
		return string(failed)
	}
}

// endedFor waits until the engine has ended, which it must say the reason of.
func (a *arena) endedFor(reason string) {
	a.t.Helper()
	<-a.engine.Done()
	if why := fmt.Sprint(a.engine.Close()); !strings.Contains(why, reason) {
		a.t.Errorf("the engine ended and says %q", why)
	}
}
