package fetch

import "sync"

// underway knows what runs at one time.
type underway struct {
	mu         sync.Mutex
	statements int
	effort     float64 // of all
}

// begin notes a statement, and tells which part of all effort it is.
func (u *underway) begin(effort float64) (part float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.statements++
	u.effort += counted(effort)
	return counted(effort) / u.effort
}

// end notes that one has ended that was begun.
func (u *underway) end(effort float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.statements--
	if u.effort -= counted(effort); u.statements == 0 {
		u.effort = 0 // what rounding has left
	}
}

// counted is the effort of a statement as it counts against others': as in lanes.
func counted(effort float64) float64 { return 1 + min(effort, dearest) }

// threadsOf is the part of the server's threads that a statement may have of all; 0
// for as many as the account gives it. By its effort: side by side, each with every
// thread, statements pay for adding up what their threads found and gain nothing, while a
// long one beside short ones still has nearly all.
func threadsOf(threads int, part float64) int {
	if most := max(1, int(float64(threads)*part+0.5)); most < threads {
		return most
	}
	return 0
}
