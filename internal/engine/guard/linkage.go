//go:build linux && (amd64 || arm64)

package guard

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// pointer makes an address in the library's memory one that Go can use.
func pointer[T any](at uintptr) *T { return *(**T)(unsafe.Pointer(&at)) }

// slot is where the library keeps the address of a function that it calls.
type slot struct {
	at       *uintptr
	function int // in guardedNames
}

// callSlots finds the slots, in the tables of the library's dynamic linkage, and
// makes them writable.
func callSlots(l Library) (slots []slot, err error) {
	f, err := elf.Open(l.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	entry, err := purego.Dlsym(l.Handle, l.Symbol)
	if err != nil {
		return nil, err
	}
	base, functions := uintptr(0), make(map[uint32]int)
	for i, s := range symbols {
		if s.Name == l.Symbol {
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
