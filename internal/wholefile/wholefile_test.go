package wholefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"clickql/internal/wholefile"
)

// TestWrite: a file is replaced, its mode closed to others, and what cannot be put in
// its place leaves nothing behind.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("a longer text from before"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.Write(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "new" {
		t.Errorf("the file holds %q (%v), want new", content, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v (%v), want 0600", info.Mode(), err)
	}
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "in it"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.Write(folder, []byte("new")); err == nil {
		t.Error("a file takes the place of a folder")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v (%v), want the file and the folder", entries, err)
	}
	if err := wholefile.Write(filepath.Join(dir, "none", "file"), nil); err == nil {
		t.Error("a file is written into a folder that is not there")
	}
}
