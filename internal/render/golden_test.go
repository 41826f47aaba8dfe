package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares bytes with a file under testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".svg")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (write it with -update, and look at it)", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from the golden file; if it should, write it with -update and look at it", name)
	}
}

func TestChartGolden(t *testing.T) {
	for name, spec := range charts() {
		for suffix, change := range map[string]func(*ChartSpec){
			"":            func(*ChartSpec) {},
			"-dark":       func(s *ChartSpec) { s.Theme = Dark },
			"-small":      func(s *ChartSpec) { s.Theme, s.Width, s.Height = Light, 400, 200 },
			"-small-dark": func(s *ChartSpec) { s.Theme, s.Width, s.Height = Dark, 400, 200 },
		} {
			spec := spec
			change(&spec)
			svg, err := Chart(spec)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			golden(t, name+suffix, svg)
		}
	}
}

func TestBadgeGolden(t *testing.T) {
	for name, spec := range badges() {
		svg, err := Badge(spec)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden(t, "badge-"+name, svg)
	}
}

func TestMessageGolden(t *testing.T) {
	for name, spec := range messages() {
		golden(t, "message-"+name, Message(spec))
	}
}
