package fetch

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clickql/internal/catalog"
)

// TestLane: who goes together, and who goes first.
func TestLane(t *testing.T) {
	snap, newer := &catalog.Snapshot{}, &catalog.Snapshot{}
	l := lane{places: 2}
	names := map[*statement]string{}
	arrive := func(name, kind string, effort float64, snap *catalog.Snapshot) bool {
		s := &statement{kind: kind, effort: effort, snap: snap}
		names[s] = name
		return l.enter(s)
	}
	next := func() (group []string) {
		for _, s := range l.next() {
			group = append(group, names[s])
		}
		return group
	}
	if !arrive("first", "x", 1, snap) || !arrive("second", "x", 1, snap) {
		t.Fatal("somebody waits while there is a place")
	}
	arrive("a1", "a", 1, snap)
	arrive("b1", "b", 1, snap)
	arrive("a2", "a", unitedCost-1.5, snap)
	arrive("a3", "a", 1, snap)       // too much with the others of its kind
	arrive("a4", "a", 0.5, snap)     // not too much: overtakes b1 and a3
	arrive("a newer", "a", 0, newer) // of other data
	arrive("alone 1", "", 0, snap)
	arrive("alone 2", "", 0, snap)
	arrive("large 1", "l", math.Inf(1), snap)
	arrive("large 2", "l", math.Inf(1), snap)
	want := [][]string{{"a1", "a2", "a4"}, {"b1"}, {"a3"}, {"a newer"}, {"alone 1"}, {"alone 2"}, {"large 1"}, {"large 2"}, nil, nil}
	for _, group := range want {
		if diff := cmp.Diff(group, next()); diff != "" {
			t.Error(diff)
		}
	}
	if busy, waiting := l.load(); busy != 0 || waiting != 0 {
		t.Errorf("%d run and %d wait at the end", busy, waiting)
	}
	for range 3 * unitedMost {
		arrive("many", "m", 0, snap)
	}
	for n := 3*unitedMost - 2; n > 0; n -= unitedMost {
		if got := len(next()); got != min(n, unitedMost) {
			t.Errorf("%d went together, of %d", got, n)
		}
	}
}

// TestLaneNarrowed: with fewer places than before, those that are too many are
// given up as they become free.
func TestLaneNarrowed(t *testing.T) {
	l := lane{places: 2}
	for range 3 {
		l.enter(&statement{})
	}
	l.widen(1)
	if l.next() != nil || len(l.next()) != 1 {
		t.Error("a place too many was used")
	}
}
