package gqlhttp

import (
	"context"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

// percent is the collector's percentage of now.
func percent() int {
	now := debug.SetGCPercent(-1)
	debug.SetGCPercent(now)
	return now
}

// While something large is in memory the collector works as often as usual, and for a
// while afterwards; then as seldom as before.
func TestTheCollectorWorksUnderPressure(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(400)
	defer debug.SetGCPercent(before)
	synctest.Test(t, func(t *testing.T) {
		p := &Pressure{}
		memory, other := NewMemory(1<<20, p), NewMemory(1<<20, p)
		hold := func(m *Memory, bytes int64) (release func()) {
			ctx, release := m.Hold(context.Background())
			if err := Reserve(ctx, bytes); err != nil {
				t.Fatal(err)
			}
			return release
		}
		hold(memory, 100)() // too small to be counted
		if n := percent(); n != 400 {
			t.Errorf("with little in memory: %d", n)
		}
		first, second := hold(memory, leastReserved), hold(other, leastReserved)
		if n := percent(); n != oftenPercent {
			t.Errorf("with much in memory: %d", n)
		}
		first()
		time.Sleep(2 * calmAfter) // of the test's own time
		if n := percent(); n != oftenPercent {
			t.Errorf("with the rest in memory: %d", n)
		}
		second()
		third := hold(memory, leastReserved)
		time.Sleep(2 * calmAfter)
		third()
		if n := percent(); n != oftenPercent {
			t.Errorf("at once afterwards: %d", n)
		}
		time.Sleep(2 * calmAfter)
		if n := percent(); n != 400 {
			t.Errorf("afterwards: %d", n)
		}
	})
}

// What the operator has set stays.
func TestTheOperatorsPercentageStays(t *testing.T) {
	before := debug.SetGCPercent(300)
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "300")
	p := &Pressure{}
	p.hold()
	if n := percent(); n != 300 {
		t.Errorf("%d", n)
	}
	p.release()
	t.Setenv("GOGC", "")
	debug.SetGCPercent(50)
	p.hold()
	if n := percent(); n != 50 {
		t.Errorf("%d", n)
	}
	p.release()
}
