package query

import (
	"errors"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
)

// TestLookupsGolden keeps the queries that are not about slices.
func TestLookupsGolden(t *testing.T) {
	snap := snapshot()
	for _, c := range []string{"version", "upload_time", "requires_python", "requires_dist"} {
		snap.MetadataColumns[c] = "String"
	}
	unindexed, foreign := *snap, *snap
	unindexed.Extents, foreign.Spellings = nil, nil
	place := &ReleasePlace{Uploaded: 1_700_000_000_123_456, Project: "numpy", Version: "1'0"}
	names := []string{"numpy", "zope-interface"}
	for name, ask := range map[string]func() (*Query, error){
		"releases of projects":               func() (*Query, error) { return ReleasesQuery(snap, names) },
		"releases where spelling is unknown": func() (*Query, error) { return ReleasesQuery(&foreign, names) },
		"recent releases":                    func() (*Query, error) { return RecentReleasesQuery(snap, nil, 11) },
		"recent releases, second page":       func() (*Query, error) { return RecentReleasesQuery(snap, place, 11) },
		"requirements of projects":           func() (*Query, error) { return RequirementsQuery(snap, names) },
		"dependents of projects":             func() (*Query, error) { return DependentsQuery(snap, append(names, "a+b")) },
		"emerging projects":                  func() (*Query, error) { return EmergingQuery(snap, data.To-90, 10) },
		"emerging without first days":        func() (*Query, error) { return EmergingQuery(&unindexed, data.To-90, 10) },
		"stale projects":                     func() (*Query, error) { return StaleQuery(snap, 6, 10) },
		"hot projects":                       func() (*Query, error) { return HotQuery(snap, data.To.StartOfMonth().AddMonths(-5), 1000, 10) },
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

// TestRanksGolden keeps plans of ranks: those of one slice in one query.
func TestRanksGolden(t *testing.T) {
	us := all.With(cube.Country, "US")
	golden(t, "ranks of several projects", describePlan(NewPlan(snapshot(), []Request{
		RankOf(all, "boto3"), RankOf(all, "numpy"), RankOf(us, "boto3"), RankOf(all.With(cube.Country, "DE"), "numpy"), CountOf(all, cube.Project),
	}, Options{})))
}

// TestLookupsWithoutMetadata: what a database lacks is said.
func TestLookupsWithoutMetadata(t *testing.T) {
	bare, partial := snapshot(), snapshot()
	bare.Metadata, bare.MetadataColumns = false, nil
	for _, snap := range []*catalog.Snapshot{bare, partial} {
		_, releases := ReleasesQuery(snap, []string{"numpy"})
		_, recent := RecentReleasesQuery(snap, nil, 1)
		_, requirements := RequirementsQuery(snap, []string{"numpy"})
		_, dependents := DependentsQuery(snap, []string{"numpy"})
		_, stale := StaleQuery(snap, 6, 1)
		for i, err := range []error{releases, recent, requirements, dependents, stale} {
			var told *fault.Error
			if !errors.As(err, &told) || told.Code != fault.Uncovered {
				t.Errorf("%d: %v", i, err)
			}
		}
	}
	none := snapshot()
	none.Tables = nil
	if _, err := EmergingQuery(none, data.To, 1); err == nil {
		t.Error("emerging projects from no table")
	}
	if _, err := HotQuery(none, data.To, 1, 1); err == nil {
		t.Error("hot projects from no table")
	}
}
