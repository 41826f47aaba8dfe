package catalog

import (
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
