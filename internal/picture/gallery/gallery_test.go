package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestDocsAreCurrent: the documentation shows what the code draws and reads.
func TestDocsAreCurrent(t *testing.T) {
	files, err := made()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/%s is not what the code says (%v); run go generate ./internal/picture/gallery and look at it", name, err)
		}
	}
	shown, err := filepath.Glob(filepath.Join("..", "..", "..", "docs", "pictures", "*.svg"))
	if err != nil || len(shown) != len(files)-1 {
		t.Errorf("docs/pictures has %d pictures, and %d are shown: delete the others", len(shown), len(files)-1)
	}
}
