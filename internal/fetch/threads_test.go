package fetch

import "testing"

// TestThreadsByEffort: alone a statement has every thread, of equal ones each its share,
// and a long one beside short ones nearly all.
func TestThreadsByEffort(t *testing.T) {
	const threads = 32
	var u underway
	if got := threadsOf(threads, u.begin(20)); got != threads {
		t.Errorf("the only one is held to %d threads", got)
	}
	u.end(20)
	for range 3 {
		u.begin(20)
	}
	if got := threadsOf(threads, u.begin(20)); got != threads/4 {
		t.Errorf("one of four has %d threads of %d", got, threads)
	}
	if got := threadsOf(threads, u.begin(dearest)); got < threads-1 {
		t.Errorf("a long one beside four short ones has %d threads", got)
	}
	if got := threadsOf(threads, u.begin(1)); got != 1 {
		t.Errorf("a short one beside a long one has %d threads", got)
	}
	u.end(1)
	u.end(dearest)
	for range 4 {
		u.end(20)
	}
	if got := u.begin(5); got != 1 {
		t.Errorf("when all have ended the next is %v of what runs", got)
	}
	if got := threadsOf(0, .5); got > 1 {
		t.Errorf("of a server whose threads are not known it has %d", got)
	}
}
