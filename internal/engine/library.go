package engine

import (
	"debug/elf"
	"debug/macho"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// libraryEnv names libchdb where it is not in one of the usual places.
const libraryEnv = "CLICKQL_LIBCHDB"

const libraryFile = "libchdb.so"

// FindLibrary returns the path of libchdb: the one given; the one that the
// environment variable CLICKQL_LIBCHDB names; beside the executable; where `make build` puts it,
// seen from the executable; there, seen from a parent of the working directory that
// is a checkout. A path that was given, by argument or environment, must exist:
// no other is tried then.
func FindLibrary(given string) (string, error) {
	for _, named := range []struct{ path, by string }{{given, "configuration"}, {os.Getenv(libraryEnv), libraryEnv}} {
		if named.path == "" {
			continue
		}
		if _, err := os.Stat(named.path); err != nil {
			return "", fmt.Errorf("find ClickHouse library named by %s: %w; name the file libchdb.so, or leave it out to use the one that make build brings", named.by, err)
		}
		return filepath.Abs(named.path)
	}
	places := libraryPlaces()
	for _, p := range places {
		if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() {
			return p, nil
		}
	}
	return "", fmt.Errorf("find ClickHouse library %s: looked for\n  %s\nrun `make build` in the checkout, or name the file in %s, or use a server with --clickhouse",
		libraryFile, strings.Join(places, "\n  "), libraryEnv)
}

// libraryPlaces lists where the library may be, best first.
func libraryPlaces() []string {
	var places []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		places = append(places, filepath.Join(dir, libraryFile), inCheckout(filepath.Dir(dir)))
	}
	if dir, err := os.Getwd(); err == nil {
		places = append(places, inParents(dir)...)
	}
	return places
}

// inParents lists the checkouts among dir and its parents.
func inParents(dir string) []string {
	var places []string
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			places = append(places, inCheckout(dir))
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return places
		}
		dir = parent
	}
}

// inCheckout is where `make build` installs the library in a checkout.
func inCheckout(root string) string {
	return filepath.Join(root, "internal", "engine", "npm", "node_modules", "@chdb", packageName(), libraryFile)
}

// packageName is the npm package that holds the library for this machine.
func packageName() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	if runtime.GOOS == "linux" {
		return "lib-linux-" + arch + "-gnu"
	}
	return "lib-" + runtime.GOOS + "-" + arch
}

// checkLibrary says in plain words what the dynamic loader would say in its own
// (or by a SIGBUS): no library, one for another machine, or one cut short.
func checkLibrary(path string) error {
	check := checkELF
	if runtime.GOOS == "darwin" {
		check = checkMachO
	}
	if err := check(path); err != nil {
		return fmt.Errorf("load ClickHouse library %s: %w; install it anew with `make build`, or name another in %s", path, err, libraryEnv)
	}
	return nil
}

func checkELF(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := checkMachine(path); err != nil {
		return err
	}
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("not a whole shared library: %w", err)
	}
	defer func() { _ = f.Close() }()
	if f.Type != elf.ET_DYN {
		return errors.New("not a shared library")
	}
	for _, p := range f.Progs {
		if end := p.Off + p.Filesz; p.Type == elf.PT_LOAD && end > uint64(st.Size()) {
			return fmt.Errorf("cut short: %d bytes of at least %d", st.Size(), end)
		}
	}
	return nil
}

// checkMachine reads the machine from a file's first bytes, which tell it even
// where the rest is missing.
func checkMachine(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var head [20]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || string(head[:4]) != elf.ELFMAG {
		return errors.New("not a shared library")
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
	if got := elf.Machine(order.Uint16(head[18:])); got != want {
		return fmt.Errorf("made for %v, and this machine is %v", got, want)
	}
	return nil
}

func checkMachO(path string) error {
	f, err := macho.Open(path)
	if err != nil {
		return fmt.Errorf("not a whole shared library: %w", err)
	}
	defer func() { _ = f.Close() }()
	want := map[string]macho.Cpu{"amd64": macho.CpuAmd64, "arm64": macho.CpuArm64}[runtime.GOARCH]
	if f.Cpu != want {
		return fmt.Errorf("made for %v, and this machine is %v", f.Cpu, want)
	}
	return nil
}
