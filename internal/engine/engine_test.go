package engine_test

import (
	"os"
	"testing"

	"clickql/internal/engine"
)

func TestMain(m *testing.M) {
	if engine.IsChild() {
		os.Exit(engine.RunChild())
	}
	os.Exit(m.Run())
}

func TestStart(t *testing.T) {
	for range 2 {
		e, err := engine.Open(t.Context(), engine.Config{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(e.Info())
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
