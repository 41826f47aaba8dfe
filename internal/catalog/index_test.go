package catalog

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPrefix compares pages of names with sorting everything.
func TestPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ab]{0,4}`)
		entries := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Entry {
			return Entry{name.Draw(t, "name"), rapid.Int64Range(0, 5).Draw(t, "total")}
		})).Draw(t, "entries")
		ix := NewIndex(slices.Clone(entries))
		prefix := name.Draw(t, "prefix")
		var want []Entry
		for i, n := range ix.names {
			if strings.HasPrefix(n, prefix) {
				want = append(want, Entry{n, ix.totals[i]})
			}
		}
		slices.SortFunc(want, byTotal)
		limit := rapid.IntRange(0, 5).Draw(t, "limit")
		var after *Entry
		for {
			got, more := ix.Prefix(prefix, after, limit)
			if n := min(limit, len(want)); !slices.Equal(got, want[:n]) || more != (len(want) > n) {
				t.Fatalf("after %v: %v, more %v; want %v", after, got, more, want)
			}
			if !more || limit == 0 {
				return
			}
			want, after = want[limit:], &got[limit-1]
		}
	})
}

// TestKeySpace: the rows of projects that the figure stands for add up to the
// table's.
func TestKeySpace(t *testing.T) {
	ix := NewIndex([]Entry{{"a", 1_000_000}, {"b", 1_000}, {"c", 1_000}, {"d", 10}})
	for _, rows := range []uint64{10, 500, 3_000, 100_000} {
		k, got := ix.keySpace(rows), 0.0
		for _, n := range ix.totals {
			got += k * (1 - math.Exp(-float64(n)/k))
		}
		if math.Abs(got-float64(rows)) > 0.01*float64(rows) {
			t.Errorf("%d rows: a key space of %.0f stands for %.0f", rows, k, got)
		}
	}
	if k := ix.keySpace(2_000_000); k != 0 {
		t.Errorf("more rows than downloads: %f", k)
	}
	if k := (*Index)(nil).keySpace(5); k != 0 {
		t.Errorf("without an index: %f", k)
	}
}

func TestRank(t *testing.T) {
	ix := NewIndex([]Entry{{"c", 5}, {"a", 5}, {"b", 9}, {"none", 0}, {"d", 1}})
	for name, want := range map[string]int64{"b": 1, "a": 2, "c": 3, "d": 4, "none": 0, "unknown": 0} {
		if got, projects := ix.Rank(name); got != want || got > 0 && projects != 4 {
			t.Errorf("%s: %d of %d", name, got, projects)
		}
	}
	if got, _ := (*Index)(nil).Rank("a"); got != 0 {
		t.Errorf("of no index: %d", got)
	}
}
