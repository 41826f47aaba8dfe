package gqlhttp

import (
	"os"
	"runtime/debug"
	"sync"
	"time"
)

// Pressure has the garbage collector work as often as usual, instead of as seldom as a
// process that keeps little can afford, while much of what is in memory is about to be
// garbage: with a heap that may grow to five times what lives, twenty long requests at
// once would take up half a gigabyte. A nil Pressure leaves the collector alone.
type Pressure struct {
	mu     sync.Mutex
	held   int // by how many
	seldom int // the percentage to go back to; 0 while it is in force
	calm   *time.Timer
}

const (
	// oftenPercent is Go's own percentage of garbage.
	oftenPercent = 100
	// calmAfter is how long to wait with going back: floods come in waves.
	calmAfter = 2 * time.Second
)

// hold is called when something large is in memory, and release when it no longer is.
func (p *Pressure) hold() {
	if p == nil || os.Getenv("GOGC") != "" { // the operator's word goes before
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held++
	if p.calm != nil {
		p.calm.Stop()
		p.calm = nil
	}
	if p.seldom > 0 {
		return
	}
	if before := debug.SetGCPercent(oftenPercent); before > oftenPercent {
		p.seldom = before
	} else {
		debug.SetGCPercent(before)
	}
}

// release ends what hold began.
func (p *Pressure) release() {
	if p == nil || os.Getenv("GOGC") != "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held--; p.held > 0 || p.seldom == 0 {
		return
	}
	p.calm = time.AfterFunc(calmAfter, p.relax)
}

// relax goes back.
func (p *Pressure) relax() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == 0 && p.seldom > 0 {
		debug.SetGCPercent(p.seldom)
		p.seldom = 0
	}
}
