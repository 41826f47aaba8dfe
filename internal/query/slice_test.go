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

// TestNormalizeName follows PEP 503.
func TestNormalizeName(t *testing.T) {
	for in, want := range map[string]string{
		"Flask": "flask", "zope.interface": "zope-interface", "a__b--c..d": "a-b-c-d", "a._-b": "a-b", " PyYAML\n": "pyyaml", "": "",
	} {
		if got := NormalizeName(in); got != want {
			t.Errorf("NormalizeName(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestLatestVersion follows PEP 440, not the text.
func TestLatestVersion(t *testing.T) {
	for want, versions := range map[string][]string{
		"":          nil,
		"1.10":      {"1.9", "1.10", "1.2"},
		"2.0":       {"2.0", "2.1rc1", "2.1.dev0", "3.0a1"},
		"3.0b2":     {"3.0a9", "3.0b2", "3.0b1", "what"},
		"1.0.post1": {"1.0", "1.0.post1", "1.0rc9"},
		"1!0.1":     {"9.9", "1!0.1"},
		"other":     {"other", "odd"},
		"2024.2.2":  {"2024.2.2", "2023.11.17", "2024.02.01"},
	} {
		if got := LatestVersion(versions); got != want {
			t.Errorf("LatestVersion(%v) = %q, want %q", versions, got, want)
		}
	}
}
