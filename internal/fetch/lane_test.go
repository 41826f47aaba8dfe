package fetch

import (
	"fmt"
	"math"
	"testing"
	"time"

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
		for _, s := range l.next("", "") {
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

// TestLaneApart: where each client has a quota of its own, none rides along with another.
func TestLaneApart(t *testing.T) {
	snap := &catalog.Snapshot{}
	l := lane{places: 1, apart: true}
	for _, client := range []string{"first", "a", "b", "a", "b"} {
		l.enter(&statement{client: client, kind: "x", effort: 1, snap: snap})
	}
	running := "first"
	for _, want := range []string{"a", "b"} {
		group := l.next(running, "")
		if len(group) != 2 || group[0].client != want || group[1].client != want {
			t.Errorf("%d go together, want both of %s", len(group), want)
		}
		running = want
	}
}

// TestLaneNarrowed: with fewer places than before, those that are too many are
// given up as they become free.
func TestLaneNarrowed(t *testing.T) {
	l := lane{places: 2}
	for range 3 {
		l.enter(&statement{})
	}
	l.widen(1, 0)
	if l.next("", "") != nil || len(l.next("", "")) != 1 {
		t.Error("a place too many was used")
	}
}

// TestLaneIsFair: who asks little is next, however much others have waiting and
// however dear it is, and dear statements come as much seldomer as they are dearer.
func TestLaneIsFair(t *testing.T) {
	l := lane{places: 1}
	arrive := func(client string, effort float64) { l.enter(&statement{client: client, effort: effort}) }
	arrive("", 1)
	for range 3000 {
		arrive("greedy", 99)
	}
	running := ""
	next := func() string {
		running = l.next(running, "")[0].client
		return running
	}
	for range 10 { // one of the greedy one's goes before whoever comes then
		if got := next(); got != "greedy" {
			t.Fatalf("%s goes, and nobody else waits", got)
		}
		arrive("new", 1)
		if got := next(); got != "new" {
			t.Fatalf("%s goes before who has just come", got)
		}
	}
	for range 1000 {
		arrive("cheap", 1)
	}
	turns := map[string]int{}
	for range 510 {
		turns[next()]++
	}
	if turns["cheap"] < 490 || turns["greedy"] < 8 {
		t.Errorf("of statements of cost 2 and 100, each as many as there can be: %v", turns)
	}
	for running != "" || l.busy > 0 {
		group := l.next(running, "")
		if group == nil {
			break
		}
		running = group[0].client
	}
	if busy, waiting := l.load(); busy != 0 || waiting != 0 || len(l.running) != 0 {
		t.Errorf("%d run and %d wait at the end: %v", busy, waiting, l.running)
	}
}

// TestLaneKeepsPlaces: one client has not all places, whoever is told apart from it
// finds one, and who is not told apart has them all.
func TestLaneKeepsPlaces(t *testing.T) {
	l := lane{places: 8}
	let := func(client string, n int) (entered int) {
		for range n {
			if l.enter(&statement{client: client, effort: 1}) {
				entered++
			}
		}
		return entered
	}
	if n := let("greedy", 20); n != 6 {
		t.Errorf("one client has %d places of 8", n)
	}
	if n := let("other", 3); n != 2 {
		t.Errorf("the other finds %d", n)
	}
	for _, ended := range []string{"other", "other"} { // of what waits the other's comes first, then nobody may
		group := l.next(ended, "")
		if group != nil && group[0].client != "other" {
			t.Errorf("%s has a seventh place", group[0].client)
		}
	}
	for l.busy > 0 {
		for client := range l.running {
			l.next(client, "")
			break
		}
	}
	if busy, waiting := l.load(); busy != 0 || waiting != 0 {
		t.Errorf("%d run and %d wait at the end", busy, waiting)
	}
	if n := let("", 20); n != 8 {
		t.Errorf("nobody in particular has %d", n)
	}
}

// TestLaneSparesPlaces: beside full places there is one for what is like none that runs,
// and what has company waits for it.
func TestLaneSparesPlaces(t *testing.T) {
	var l lane
	l.widen(2, 1)
	for _, c := range []struct {
		kind    string
		entered bool
	}{{"x", true}, {"x", true}, {"x", false}, {"y", true}, {"z", false}, {"y", false}, {"", false}} {
		if entered := l.enter(&statement{kind: c.kind, effort: 1}); entered != c.entered {
			t.Errorf("%q entered: %v", c.kind, entered)
		}
	}
	for _, c := range []struct{ ended, next string }{{"y", "z"}, {"x", "y"}, {"x", "x"}, {"z", ""}, {"x", "none"}, {"y", "none"}, {"", "none"}} {
		next := "none"
		if group := l.next("", c.ended); group != nil {
			next = group[0].kind
		}
		if next != c.next {
			t.Errorf("%q goes when %q has ended, not %q", next, c.ended, c.next)
		}
	}
	if busy, waiting := l.load(); busy != 0 || waiting != 0 || len(l.kinds) != 0 {
		t.Errorf("%d run and %d wait at the end: %v", busy, waiting, l.kinds)
	}
}

// TestManyClientsAreForgotten: who has nothing waiting any more is not remembered.
func TestManyClientsAreForgotten(t *testing.T) {
	l := lane{places: 1}
	for n := range 10 * mostClients {
		client := fmt.Sprint(n)
		if !l.enter(&statement{client: client, effort: 1}) {
			t.Fatal("it waits")
		}
		l.next(client, "")
	}
	if len(l.ends) != 0 || len(l.running) != 0 {
		t.Errorf("an idle lane remembers %d clients, %d run", len(l.ends), len(l.running))
	}
	l.enter(&statement{client: "first", effort: 1})
	running := "first"
	for n := range 10 * mostClients { // never idle
		l.enter(&statement{client: fmt.Sprint(n), effort: 1})
		running = l.next(running, "")[0].client
	}
	if len(l.ends) > 2*mostClients || len(l.running) != 1 {
		t.Errorf("a busy lane remembers %d clients, %d run", len(l.ends), len(l.running))
	}
}

// TestLaneInACrowd: while others ask, one client has a share of the long statements'
// places; when they no longer do, what waits goes at the others at once.
func TestLaneInACrowd(t *testing.T) {
	now := time.Unix(1000, 0)
	l := lane{places: 8, crowd: &crowd{now: func() time.Time { return now }}}
	let := func(client string, n int) (entered int) {
		for range n {
			l.crowd.note(client)
			if l.enter(&statement{client: client, effort: 100}) {
				entered++
			}
		}
		return entered
	}
	if n := let("one", 1); n != 1 {
		t.Fatalf("%d entered", n)
	}
	l.crowd.note("another")
	if n := let("one", 10); n != 0 {
		t.Errorf("in a crowd %d more entered", n)
	}
	if l.more() != nil {
		t.Error("more than its share goes")
	}
	now = now.Add(2 * crowdTime)
	for n := range 5 {
		if l.more() == nil {
			t.Errorf("%d more went when the crowd had gone", n)
		}
	}
	if l.more() != nil {
		t.Error("one client has all places")
	}
	if busy, waiting := l.load(); busy != 6 || waiting != 5 {
		t.Errorf("%d run, %d wait", busy, waiting)
	}
}
