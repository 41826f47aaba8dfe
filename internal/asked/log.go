package asked

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"clickql/internal/query"
)

// Config says where and how often a Log is written.
type Config struct {
	// Path is the file.
	Path string
	// Every is the time between two writes; 15 s where 0.
	Every time.Duration
	Log   *slog.Logger // nil for none
	Now   func() time.Time
}

const (
	defaultEvery = 15 * time.Second
	// lastTry is how long a stopping gateway waits for another one that is
	// writing.
	lastTry = time.Second
)

// Log counts what a gateway is asked, and keeps it in a file while Run runs. It
// is safe for concurrent use, and never fails whom it observes.
type Log struct {
	cfg Config

	writing sync.Mutex // held by Flush: what two found new at one time would count twice

	mu      sync.Mutex
	began   time.Time // of what is not in the file yet, or of all
	entries map[string]*entry
}

// entry is one record in memory.
type entry struct {
	record  Record // Hits apart
	hits    atomic.Uint64
	written Record
}

// now is the record with its hits.
func (e *entry) now() Record {
	r := e.record
	r.Hits = e.hits.Load()
	return r
}

// New makes a Log.
func New(cfg Config) *Log {
	cfg.Every = cmp.Or(max(cfg.Every, 0), defaultEvery)
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Log{cfg: cfg, began: cfg.Now(), entries: map[string]*entry{}}
}

// Ran counts a statement that read so many rows. The counter that it returns is
// for the answers given from memory later.
func (l *Log) Ran(q *query.Query, rows uint64, took time.Duration) *atomic.Uint64 {
	with := ""
	for _, table := range q.Tables {
		if table != q.Table {
			with = table
		}
	}
	return l.count(Record{
		Table: q.Table, With: with, Shape: new(q.Shape()), Count: 1, Rows: rows, Estimated: uint64(max(0, q.EstimatedRows)), Micros: uint64(took.Microseconds()),
	})
}

// Refused counts a question that was not answered since it would have read too
// much of a table.
func (l *Log) Refused(table string, shape query.Shape) {
	l.count(Record{Table: table, Shape: &shape, Refused: 1})
}

// count adds figures to the record of the same tables and shape.
func (l *Log) count(figures Record) *atomic.Uint64 {
	figures.Last = day(l.cfg.Now())
	key := figures.key()
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[key]
	switch {
	case e != nil:
	case len(l.entries) < maxRecords:
		e = &entry{record: Record{Table: figures.Table, With: figures.With, Shape: figures.Shape}}
		l.entries[key] = e
	default: // no room until the next write
		if e = l.entries[figures.Table]; e == nil {
			e = &entry{record: Record{Table: figures.Table}}
			l.entries[figures.Table] = e
		}
	}
	e.record = e.record.plus(figures)
	return &e.hits
}

// Run writes the file again and again until ctx is done, and once more then.
// That it cannot be written is logged, once, and no reason to end.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(l.cfg.Every)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-tick.C:
			err := l.Flush()
			switch {
			case errors.Is(err, errBusy): // next time
			case err != nil && !failing:
				failing = true
				l.cfg.Log.Warn("what is asked cannot be kept for clickql advise; answers are not affected", "file", l.cfg.Path, "error", err)
			case err == nil && failing:
				failing = false
				l.cfg.Log.Info("what is asked can be kept again", "file", l.cfg.Path)
			}
		case <-ctx.Done():
			if err := l.lastFlush(); err != nil && !failing {
				l.cfg.Log.Warn("what was asked last could not be kept for clickql advise", "file", l.cfg.Path, "error", err)
			}
			return
		}
	}
}

// lastFlush writes the file when the gateway stops.
func (l *Log) lastFlush() error {
	deadline := time.NewTimer(lastTry)
	defer deadline.Stop()
	again := time.NewTicker(lastTry / 20)
	defer again.Stop()
	for {
		err := l.Flush()
		if !errors.Is(err, errBusy) {
			return err
		}
		select {
		case <-again.C:
		case <-deadline.C:
			return err
		}
	}
}

// Flush adds what was counted since the last write to the file. After a failure
// nothing is lost: the next write brings it.
func (l *Log) Flush() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	states := make(map[*entry]Record, len(l.entries))
	var news []Record
	for _, e := range l.entries {
		state := e.now()
		states[e] = state
		if added := state.minus(e.written); added.used() {
			news = append(news, added)
		}
	}
	began, now := l.began, l.cfg.Now()
	l.mu.Unlock()
	if err := add(l.cfg.Path, news, began, now); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for e, state := range states {
		e.written = state
	}
	if len(l.entries) >= maxRecords { // all is in the file: make room
		l.forget()
	}
	return nil
}

// forget drops every entry that holds nothing new.
func (l *Log) forget() {
	for key, e := range l.entries {
		if !e.now().minus(e.written).used() {
			delete(l.entries, key)
		}
	}
}
