//go:build linux && (amd64 || arm64)

package engine

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

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

// guard puts itself between the library and the calls by which it reads and writes
// files. This build of ClickHouse does not look at whether they succeeded (in
// WriteBufferFromFileDescriptor.cpp its makers took the exception out): on a full
// disk it would confirm an INSERT whose part is empty, and a table that is gone at
// the next start; on a disk with errors it takes what it cannot read for the end of
// the file, and sums up the rest. Here a call that fails to write a file, or to read
// one below the directory, never returns: its thread waits for ever, so that nothing
// that relies on it is confirmed or answered, and lost is called, once, with what
// failed. It has to end the process, which leaves on the disk what any crash does.
// (What is read elsewhere are exports: the reader of Parquet looks for itself, and
// a broken file must not end the engine.)
func guard(library string, handle uintptr, dir string, lost func(error)) error {
	fail := func(err error) error { return fmt.Errorf("watch the library's files: %w", err) }
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fail(err)
	}
	slots, err := callSlots(library, handle)
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
			if what, matters := f.matters(dir); matters {
				lost(fmt.Errorf("%s: %w", what, syscall.Errno(f.errno)))
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

// matters reports whether a call should have succeeded: it was on a file of a
// disk, and possible. The log, which is standard error, can do without a line.
func (f *failure) matters(dir string) (what string, yes bool) {
	var st syscall.Stat_t
	if f.fd <= 2 || syscall.Fstat(int(f.fd), &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return "", false
	}
	switch syscall.Errno(f.errno) {
	case syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.EINVAL, syscall.EBADF:
		return "", false // not supported there, or not open for it
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", f.fd))
	if err != nil {
		return fmt.Sprintf("read or write descriptor %d", f.fd), true
	}
	flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(f.fd), syscall.F_GETFL, 0)
	if flags&syscall.O_ACCMODE == syscall.O_RDONLY {
		return "read " + path, strings.HasPrefix(path, dir+"/")
	}
	return "write " + path, !strings.HasPrefix(path, "/proc/") && !strings.HasPrefix(path, "/sys/")
}

// pointer makes an address in the library's memory one that Go can use.
func pointer[T any](at uintptr) *T { return *(**T)(unsafe.Pointer(&at)) }

// slot is where the library keeps the address of a function that it calls.
type slot struct {
	at       *uintptr
	function int // in guardedNames
}

// callSlots finds the slots, in the tables of the library's dynamic linkage, and
// makes them writable.
func callSlots(library string, handle uintptr) (slots []slot, err error) {
	f, err := elf.Open(library)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	entry, err := purego.Dlsym(handle, entryPoint)
	if err != nil {
		return nil, err
	}
	base, functions := uintptr(0), make(map[uint32]int)
	for i, s := range symbols {
		if s.Name == entryPoint {
			base = entry - uintptr(s.Value)
		}
		if n := slices.Index(guardedNames[:], strings.TrimSuffix(s.Name, "64")); n >= 0 && s.Section == elf.SHN_UNDEF {
			functions[uint32(i)+1] = n
		}
	}
	for _, table := range []string{".rela.plt", ".rela.dyn"} {
		all, err := relocations(f, table)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			n, is := functions[elf.R_SYM64(r.Info)]
			if kind := elf.R_TYPE64(r.Info); !is || kind != jumpSlot && kind != globalData {
				continue
			}
			at := base + uintptr(r.Off)
			size := os.Getpagesize()
			page := unsafe.Slice(pointer[byte](at&^uintptr(size-1)), size)
			if err := syscall.Mprotect(page, syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
				return nil, err // a table filled at the start is read-only
			}
			slots = append(slots, slot{pointer[uintptr](at), n})
		}
	}
	for n, name := range guardedNames {
		if !slices.ContainsFunc(slots, func(s slot) bool { return s.function == n }) {
			return nil, fmt.Errorf("it does not seem to call %s", name)
		}
	}
	return slots, nil
}

// relocations reads a table of relocations, but for those that need no symbol and
// come first: of them there are a million.
func relocations(f *elf.File, table string) ([]elf.Rela64, error) {
	s := f.Section(table)
	if s == nil {
		return nil, nil
	}
	skipped := uint64(0)
	if table == ".rela.dyn" {
		n, err := f.DynValue(elf.DT_RELACOUNT)
		if err != nil {
			return nil, err
		}
		if len(n) > 0 {
			skipped = n[0]
		}
	}
	r := s.Open()
	if _, err := r.Seek(int64(skipped*s.Entsize), io.SeekStart); err != nil {
		return nil, err
	}
	all := make([]elf.Rela64, s.Size/s.Entsize-skipped)
	return all, binary.Read(r, f.ByteOrder, all)
}
