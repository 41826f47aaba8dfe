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
	guarded   [4]uintptr            // where its functions are, in the order of guardedNames
	libc      [len(guarded)]uintptr // where the functions are that these stand before
	libcErrno uintptr               //nolint:unused // where __errno_location is
	failures  int32                 //nolint:unused // writing end of a pipe for addresses of failure
)

// guardedNames are the functions of libc that are stood before. Of syscall it is
// preadv2, for which the library has no other way.
var guardedNames = [len(guarded)]string{"write", "read", "pread", "syscall"}

// In assembly, for C alone to call.
var _ = []func(){guardedWrite, guardedRead, guardedPread, guardedSyscall, guardedCall}

func guardedWrite()
func guardedRead()
func guardedPread()
func guardedSyscall()
func guardedCall()

// failure is a call that failed, on the stack of the thread that made it, which
// waits until it is forgiven.
type failure struct {
	fd, errno int32
	forgiven  atomic.Uint64
}

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
	told, tell, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	failures = int32(tell.Fd()) // blocking from now on
	go func() {
		defer func() { _ = tell.Close() }() // the library's until now
		for {
			var at uint64
			if binary.Read(told, binary.NativeEndian, &at) != nil {
				return
			}
			f := pointer[failure](uintptr(at))
			if reason := f.reason(dir); reason != nil {
				lost(reason)
				return
			}
			f.forgiven.Store(1)
		}
	}()
	for _, s := range slots {
		*s.at = guarded[s.function]
	}
	return nil
}

// reason says what failed and what to do about it; nil where the call need not
// have succeeded: it was not on a file of a disk, or not possible. The log, which
// is standard error, can do without a line.
func (f *failure) reason(dir string) error {
	var st syscall.Stat_t
	isOpen := syscall.Fstat(int(f.fd), &st) == nil
	if f.fd <= 2 || !isOpen || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return nil
	}
	cause := syscall.Errno(f.errno)
	switch cause {
	case syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.EINVAL, syscall.EBADF:
		return nil // not supported there, or not open for it
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", f.fd))
	if err != nil {
		return advised(fmt.Sprintf("read or write descriptor %d", f.fd), cause)
	}
	flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(f.fd), syscall.F_GETFL, 0)
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
