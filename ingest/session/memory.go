package session

import (
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// memoryMeter adds up what the statements of a command take in the server, as the
// server tells while they run: over the native protocol about ten times a second,
// over HTTP never. A statement counts with its own peak for as long as it runs, so
// the sum is never below what was taken.
type memoryMeter struct {
	mu      sync.Mutex
	running map[string]int64 // peak of each running statement, by query id
	sum     int64
	most    int64
}

// newMemoryMeter has seen nothing yet.
func newMemoryMeter() *memoryMeter { return &memoryMeter{running: map[string]int64{}} }

// statementPeak is the server's name of the most that a statement has taken.
const statementPeak = "MemoryTrackerPeakUsage"

// seen takes what the server tells of a running statement.
func (m *memoryMeter) seen(id string, events []clickhouse.ProfileEvent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range events {
		if e.Name == statementPeak && e.Value > m.running[id] {
			m.sum += e.Value - m.running[id]
			m.running[id] = e.Value
		}
	}
	m.most = max(m.most, m.sum)
}

// ended takes a statement out that runs no more.
func (m *memoryMeter) ended(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sum -= m.running[id]
	delete(m.running, id)
}

// peak is the most that was taken at once; 0 where the server does not tell.
func (m *memoryMeter) peak() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return uint64(max(0, m.most))
}
