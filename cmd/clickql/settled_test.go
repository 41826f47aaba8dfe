package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/sample"
)

// TestLedgerSettlesDays: what ingest writes of its files is what the catalog reads.
// A file of the newest day that cannot be loaded leaves the day open; a repair of the
// day settles it.
func TestLedgerSettlesDays(t *testing.T) {
	db := chtest.NewWithSchema(t)
	o := sample.Defaults()
	o.Dir, o.Rows, o.Days, o.Projects = t.TempDir(), 5000, 6, 20
	written, err := sample.Write(t.Context(), db.Conn, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.ReadOnlyDSN})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	settled := func() string {
		t.Helper()
		c, err := catalog.Open(t.Context(), conn, catalog.Options{Database: db.Name})
		if err != nil || c.Ready() != nil {
			t.Fatal(err, c.Ready())
		}
		s := c.Snapshot()
		if s.SettledBy != catalog.ByLedger || s.Days.To.String() != written.To {
			t.Errorf("by %s, to %s", s.SettledBy, s.Days.To)
		}
		return s.Calendar().Settled().To.String()
	}
	files := filepath.Join(o.Dir, sample.DownloadsDir, "*.parquet")
	command := func(want int, args ...string) {
		t.Helper()
		if status, stdout, stderr := clickql(append([]string{"ingest", "--clickhouse", db.DSN, "--log-level", "error"}, args...)...); status != want {
			t.Fatalf("%v: %d\n%s%s", args, status, stdout, stderr)
		}
	}
	command(exitDone, "run", files)
	if day := settled(); day != written.To {
		t.Errorf("all is loaded: settled to %s, want %s", day, written.To)
	}
	list, err := filepath.Glob(filepath.Join(o.Dir, sample.DownloadsDir, "[0-9]*.parquet"))
	if err != nil || len(list) == 0 {
		t.Fatal(err, list)
	}
	newest := list[len(list)-1]
	folder, name := filepath.Split(newest)
	stamp, _, _ := strings.Cut(name, "-")
	bad := folder + stamp + "-000000000099.parquet"
	if err := os.WriteFile(bad, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	command(exitFailed, "run", files)
	if day := settled(); day >= written.To {
		t.Errorf("a file of the newest day failed: settled to %s", day)
	}
	if err := os.Remove(bad); err != nil {
		t.Fatal(err)
	}
	command(exitDone, "repair", files, "--date", written.To)
	if day := settled(); day != written.To {
		t.Errorf("the day was repaired: settled to %s, want %s", day, written.To)
	}
}
