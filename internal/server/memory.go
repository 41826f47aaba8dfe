package server

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow to five times what lives before it is looked
	// through: answering makes garbage fast and keeps little.
	gcPercent = 400
	// workingMemory is what a gateway needs beside its caches.
	workingMemory = 768 << 20
)

// TuneMemory has the garbage collector work less often while the process is
// small, and as often as it takes near a bound: twice what the caches may hold,
// since memory is found to be free only after it is, and room to work in. The
// environment's GOGC and GOMEMLIMIT go before.
func TuneMemory(cacheBytes int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(2*max(cacheBytes, 0) + workingMemory)
	}
}
