package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// names are the entries' names.
func names(entries []Entry) []string {
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.Name
	}
	return out
}

func TestSearchForgives(t *testing.T) {
	ix := NewIndex([]Entry{
		{"scikit-learn", 900}, {"scikit-image", 500}, {"learn", 1}, {"learning", 20}, {"mlearn", 40}, {"numpy", 1000}, {"numpy-financial", 10},
		{"requests", 800}, {"requests-oauthlib", 300}, {"grequests", 50}, {"pandas", 700}, {"zope-interface", 5}, {"uv", 600}, {"pytest-uv", 2},
	})
	for text, want := range map[string][]string{
		"learn":          {"learn", "learning", "scikit-learn", "mlearn"},
		"scikit-learn":   {"scikit-learn"},
		"scikitlearn":    {"scikit-learn"},
		"sci-kit":        {"scikit-learn", "scikit-image"},
		"learn-scikit":   {"scikit-learn"},
		"scikit-lern":    {"scikit-learn"},
		"reqeusts":       {"requests", "requests-oauthlib", "grequests"},
		"requests":       {"requests", "requests-oauthlib", "grequests"},
		"nmupy":          {"numpy", "numpy-financial"},
		"numppy":         {"numpy", "numpy-financial"},
		"pandsa":         {"pandas"},
		"scikt-le":       {"scikit-learn"},
		"interface":      {"zope-interface"},
		"uv":             {"uv", "pytest-uv"},
		"vu":             nil,
		"nothing-at-all": nil,
		"-":              nil,
	} {
		if got, more := ix.Search(text, nil, 10); !slices.Equal(names(got), want) || more {
			t.Errorf("%s finds %v, want %v", text, names(got), want)
		}
	}
	if found, _ := (*Index)(nil).Search("a", nil, 5); found != nil {
		t.Error("an index of nothing finds", found)
	}
	if found, more := ix.Search("", nil, 2); !slices.Equal(names(found), []string{"numpy", "scikit-learn"}) || !more {
		t.Errorf("no text finds %v", found)
	}
}

// distance is the number of slips between two texts, by its definition.
func distance(a, b string) int {
	d := func(i, j int) int { return distance(a[:i], b[:j]) }
	n, m := len(a), len(b)
	if n == 0 || m == 0 {
		return n + m
	}
	wrong := 1
	if a[n-1] == b[m-1] {
		wrong = 0
	}
	least := min(d(n-1, m)+1, d(n, m-1)+1, d(n-1, m-1)+wrong)
	if n > 1 && m > 1 && a[n-1] == b[m-2] && a[n-2] == b[m-1] {
		least = min(least, d(n-2, m-2)+1)
	}
	return least
}

func TestSlipsAreTheDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[abc]{0,5}`)
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		if got, want := slips([]byte(a), []byte(b), 2, false), distance(a, b); min(got, 3) != min(want, 3) {
			t.Fatalf("%q and %q are %d apart, not %d", a, b, want, got)
		}
		want := len(a) + len(b)
		for n := range len(b) + 1 {
			want = min(want, distance(a, b[:n]))
		}
		if got := slips([]byte(a), []byte(b), 2, true); min(got, 3) != min(want, 3) {
			t.Fatalf("%q is %d from a beginning of %q, not %d", a, want, b, got)
		}
	})
}

// TestSearchPages compares pages with all hits sorted.
func TestSearchPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ab](-?[ab]){0,6}`)
		entries := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Entry {
			return Entry{name.Draw(t, "name"), rapid.Int64Range(0, 5).Draw(t, "total")}
		})).Draw(t, "entries")
		ix := NewIndex(slices.Clone(entries))
		text := name.Draw(t, "text")
		s := newSought(text)
		var all []hit
		for i, n := range ix.names {
			if how := s.worth(n); how != nowhere {
				all = append(all, hit{how, Entry{n, ix.totals[i]}})
			}
			if strings.Contains(n, text) && s.worth(n) > holding {
				t.Fatalf("%s holds %s and is not found by it", n, text)
			}
		}
		slices.SortFunc(all, byWorth)
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		var after *Entry
		for {
			got, more := ix.Search(text, after, limit)
			n := min(limit, len(all))
			for i := range n {
				if i >= len(got) || got[i] != all[i].Entry {
					t.Fatalf("%s after %v: %v, want %v", text, after, got, all)
				}
			}
			if more != (len(all) > n) {
				t.Fatalf("%s after %v: more is %v with %v left", text, after, more, all)
			}
			if !more {
				return
			}
			all, after = all[n:], &got[n-1]
		}
	})
}

// BenchmarkSearch is of as many projects as PyPI has.
func BenchmarkSearch(b *testing.B) {
	var entries []Entry
	for i := range 700_000 {
		entries = append(entries, Entry{fmt.Sprintf("%s-%s-%d", []string{"py", "django", "learn", "data", "flask"}[i%5], []string{"kit", "core", "utils", "client"}[i%4], i), int64(i)})
	}
	ix := NewIndex(entries)
	ix.Search("a", nil, 1)
	for _, text := range []string{"d", "django", "learn kit", "djnago-core", "numpy-financial", "nothing"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				ix.Search(text, nil, 10)
			}
		})
	}
}
