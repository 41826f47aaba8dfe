package config

import (
	"sync"
	"time"
)

// Progress is how far a run has come. All its methods may be called on nil, and
// by several goroutines. Printing is its reader's job.
type Progress struct {
	mu  sync.Mutex
	now func() time.Time
	s   Snapshot
}

// Snapshot is the progress at one instant.
type Snapshot struct {
	Phase       string // what is being done, in words
	Files       int    // to be loaded by this run
	FilesDone   int    // public
	FilesFailed int
	Rows        uint64 // in the files to be loaded, as their footers say
	RowsDone    uint64 // public, and an estimate of what is in hand
	Bytes       int64  // of the files to be loaded
	Started     time.Time
	Elapsed     time.Duration // since the first batch began
}

// NewProgress begins an empty progress; now is the clock.
func NewProgress(now func() time.Time) *Progress { return &Progress{now: now} }

// Snapshot is the progress at this instant.
func (p *Progress) Snapshot() Snapshot {
	if p == nil {
		return Snapshot{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.s
	if !s.Started.IsZero() {
		s.Elapsed = p.now().Sub(s.Started)
	}
	s.RowsDone = min(s.RowsDone, s.Rows)
	return s
}

// Update changes the progress.
func (p *Progress) Update(change func(*Snapshot)) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.s)
}

// Phase says what is being done.
func (p *Progress) Phase(text string) { p.Update(func(s *Snapshot) { s.Phase = text }) }

// Begin says what is to be loaded, and starts the clock.
func (p *Progress) Begin(files int, rows uint64, bytes int64) {
	p.Update(func(s *Snapshot) {
		s.Files, s.Rows, s.Bytes, s.Started = files, rows, bytes, p.now()
	})
}

// Failed counts failed files, with the rows that they will not bring.
func (p *Progress) Failed(files int, rows uint64) {
	p.Update(func(s *Snapshot) {
		s.FilesFailed += files
		s.Rows -= min(rows, s.Rows)
	})
}

// Meter spreads a batch's rows over its work: reading the files is the
// first part, and each aggregate an equal share of the rest. All its methods may
// be called on nil.
type Meter struct {
	p     *Progress
	rows  uint64
	mu    sync.Mutex
	given uint64 // rows that it has counted as done so far
	read  uint64
	steps int
	done  int
}

// readShare is the part of a batch's time that its raw rows take.
const readShare = 0.25

// StartBatch begins a batch of rows whose work after reading has some steps.
func (p *Progress) StartBatch(rows uint64, steps int) *Meter {
	return &Meter{p: p, rows: rows, steps: max(steps, 1)}
}

// AddRead counts rows read.
func (m *Meter) AddRead(n uint64) { m.change(func() { m.read += n }) }

// AddStep counts a finished step.
func (m *Meter) AddStep() { m.change(func() { m.done++ }) }

// change updates the estimate.
func (m *Meter) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	read := float64(min(m.read, m.rows)) * readShare
	rest := float64(m.rows) * (1 - readShare) * float64(min(m.done, m.steps)) / float64(m.steps)
	m.give(uint64(read+rest), 0)
}

// give counts so many rows of the batch as done, instead of those before.
func (m *Meter) give(rows uint64, files int) {
	m.p.Update(func(s *Snapshot) {
		s.RowsDone = s.RowsDone - min(m.given, s.RowsDone) + rows
		s.FilesDone += files
	})
	m.given = rows
}

// Finish ends the batch: its rows are public, or, after a failure, not.
func (m *Meter) Finish(files int, ok bool) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if ok {
		m.give(m.rows, files)
		return
	}
	m.give(0, 0)
}
