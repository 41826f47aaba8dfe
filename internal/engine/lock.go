package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// tryLock takes the directory's lock, or returns nil where another process has
// it. The lock belongs to the open file: passed to a child it lives on there, and the
// kernel frees it when the last process that has it open ends, however it ends.
func tryLock(dir string) (*os.File, error) {
	path := layout(dir).lock()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a stopping engine has just removed its temporary directory
	}
	if err != nil {
		return nil, fmt.Errorf("open lock of data directory: %w; name a directory that can be written to with --data", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, f.Close()
	case err != nil:
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	case !stillNamed(f, path):
		return nil, f.Close()
	}
	return f, nil
}

// stillNamed tells whether path is the open file. It is not when a stopping
// engine removed its temporary directory while we waited for its lock.
func stillNamed(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

// removeLocked removes a directory whose lock this process holds. The lock goes last:
// whoever makes it anew has the directory from then on, and finds it removed no further.
func removeLocked(dir string) {
	lock := layout(dir).lock()
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); path != lock {
			_ = os.RemoveAll(path)
		}
	}
	_ = os.Remove(lock)
	_ = os.Remove(dir)
}
