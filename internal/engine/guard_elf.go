//go:build linux && (amd64 || arm64)

package engine

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// What guardedWrite works with; set before the library can call it.
var (
	libcWrite, libcErrno uintptr
	lostWrites           int32 //nolint:unused // read in assembly: the end of the pipe to tell of lost writes
	guardedWriteAt       uintptr
)

// guardedWrite is what the library calls for write(2). Never to be called by Go.
func guardedWrite()

var _ = guardedWrite

// guard puts itself between the library and write(2). This build of ClickHouse
// does not look at whether a write succeeded (in WriteBufferFromFileDescriptor.cpp
// its makers took the exception out): on a full disk it would confirm an INSERT
// whose part is empty, and a table that is gone at the next start. Here a write to a
// regular file that fails never returns: its thread sleeps for ever, so that nothing
// that relies on it is confirmed, and lost is called, once, with what was lost. It is
// to end the process, which leaves on the disk what any crash does.
func guard(library string, handle uintptr, lost func(error)) error {
	slot, err := writeSlot(library, handle)
	if err != nil {
		return fmt.Errorf("watch the library's writes: %w", err)
	}
	for name, at := range map[string]*uintptr{"write": &libcWrite, "__errno_location": &libcErrno} {
		if *at, err = purego.Dlsym(purego.RTLD_DEFAULT, name); err != nil {
			return fmt.Errorf("watch the library's writes: %w", err)
		}
	}
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("watch the library's writes: %w", err)
	}
	lostWrites = int32(write.Fd()) // blocking from now on
	go func() {
		defer func() { _ = write.Close() }() // held for the library until now
		var note struct{ FD, Errno int32 }
		if binary.Read(read, binary.NativeEndian, &note) != nil {
			return
		}
		path, err := os.Readlink(filepath.Join("/proc/self/fd", strconv.Itoa(int(note.FD))))
		if err != nil {
			path = fmt.Sprintf("descriptor %d", note.FD)
		}
		lost(fmt.Errorf("write %s: %w", path, syscall.Errno(note.Errno)))
	}()
	*slot = guardedWriteAt
	return nil
}

// pointer makes an address in the library's memory one that Go can use.
func pointer[T any](at uintptr) *T { return *(**T)(unsafe.Pointer(&at)) }

// writeSlot finds where the library keeps the address of write for its calls: in
// the table of its dynamic linkage.
func writeSlot(library string, handle uintptr) (*uintptr, error) {
	f, err := elf.Open(library)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	calls := f.Section(".rela.plt")
	if calls == nil {
		return nil, errors.New("it has no table of calls")
	}
	var base uintptr
	for _, s := range symbols {
		if s.Name == entryPoint {
			at, err := purego.Dlsym(handle, entryPoint)
			if err != nil {
				return nil, err
			}
			base = at - uintptr(s.Value)
		}
	}
	for r := calls.Open(); ; {
		var call elf.Rela64
		if err := binary.Read(r, f.ByteOrder, &call); errors.Is(err, io.EOF) {
			return nil, errors.New("it does not call write")
		} else if err != nil {
			return nil, err
		}
		if n := elf.R_SYM64(call.Info); n > 0 && symbols[n-1].Name == "write" {
			at := base + uintptr(call.Off)
			page := at &^ uintptr(os.Getpagesize()-1)
			if err := syscall.Mprotect(unsafe.Slice(pointer[byte](page), os.Getpagesize()), syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
				return nil, err // a table that is complete from the start may be read-only
			}
			return pointer[uintptr](at), nil
		}
	}
}
