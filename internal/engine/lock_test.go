package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestRemovalLeavesTheNext: who takes a temporary directory over while it is being
// removed keeps what it puts there.
func TestRemovalLeavesTheNext(t *testing.T) {
	for range 10 {
		dir := filepath.Join(t.TempDir(), "engine")
		if err := makeDir(dir); err != nil {
			t.Fatal(err)
		}
		for i := range 2000 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("of-before-%d", i)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		held, err := tryLock(dir)
		if err != nil || held == nil {
			t.Fatal(held, err)
		}
		removed := make(chan struct{})
		go func() {
			defer close(removed)
			removeLocked(dir)
			_ = held.Close()
		}()
		var next *os.File
		for next == nil {
			if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
				t.Fatal(err)
			}
			if next, err = tryLock(dir); err != nil {
				t.Fatal(err)
			}
		}
		mine := filepath.Join(dir, "mine")
		if err := os.WriteFile(mine, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		<-removed
		if _, err := os.Stat(mine); err != nil {
			t.Fatal("removed with what was there before:", err)
		}
		if left, err := filepath.Glob(filepath.Join(dir, "of-before-*")); err != nil || len(left) > 0 {
			t.Fatalf("%d files are left, %v", len(left), err)
		}
		_ = next.Close()
	}
}
