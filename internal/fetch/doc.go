// Package fetch runs what the planner plans, and everything else that an
// operation asks the database, each thing once. From a key (cube.Request.Key, or
// a Lookup's prefix and key) to a value:
//
//	memo       what the operation asked before it has: a promise for each key, kept
//	           by dataloader. What is announced together (Prefetch) is one batch of
//	           a dataloader, which leaves when its last key is in it, and never
//	           waits for time to pass (operation.go)
//	cache      answers of the same version of the data, in memory (internal/cache)
//	call       an answer that is being computed, shared by all operations that wait
//	           for it, and cancelled when the last has gone (flight.go)
//	question   what a statement asks: slices (requests.go), or a Lookup (lookup.go)
//	statement  a question on its way, with the calls that it answers (statement.go)
//	lane       statements that run, and those that wait for a place: while they do,
//	           such as are alike become one (lane.go)
//	run        one statement sent, with its part of the server's threads (threads.go),
//	           its rows read, its calls finished (run.go)
//
// The planner sees a batch as a whole, so that requests share scans; dataloader
// forms batches and remembers, and everything behind it is shared between
// operations. What an operation needed is in its trace (trace.go), what all did in
// the metrics, which also tell an Observer (metrics.go).
package fetch
