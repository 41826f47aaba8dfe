package sample

import "sync"

// counter adds up rows done by several goroutines and reports the sum, in order.
func counter(report func(done, total int64), total int64) func(rows int64) {
	var mu sync.Mutex
	var done int64
	return func(rows int64) {
		mu.Lock()
		defer mu.Unlock()
		done += rows
		report(done, total)
	}
}
