package query

import (
	"testing"

	"clickql/internal/cube"
)

// TestKeysTellRequestsApart: requests that differ have different keys, also
// where their strings run together.
func TestKeysTellRequestsApart(t *testing.T) {
	reqs := []Request{
		TotalOf(all), TotalOf(project()), TotalOf(project("a")), TotalOf(project("ab")), TotalOf(project("a", "b")),
		TotalOf(all.On(data)), TotalOf(all.On(days("2024-01-01", "2024-01-02"))), ExtentOf(all),
		SeriesOf(all, cube.Daily), SeriesOf(all, cube.Weekly), SplitOf(all, cube.Version, 1, nil), SplitOf(all, cube.Version, 2, nil),
		SplitOf(all, cube.Python, 1, nil), SplitOf(all, cube.Version, 1, &Cursor{}), SplitOf(all, cube.Version, 1, &Cursor{Value: "a"}),
		TotalOf(all.With(cube.Version, "a")), TotalOf(all.Without(cube.Version, "a")), TotalOf(all.With(cube.Version)),
		TotalOf(all.With(cube.Python, "a")), TotalOf(all.With(cube.Version, "a", "b")), TotalOf(all.With(cube.Version, "ab")),
	}
	seen := map[string]int{}
	for i, r := range reqs {
		if j, twice := seen[r.Key()]; twice {
			t.Errorf("requests %d and %d have one key", i, j)
		}
		seen[r.Key()] = i
	}
}
