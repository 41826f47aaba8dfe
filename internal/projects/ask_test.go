package projects

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/query"
)

var update = flag.Bool("update", false, "write the golden files anew")

// data is the run of days of the snapshot below.
var data = cube.Range{From: 19548, To: 19955} // 2023-07-10 to 2024-08-20

// snapshot resembles a deployment: three aggregates, a table of first days, and
// one of metadata that lacks columns.
func snapshot() *catalog.Snapshot {
	s := &catalog.Snapshot{
		Database: "pypi", Days: data,
		Extents:         &catalog.Extent{Database: "pypi", Name: "pypi_downloads_max_min", Min: "min_date", Max: "max_date", Rows: 5000},
		Metadata:        true,
		MetadataColumns: map[string]string{"name": "String", "summary": "String", "author": "Nullable(String)", "project_urls": "Array(String)"},
		Spellings:       map[string][]string{"numpy": {"NumPy", "Numpy"}},
	}
	totals := s.Proposed("pypi_downloads", []string{"project"}, 5000, 50_000)
	days := s.Proposed("pypi_downloads_per_day", []string{"project", "date"}, 1_400_000, 14_000_000)
	months := s.Proposed("pypi_downloads_per_month", []string{"month", "project"}, 35_000, 350_000)
	totals.Types["count"], days.Types["count"] = "Int64", "Int64"
	totals.LastBlock, days.LastBlock, months.LastBlock = 9, 9, 9
	return s.With(totals, days, months)
}

// golden compares a statement with the one that is kept.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.NewReplacer(" ", "_", ",", "").Replace(name)+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the statement of %q changed (-kept +now); if that is meant, run with -update:\n%s", name, diff)
	}
}

// TestStatementsGolden keeps what is asked.
func TestStatementsGolden(t *testing.T) {
	bare, snap := snapshot(), snapshot()
	for _, c := range []string{"version", "upload_time", "requires_python", "requires_dist"} {
		snap.MetadataColumns[c] = "String"
	}
	unindexed, foreign := *snap, *snap
	unindexed.Extents, foreign.Spellings = nil, nil
	place := &Place{Uploaded: 1_700_000_000_123_456, Project: "numpy", Version: "1'0"}
	names := []string{"numpy", "zope-interface"}
	for name, ask := range map[string]func() (*query.Query, error){
		"releases of projects":               func() (*query.Query, error) { return askReleases(snap, names) },
		"releases where spelling is unknown": func() (*query.Query, error) { return askReleases(&foreign, names) },
		"recent releases":                    func() (*query.Query, error) { return askRecent(snap, nil, 11) },
		"recent releases, second page":       func() (*query.Query, error) { return askRecent(snap, place, 11) },
		"requirements of projects":           func() (*query.Query, error) { return askRequirements(snap, names) },
		"dependents of projects":             func() (*query.Query, error) { return askDependents(snap, append(names, "a+b")) },
		"emerging projects":                  func() (*query.Query, error) { return askEmerging(snap, data.To-90, 10) },
		"emerging without first days":        func() (*query.Query, error) { return askEmerging(&unindexed, data.To-90, 10) },
		"stale projects":                     func() (*query.Query, error) { return askStale(snap, 6, 10) },
		"hot projects":                       func() (*query.Query, error) { return askHot(snap, data.To.StartOfMonth().AddMonths(-5), 1000, 10) },
		"metadata":                           func() (*query.Query, error) { return askMetadata(bare, []string{"boto3", "numpy"}) },
	} {
		t.Run(name, func(t *testing.T) {
			q, err := ask()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, q.Table+"\n"+q.Text()+"\n")
		})
	}
}

// TestWithoutMetadata: what a database lacks is said.
func TestWithoutMetadata(t *testing.T) {
	bare, partial := snapshot(), snapshot()
	bare.Metadata, bare.MetadataColumns = false, nil
	for _, snap := range []*catalog.Snapshot{bare, partial} {
		_, releases := askReleases(snap, []string{"numpy"})
		_, recent := askRecent(snap, nil, 1)
		_, requirements := askRequirements(snap, []string{"numpy"})
		_, dependents := askDependents(snap, []string{"numpy"})
		_, stale := askStale(snap, 6, 1)
		for i, err := range []error{releases, recent, requirements, dependents, stale} {
			var told *fault.Error
			if !errors.As(err, &told) || told.Code != fault.Uncovered {
				t.Errorf("%d: %v", i, err)
			}
		}
	}
	none := snapshot()
	none.Tables = nil
	if _, err := askEmerging(none, data.To, 1); err == nil {
		t.Error("emerging projects from no table")
	}
	if _, err := askHot(none, data.To, 1, 1); err == nil {
		t.Error("hot projects from no table")
	}
}
