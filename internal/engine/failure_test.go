package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// failsWith opens cfg and wants an error that says all of the given.
func failsWith(t *testing.T, cfg Config, says ...string) {
	t.Helper()
	e, err := Open(t.Context(), cfg)
	if err == nil {
		closed(t, e)
		t.Fatalf("opened %+v", cfg)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %q", err, s)
		}
	}
}

func TestDirectoryNotWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/clickql", "/dev/null/clickql"} {
		failsWith(t, Config{Dir: dir}, dir, "--data")
	}
	failsWith(t, Config{}, "no data directory")
}

func TestCorruptMetadata(t *testing.T) {
	dir := t.TempDir()
	e := opened(t, Config{Dir: dir})
	admin(t, e.Info(), "CREATE TABLE pypi.t (x Int64) ENGINE = MergeTree ORDER BY x")
	path := admin(t, e.Info(), "SELECT metadata_path FROM system.tables WHERE database = 'pypi' AND name = 't'")
	closed(t, e)
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, "data", path)
	}
	if err := os.WriteFile(path, []byte("ATTACH TABEL gibberish"), 0o600); err != nil {
		t.Fatal(err)
	}
	failsWith(t, Config{Dir: dir}, "Syntax error", filepath.Base(path), layout(dir).log())
	failsWith(t, Config{Dir: dir}, "Syntax error") // and again: the failure has left nothing
}

// TestCorruptDatabase breaks what the script itself, not the loading before it,
// stumbles over.
func TestCorruptDatabase(t *testing.T) {
	dir := t.TempDir()
	closed(t, opened(t, Config{Dir: dir}))
	if err := os.WriteFile(filepath.Join(dir, "data", "metadata", Database+".sql"), []byte("gibberish"), 0o600); err != nil {
		t.Fatal(err)
	}
	failsWith(t, Config{Dir: dir}, "Code: ", layout(dir).log())
}

// TestDamagedPart: rows that cannot be read any more must not just be missing.
func TestDamagedPart(t *testing.T) {
	dir := t.TempDir()
	e := opened(t, Config{Dir: dir})
	admin(t, e.Info(), "CREATE TABLE pypi.t (x Int64) ENGINE = MergeTree ORDER BY x")
	admin(t, e.Info(), "INSERT INTO pypi.t SELECT number FROM numbers(1000)")
	part := admin(t, e.Info(), "SELECT path FROM system.parts WHERE database = 'pypi' AND active")
	closed(t, e)
	if err := os.Remove(filepath.Join(part, "data.bin")); err != nil {
		t.Fatal(err)
	}
	failsWith(t, Config{Dir: dir}, "pypi.t", "damaged", layout(dir).log())
}

func TestUnreadableAccounts(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(layout(dir).accounts(), []byte(`{"password":`), 0o600); err != nil {
		t.Fatal(err)
	}
	failsWith(t, Config{Dir: dir}, layout(dir).accounts(), "remove the file")
}

// TestHeldByAnUnreachableProcess waits for a lock whose owner takes no holders,
// as one of another container does.
func TestHeldByAnUnreachableProcess(t *testing.T) {
	dir := t.TempDir()
	lock, err := tryLock(dir)
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, Config{Dir: dir}); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "lock") {
		t.Errorf("error %v", err)
	}
	_ = lock.Close()
	opened(t, Config{Dir: dir})
}

func TestOpenCancelled(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	opening := make(chan error, 1)
	go func() {
		_, err := Open(ctx, Config{Dir: dir})
		opening <- err
	}()
	awaitFile(t, layout(dir).lease())
	cancel()
	if err := <-opening; err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	} else if err != nil {
		waitFree(t, dir)
	}
}

// awaitFile waits until a file is there.
func awaitFile(t *testing.T, path string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s does not appear", path)
		}
	}
}
