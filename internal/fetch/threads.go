package fetch

import "sync"

// underway knows what runs at one time.
type underway struct {
	mu         sync.Mutex
	statements int
	weight     float64 // of all
}

// begin notes a statement of a weight, and tells which part of all it is.
func (u *underway) begin(weight float64) (part float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.statements++
	u.weight += weight
	return weight / u.weight
}

// end notes that one has ended that was begun.
func (u *underway) end(weight float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.statements--
	if u.weight -= weight; u.statements == 0 {
		u.weight = 0 // what rounding has left
	}
}

// threadsOf is how many of the server's threads a statement may have that is so much of
// what runs. Side by side, each with every thread, statements pay for adding up what their
// threads found and gain nothing; a long one beside short ones still has nearly all.
func threadsOf(threads int, part float64) int { return max(1, int(float64(threads)*part+0.5)) }
