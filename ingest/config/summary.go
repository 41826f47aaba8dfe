package config

import (
	"maps"
	"slices"
	"time"

	"clickql/ingest/export"
)

// Summary is what one run did.
type Summary struct {
	Listed  int  // distinct objects that the sources name
	Already int  // of them loaded before
	Partial bool // Listed are those that could be new
	Waiting int  // of them failed before, and not tried again yet
	// SetAside have failed as often as they may; they are tried again when they
	// change, or with Config.RetryAll.
	SetAside []export.Failure
	Changed  []Change         // of them loaded before at another generation, and not loaded again
	Failed   []export.Failure // of them not loadable now
	Files    int              // loaded by this run
	Batches  int              // published by this run
	Rows     uint64           // stored by this run
	Bytes    int64            // of the loaded files
	Reject   []Rejected       // rows not stored, by reason
	Elapsed  time.Duration    // of planning, staging and publishing
	// PeakMemory is the most that this command's statements took in the server at
	// once, in bytes; 0 where the server does not tell, as over HTTP.
	PeakMemory uint64
}

// Change is an object that was loaded before and has other content now.
// Loading it would count its rows twice.
type Change struct {
	Object export.Object
	Loaded string // the generation in the tables
}

// Rejected counts rows that were not stored for one reason.
type Rejected struct {
	Reason string
	Rows   uint64
}

// Complete reports that everything the sources name is in the tables as it is.
func (s Summary) Complete() bool {
	return len(s.Failed)+len(s.SetAside)+len(s.Changed)+s.Waiting == 0
}

// Rate is the rows stored per second.
func (s Summary) Rate() float64 {
	if s.Elapsed <= 0 {
		return 0
	}
	return float64(s.Rows) / s.Elapsed.Seconds()
}

// Add adds what was loaded into one shard.
func (s *Summary) Add(shard Summary) {
	s.Failed = append(s.Failed, shard.Failed...)
	s.Files += shard.Files
	s.Batches += shard.Batches
	s.Rows += shard.Rows
	s.Bytes += shard.Bytes
	reasons := map[string]uint64{}
	for _, r := range shard.Reject {
		reasons[r.Reason] = r.Rows
	}
	s.AddRejected(map[string]map[string]uint64{"": reasons})
}

// AddRejected adds a batch's rejected rows.
func (s *Summary) AddRejected(byFile map[string]map[string]uint64) {
	sums := map[string]uint64{}
	for _, r := range s.Reject {
		sums[r.Reason] = r.Rows
	}
	for _, reasons := range byFile {
		for reason, n := range reasons {
			sums[reason] += n
		}
	}
	s.Reject = nil
	for _, reason := range slices.Sorted(maps.Keys(sums)) {
		s.Reject = append(s.Reject, Rejected{reason, sums[reason]})
	}
}
