package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fullDiskEnv makes the test binary mount a small disk at the named place, in a
// mount namespace of its own, and do what fullDisks has under fullDiskCaseEnv.
const (
	fullDiskEnv     = "ENGINE_TEST_FULL_DISK"
	fullDiskCaseEnv = "ENGINE_TEST_FULL_DISK_CASE"
)

// fullDisks are what happens on a disk that fills up, by the test's name.
var fullDisks = map[string]struct {
	size string
	run  func(dir string) error
}{
	"TestFullDiskAtFirst":     {"1m", fullAtFirst},
	"TestFullDiskWhileServed": {"400m", fullWhileServed},
}

func fullDiskMain(dir string) int {
	c := fullDisks[os.Getenv(fullDiskCaseEnv)]
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+c.size)
	if err == nil {
		err = c.run(dir)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// onSmallDisk runs the test's part of fullDisks.
func onSmallDisk(t *testing.T) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), fullDiskEnv+"="+t.TempDir(), fullDiskCaseEnv+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// fillUp writes a file until there is no room for more.
func fillUp(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for chunk := make([]byte, 64<<10); ; {
		if _, err := f.Write(chunk); errors.Is(err, syscall.ENOSPC) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// saysFull checks that an error names a full disk and what to do.
func saysFull(what string, err error) error {
	if err == nil {
		return fmt.Errorf("%s: it went well", what)
	}
	for _, says := range []string{"no space left on device", "free space"} {
		if !strings.Contains(strings.ToLower(err.Error()), says) {
			return fmt.Errorf("%s: %w does not say %q", what, err, says)
		}
	}
	return nil
}

func fullAtFirst(dir string) error {
	if err := fillUp(filepath.Join(dir, "ballast")); err != nil {
		return err
	}
	_, err := Open(context.Background(), Config{Dir: filepath.Join(dir, "data")})
	return saysFull("open", err)
}

// TestFullDiskAtFirst opens an engine where there is no room.
func TestFullDiskAtFirst(t *testing.T) { onSmallDisk(t) }

func fullWhileServed(dir string) error {
	cfg := Config{Dir: filepath.Join(dir, "data")}
	e, err := Open(context.Background(), cfg)
	if err != nil {
		return err
	}
	do := func(sql string) (answer, error) {
		i := e.Info()
		a, err := tryAsk(i.HTTP, i.User, i.Password, sql)
		if err == nil && a.code != "" {
			err = fmt.Errorf("%s: %s", sql, a.text)
		}
		return a, err
	}
	if _, err := do("CREATE TABLE pypi.t (n UInt64, text String) ENGINE = MergeTree ORDER BY n"); err != nil {
		return err
	}
	rows := 0
	for {
		const batch = 100_000
		refused, err := do(fmt.Sprintf("INSERT INTO pypi.t SELECT number, randomString(200) FROM numbers(%d)", batch))
		if err == nil {
			rows += batch
			continue
		}
		if refused.code != "243" || rows == 0 {
			return fmt.Errorf("after %d rows: %w", rows, err)
		}
		break
	}
	var room syscall.Statfs_t
	if err := syscall.Statfs(dir, &room); err != nil || room.Bavail*uint64(room.Bsize) < roomLeft*9/10 {
		return fmt.Errorf("%d blocks are left, %w", room.Bavail, err)
	}
	ballast := filepath.Join(dir, "ballast")
	if err := fillUp(ballast); err != nil {
		return err
	}
	if a, err := do("CREATE TABLE pypi.lost (n UInt64) ENGINE = MergeTree ORDER BY n"); err == nil || a.code != "" {
		return fmt.Errorf("with no room at all a table is created: %q, %w", a, err)
	}
	<-e.Done()
	if err := saysFull("close", e.Close()); err != nil {
		return err
	}
	for _, full := range []bool{true, false} {
		if !full {
			if err := os.Remove(ballast); err != nil {
				return err
			}
		}
		if e, err = Open(context.Background(), cfg); full && err != nil {
			if err := saysFull("open again", err); err != nil {
				return err
			}
			continue
		} else if err != nil {
			return err
		}
		for sql, want := range map[string]string{
			"SELECT countIf(length(text) = 200) FROM pypi.t":        fmt.Sprint(rows),
			"SELECT count() FROM system.tables WHERE name = 'lost'": "0",
		} {
			if got, err := tell(e.Info(), sql, patience); err != nil || got != want {
				return fmt.Errorf("%s: %q, %w; want %q", sql, got, err, want)
			}
		}
		if err := e.Close(); err != nil {
			return err
		}
	}
	return nil
}

// TestFullDiskWhileServed fills the disk of an engine: it refuses INSERTs while
// there is some room, ends and says why where there is none, and started again has
// what it confirmed and nothing else.
func TestFullDiskWhileServed(t *testing.T) { onSmallDisk(t) }
