package wheeltag_test

import (
	"os"
	"strings"
	"testing"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/wheeltag"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// TestNames has some thousands of file names, with what the library packaging
// reads from them (testdata/names.py): wheels with every kind of platform, build
// tags and compressed sets, sdists, eggs, installers, sidecars, and nonsense.
func TestNames(t *testing.T) {
	text, err := os.ReadFile("testdata/names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	want := make(map[string][3]string, len(lines))
	names := make([]string, 0, len(lines))
	for _, line := range lines {
		cells := strings.Split(line, "\t")
		if len(cells) != 4 {
			t.Fatalf("line %q has %d cells, want 4", line, len(cells))
		}
		want[cells[0]], names = [3]string(cells[1:]), append(names, cells[0])
	}
	db := chtest.New(t)
	ctx, err := chconn.WithParameters(t.Context(), map[string]any{"names": names})
	if err != nil {
		t.Fatal(err)
	}
	c := wheeltag.Of("filename")
	rows, err := db.Conn.Query(ctx, "SELECT filename, "+c.Platform+", "+c.Arch+", "+c.ABI+" FROM (SELECT arrayJoin({names:Array(String)}) AS filename)")
	if err != nil {
		t.Fatal(err)
	}
	seen, wheels := 0, 0
	for rows.Next() {
		var name string
		var got [3]string
		if err := rows.Scan(&name, &got[0], &got[1], &got[2]); err != nil {
			t.Fatal(err)
		}
		if got != want[name] {
			t.Errorf("%s: %q, want %q", name, got, want[name])
		}
		seen++
		if got[0] != "" {
			wheels++
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if seen != len(lines) || wheels < 2000 || wheels == seen {
		t.Errorf("%d names, %d of them wheels; want %d and some thousands", seen, wheels, len(lines))
	}
}
