package query

import (
	"testing"

	"clickql/internal/cube"
)

// TestKeysTellRequestsApart: requests that differ have different keys, also
// where their strings run together.
func TestKeysTellRequestsApart(t *testing.T) {
	reqs := []cube.Request{
		cube.TotalOf(all), cube.TotalOf(project()), cube.TotalOf(project("a")), cube.TotalOf(project("ab")), cube.TotalOf(project("a", "b")),
		cube.TotalOf(all.On(data)), cube.TotalOf(all.On(days("2024-01-01", "2024-01-02"))), cube.ExtentOf(all),
		cube.SeriesOf(all, cube.Daily), cube.SeriesOf(all, cube.Weekly), cube.SplitOf(all, cube.Version, 1, nil), cube.SplitOf(all, cube.Version, 2, nil),
		cube.SplitOf(all, cube.Python, 1, nil), cube.SplitOf(all, cube.Version, 1, &cube.Cursor{}), cube.SplitOf(all, cube.Version, 1, &cube.Cursor{Value: "a"}),
		cube.TotalOf(all.With(cube.Version, "a")), cube.TotalOf(all.Without(cube.Version, "a")), cube.TotalOf(all.With(cube.Version)),
		cube.TotalOf(all.With(cube.Python, "a")), cube.TotalOf(all.With(cube.Version, "a", "b")), cube.TotalOf(all.With(cube.Version, "ab")),
	}
	seen := map[string]int{}
	for i, r := range reqs {
		if j, twice := seen[r.Key()]; twice {
			t.Errorf("requests %d and %d have one key", i, j)
		}
		seen[r.Key()] = i
	}
}
