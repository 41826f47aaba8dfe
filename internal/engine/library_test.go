package engine

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestLibraryMissing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nowhere.so")
	failsWith(t, Config{Dir: t.TempDir(), Library: missing}, missing, "no such file")
	t.Setenv(libraryEnv, missing)
	failsWith(t, Config{Dir: t.TempDir()}, missing, libraryEnv)
}

func TestLibraryNotFoundAnywhere(t *testing.T) {
	t.Setenv(libraryEnv, "")
	dir := t.TempDir()
	t.Chdir(t.TempDir())
	failsWith(t, Config{Dir: dir}, "libchdb.so", "looked for", "node_modules", "make build", libraryEnv)
	if lock, err := tryLock(dir); err != nil || lock == nil {
		t.Errorf("a failed start keeps the directory locked: %v", err)
	}
}

func TestLibrarySearchOrder(t *testing.T) {
	t.Setenv(libraryEnv, "")
	root := t.TempDir()
	below := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	inRoot := inCheckout(root)
	for _, f := range []string{inRoot, filepath.Join(root, "go.mod"), filepath.Join(root, "env.so"), filepath.Join(root, "given.so")} {
		if err := os.MkdirAll(filepath.Dir(f), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(below)
	steps := []struct{ given, env, want string }{
		{"", "", inRoot},
		{"", filepath.Join(root, "env.so"), filepath.Join(root, "env.so")},
		{"../../given.so", filepath.Join(root, "env.so"), filepath.Join(root, "given.so")},
	}
	for _, s := range steps {
		t.Setenv(libraryEnv, s.env)
		if got, err := FindLibrary(s.given); err != nil || got != s.want {
			t.Errorf("FindLibrary(%q) with %s=%q: %q, %v; want %q", s.given, libraryEnv, s.env, got, err, s.want)
		}
	}
	places := libraryPlaces()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(filepath.Dir(exe), libraryFile); places[0] != want {
		t.Errorf("looks first at %s, want %s", places[0], want)
	}
}

func TestFileThatIsNoLibrary(t *testing.T) {
	dir := t.TempDir()
	real, err := FindLibrary("")
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 1<<20)
	f, err := os.Open(real)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(head); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	other := map[string]elf.Machine{"amd64": elf.EM_AARCH64, "arm64": elf.EM_X86_64}[runtime.GOARCH]
	foreign := append([]byte(nil), head...)
	binary.LittleEndian.PutUint16(foreign[18:], uint16(other))
	cases := map[string][]byte{"empty": nil, "text": []byte(strings.Repeat("not found\n", 100)), "cut short": head}
	for name, content := range cases {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		failsWith(t, Config{Dir: filepath.Join(dir, "data"), Library: path}, path, "make build")
	}
	path := filepath.Join(dir, "foreign")
	if err := os.WriteFile(path, foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	failsWith(t, Config{Dir: filepath.Join(dir, "data"), Library: path}, path, other.String(), "this machine is")
}

// TestLibraryWithoutTheFunctions passes every check of the file and is still
// not ClickHouse: the child's own reason must come through.
func TestLibraryWithoutTheFunctions(t *testing.T) {
	var libc string
	for _, p := range []string{"/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6", "/usr/lib/libm.so.6"} {
		if _, err := os.Stat(p); err == nil {
			libc = p
			break
		}
	}
	failsWith(t, Config{Dir: t.TempDir(), Library: libc}, libc, "chdb_", "make build")
}
