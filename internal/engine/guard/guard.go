//go:build linux && (amd64 || arm64)

package guard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/ebitengine/purego"
)

// What the assembly works with, set before the library can call it.
var (
	guarded   [5]uintptr            // where its functions are, in the order of guardedNames
	libc      [len(guarded)]uintptr // where the functions are that these stand before
	libcErrno uintptr               //nolint:unused // where __errno_location is
	questions int32                 //nolint:unused // writing end of a pipe for addresses of question
	confined  atomic.Int32          // whether threads are asked about before they reach files
)

// mayReach tells whether a thread may reach files of the user's, see Confine.
var mayReach func(thread int) bool

// guardedNames are the functions of libc that are stood before. Of syscall it is
// preadv2, for which the library has no other way.
var guardedNames = [len(guarded)]string{"write", "read", "pread", "syscall", "getcwd"}

// In assembly, for C alone to call.
var _ = []func(){guardedWrite, guardedRead, guardedPread, guardedSyscall, guardedGetcwd, guardedCall, ask}

func guardedWrite()
func guardedRead()
func guardedPread()
func guardedSyscall()
func guardedGetcwd()
func guardedCall()
func ask()

// question is on the stack of the thread that asks, which waits for the answer.
type question struct {
	// subject is the descriptor of a call that failed or, where errno is 0, the
	// thread that wants to reach files.
	subject, errno int32
	answer         atomic.Uint64
}

// The answers.
const (
	goOn    = 1
	refused = 2
)

// Watch begins to watch over a library that works in the directory; once in a
// process. lost is called, once, when it fails to write a file, or to read one
// below the directory, and has to end the process, which leaves on the disk what
// any crash does. (What is read elsewhere are exports: the reader of Parquet looks
// for itself, and a broken file must not end the engine.)
func Watch(l Library, dir string, lost func(error)) error {
	fail := func(err error) error { return fmt.Errorf("watch the library's files: %w", err) }
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fail(err)
	}
	slots, err := callSlots(l)
	if err != nil {
		return fail(err)
	}
	for i, name := range guardedNames {
		if libc[i], err = purego.Dlsym(purego.RTLD_DEFAULT, name); err != nil {
			return fail(err)
		}
	}
	if libcErrno, err = purego.Dlsym(purego.RTLD_DEFAULT, "__errno_location"); err != nil {
		return fail(err)
	}
	asked, ask, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	questions = int32(ask.Fd()) // blocking from now on
	go func() {
		defer func() { _ = ask.Close() }() // the library's until now
		for {
			var at uint64
			if binary.Read(asked, binary.NativeEndian, &at) != nil {
				return
			}
			q := pointer[question](uintptr(at))
			if q.errno == 0 {
				go q.permit()
				continue
			}
			if reason := q.reason(dir); reason != nil {
				lost(reason)
				return
			}
			q.answer.Store(goOn)
		}
	}()
	for _, s := range slots {
		*s.at = guarded[s.function]
	}
	return nil
}

// Confine begins to ask may, by its id in the kernel, about each thread that is
// to look for a file of the user's: where it says no, the query that the thread
// works for fails. After Watch, once in a process.
func Confine(may func(thread int) bool) {
	mayReach = may
	confined.Store(1)
}

// permit answers a thread that wants to reach files.
func (q *question) permit() {
	if mayReach(int(q.subject)) {
		q.answer.Store(goOn)
		return
	}
	q.answer.Store(refused)
}

// reason says what failed and what to do about it; nil where the call need not
// have succeeded: it was not on a file of a disk, or not possible. The log, which
// is standard error, can do without a line.
func (q *question) reason(dir string) error {
	var st syscall.Stat_t
	isOpen := syscall.Fstat(int(q.subject), &st) == nil
	if q.subject <= 2 || !isOpen || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return nil
	}
	cause := syscall.Errno(q.errno)
	switch cause {
	case syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.EINVAL, syscall.EBADF:
		return nil // not supported there, or not open for it
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", q.subject))
	if err != nil {
		return advised(fmt.Sprintf("read or write descriptor %d", q.subject), cause)
	}
	flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(q.subject), syscall.F_GETFL, 0)
	readOnly := flags&syscall.O_ACCMODE == syscall.O_RDONLY
	switch {
	case readOnly && strings.HasPrefix(path, dir+"/"):
		return advised("read "+path, cause)
	case readOnly, strings.HasPrefix(path, "/proc/"), strings.HasPrefix(path, "/sys/"):
		return nil
	}
	return advised("write "+path, cause)
}

// advised is the failure with what to do.
func advised(what string, cause error) error {
	remedy := "its disk fails: put a copy of its directory on another"
	if errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT) {
		remedy = "free space on its disk"
	}
	return fmt.Errorf("%s: %w; %s", what, cause, remedy)
}
