package engine

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRestartKeepsDataAndPasswords(t *testing.T) {
	dir := t.TempDir()
	e := opened(t, Config{Dir: dir})
	first := e.Info()
	admin(t, first, "CREATE TABLE pypi.t (x Int64) ENGINE = MergeTree ORDER BY x")
	admin(t, first, "INSERT INTO pypi.t SELECT number FROM numbers(1000)")
	closed(t, e)
	waitDone(t, e)
	if !gone(first.HTTP) {
		t.Error("the engine still listens after the last hold was given up")
	}

	second := opened(t, Config{Dir: dir}).Info()
	if got := admin(t, second, "SELECT count(), sum(x) FROM pypi.t"); got != "1000\t499500" {
		t.Errorf("after a restart the table has %q", got)
	}
	if first.Password != second.Password || first.ReadOnlyPassword != second.ReadOnlyPassword {
		t.Error("a restart changed the passwords")
	}
	if second.Password == second.ReadOnlyPassword || len(second.Password) < 20 {
		t.Errorf("passwords %q and %q", second.Password, second.ReadOnlyPassword)
	}
}

func TestDatabaseIsAtomic(t *testing.T) {
	i := opened(t, Config{Dir: t.TempDir()}).Info()
	if got := admin(t, i, "SELECT engine FROM system.databases WHERE name = 'pypi'"); got != "Atomic" {
		t.Errorf("database pypi has engine %q", got)
	}
}

func TestInfoFile(t *testing.T) {
	dir := t.TempDir()
	e := opened(t, Config{Dir: dir})
	raw, err := os.ReadFile(filepath.Join(dir, "engine.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	i := e.Info()
	want := map[string]any{"native": i.Native, "http": i.HTTP, "pid": float64(i.PID), "user": i.User, "password": i.Password,
		"database": "pypi", "readonly_user": i.ReadOnlyUser, "readonly_password": i.ReadOnlyPassword}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if i.PID == os.Getpid() {
		t.Error("the engine runs in this process")
	}
	if maps, err := os.ReadFile("/proc/self/maps"); err == nil && strings.Contains(string(maps), libraryFile) {
		t.Error("this process has mapped the library")
	}
	closed(t, e)
	if _, err := os.Stat(filepath.Join(dir, "engine.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("engine.json after the stop: %v", err)
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	i := opened(t, Config{Dir: t.TempDir()}).Info()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{i.Native, i.HTTP} {
		host, port, _ := net.SplitHostPort(service)
		if host != "127.0.0.1" {
			t.Errorf("listens on %s", service)
		}
		for _, a := range addrs {
			ip := a.(*net.IPNet).IP
			if ip.IsLoopback() || ip.IsLinkLocalUnicast() {
				continue
			}
			if conn, err := net.Dial("tcp", net.JoinHostPort(ip.String(), port)); err == nil {
				_ = conn.Close()
				t.Errorf("%s is reachable at %s", service, ip)
			}
		}
	}
}

func TestSecretsAreTheOwnersOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	i := opened(t, Config{Dir: dir}).Info()
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("data directory: mode %v, %v", st.Mode().Perm(), err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if path == filepath.Join(dir, "data") {
				return fs.SkipDir
			}
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		if st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, st.Mode().Perm())
		}
		if raw := readRegular(t, path, st); strings.Contains(raw, i.Password) && filepath.Dir(path) != dir {
			t.Errorf("%s holds the password in clear", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	environ, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(i.PID), "environ"))
	if err == nil && strings.Contains(string(environ), i.Password) {
		t.Error("the environment holds the password")
	}
}

func readRegular(t *testing.T, path string, st fs.FileInfo) string {
	t.Helper()
	if !st.Mode().IsRegular() {
		return ""
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestForeignDirectoryKeepsItsMode(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "somebody's.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	opened(t, Config{Dir: dir})
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("mode %v, %v", st.Mode().Perm(), err)
	}
}

func TestLeftOverSystemTablesDoNotMatter(t *testing.T) {
	dir := t.TempDir()
	closed(t, opened(t, Config{Dir: dir}))
	for _, d := range []string{"data/system/query_log", "metadata/system"} {
		if err := os.MkdirAll(filepath.Join(dir, "data", d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	i := opened(t, Config{Dir: dir}).Info()
	if got := admin(t, i, "SELECT count() > 10 FROM system.tables WHERE database = 'system'"); got != "1" {
		t.Error("the system tables are not there")
	}
}

func TestOddDirectoryNames(t *testing.T) {
	for _, name := range []string{"with space", "it's", "<&>", "ünï", strings.Repeat("long/", 40)} {
		t.Run(name, func(t *testing.T) {
			i := opened(t, Config{Dir: filepath.Join(t.TempDir(), name)}).Info()
			if got := admin(t, i, "SELECT 1"); got != "1" {
				t.Errorf("answers %q", got)
			}
		})
	}
	if _, err := Open(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "a*b")}); err == nil || !strings.Contains(err.Error(), "pattern") {
		t.Errorf("a directory with a star: %v", err)
	}
}

func TestMaxMemory(t *testing.T) {
	i := opened(t, Config{Dir: t.TempDir(), MaxMemory: 1 << 30}).Info()
	if got := admin(t, i, "SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'"); got != "1073741824" {
		t.Errorf("max_server_memory_usage = %s", got)
	}
	if a := ask(t, i.HTTP, i.User, i.Password, "SELECT length(groupArray(number)) FROM numbers(200000000)"); a.code != "241" {
		t.Errorf("a query beyond the memory: %+v", a)
	}
}

func TestTemporaryDirectoryGoesWithTheEngine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	closed(t, opened(t, Config{Dir: dir, Temporary: true}))
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the stop: %v", err)
	}
}

func TestFilesOfAnyPathForTheAdministrator(t *testing.T) {
	i := opened(t, Config{Dir: t.TempDir()}).Info()
	path := filepath.Join(t.TempDir(), "x.parquet")
	admin(t, i, "INSERT INTO FUNCTION file('"+path+"', 'Parquet') SELECT number AS n FROM numbers(10)")
	if got := admin(t, i, "SELECT sum(n) FROM file('"+path+"', 'Parquet')"); got != "45" {
		t.Errorf("sum = %s", got)
	}
}
