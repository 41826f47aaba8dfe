package ingest

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"
)

// Status is what the ledger says at one instant.
type Status struct {
	Database string       `json:"database"`
	Kinds    []KindStatus `json:"kinds"`
	// InHand lists the batches that are neither done nor given up.
	InHand []BatchStatus `json:"inHand"`
	// Failed lists the files that could not be loaded and have not been since.
	Failed []FailedFile `json:"failed"`
	// Writer holds the lock; absent when nobody does.
	Writer *WriterStatus `json:"writer,omitempty"`
	// Backfills lists those that have not ended, Shadows the sets of tables beside
	// the live ones.
	Backfills []BackfillStatus `json:"backfills"`
	Shadows   []ShadowStatus   `json:"shadows"`
}

// KindStatus sums up what is loaded of one kind.
type KindStatus struct {
	Kind          Kind              `json:"kind"`
	Files         uint64            `json:"files"`
	Bytes         uint64            `json:"bytes"`
	Rows          uint64            `json:"rows"` // stored
	Batches       uint64            `json:"batches"`
	Rejected      map[string]uint64 `json:"rejected,omitempty"`  // rows not stored, by reason
	NewestDay     string            `json:"newestDay,omitempty"` // of the stored rows, YYYY-MM-DD
	RowsPerSecond float64           `json:"rowsPerSecond"`       // of the last batches
	LastAt        time.Time         `json:"lastAt"`              // when the last batch became public
}

// BatchStatus is a batch in hand.
type BatchStatus struct {
	Batch string `json:"batch"`
	Kind  Kind   `json:"kind"`
	// What it does: loads downloads or projects, a repair with its days, a
	// backfill, a promotion.
	What  string    `json:"what"`
	State string    `json:"state"`
	Files uint64    `json:"files"`
	Rows  uint64    `json:"rows"`
	Owner string    `json:"owner"` // host/pid
	Since time.Time `json:"since"` // when it came into its state
	// Stuck says why nobody is working on it, and what to do; empty while
	// somebody is.
	Stuck string `json:"stuck,omitempty"`
}

// FailedFile is a file that could not be loaded.
type FailedFile struct {
	Kind       Kind      `json:"kind" ch:"kind"`
	Name       string    `json:"name" ch:"name"`
	Generation string    `json:"generation" ch:"generation"`
	Reason     string    `json:"reason" ch:"reason"`
	At         time.Time `json:"at" ch:"at"`
	Times      uint64    `json:"times" ch:"times"` // at this generation
	// SetAside reports that its tries are used up: it is tried again when it
	// changes, or by a load with --retry.
	SetAside bool `json:"setAside"`
}

// WriterStatus is the holder of the lock.
type WriterStatus struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	Alive bool      `json:"alive"`
}

// recentBatches are those whose speed Status gives.
const recentBatches = 10

// Status reads the ledger. It takes no lock and changes nothing, and an account
// that may only read will do. A writer on another machine is watched for some
// seconds, to see whether it lives.
func (in *Ingest) Status(ctx context.Context) (Status, error) {
	return in.status(ctx, in.alive)
}

// Glance is Status at once: a writer on another machine is taken to live.
func (in *Ingest) Glance(ctx context.Context) (Status, error) {
	return in.status(ctx, func(_ context.Context, _ *session, state lockState) (bool, error) {
		return judgeHolder(state, in.cfg.Holder, processAlive) != takeDead, nil
	})
}

// livesFunc tells whether the holder of a lock that was not given back is alive.
type livesFunc func(context.Context, *session, lockState) (bool, error)

// writerStatus says who holds the lock of a session's database; nil where nobody
// does.
func writerStatus(ctx context.Context, s *session, lives livesFunc) (*WriterStatus, lockState, error) {
	lock, err := readLock(ctx, s)
	if err != nil || lock.Epoch == 0 || lock.Holder.Released {
		return nil, lock, err
	}
	alive, err := lives(ctx, s, lock)
	return &WriterStatus{Host: lock.Holder.Host, PID: lock.Holder.PID, Since: lock.Holder.Since, Alive: alive}, lock, err
}

// status reads the ledger.
func (in *Ingest) status(ctx context.Context, lives livesFunc) (st Status, err error) {
	s := in.cfg.session().reading()
	st = Status{Database: in.cfg.Database, Kinds: []KindStatus{}, InHand: []BatchStatus{}, Failed: []FailedFile{}}
	if st.Backfills, err = backfillStatuses(ctx, s, lives); err != nil {
		return st, err
	}
	if st.Shadows, err = shadowStatuses(ctx, s); err != nil {
		return st, err
	}
	batches, err := ledgerOf(s).batches(ctx, "", "")
	if gone(err) {
		return st, nil // nothing has ever been loaded
	}
	if err != nil {
		return st, err
	}
	var lock lockState
	if st.Writer, lock, err = writerStatus(ctx, s, lives); err != nil {
		return st, err
	}
	for _, kind := range []Kind{Downloads, Projects} {
		k, err := kindStatus(ctx, ledgerOf(s), kind, batches)
		if err != nil {
			return st, err
		}
		if k.Batches > 0 {
			st.Kinds = append(st.Kinds, k)
		}
	}
	for _, b := range batches {
		if !State(b.State).Final() {
			st.InHand = append(st.InHand, batchStatus(b, lock, st.Writer != nil && st.Writer.Alive))
		}
	}
	st.Failed, err = failedFiles(ctx, ledgerOf(s))
	for i, f := range st.Failed {
		st.Failed[i].SetAside = int(f.Times) >= in.cfg.Tries
	}
	return st, err
}

// alive tells whether the lock's holder gives signs of life: at once for a
// process of this machine, within a few heartbeats otherwise.
func (in *Ingest) alive(ctx context.Context, s *session, state lockState) (bool, error) {
	me := in.cfg.Holder
	switch {
	case judgeHolder(state, me, processAlive) == takeDead:
		return false, nil
	case state.Holder.besides(me):
		return true, nil
	}
	return lives(ctx, s, state, lockConfig{Beat: in.cfg.Beat, Lease: 3 * in.cfg.Beat, Log: in.cfg.Log})
}

// kindStatus sums up the batches of a kind, which come in the order of planning.
func kindStatus(ctx context.Context, l ledger, kind Kind, batches []batchLine) (KindStatus, error) {
	k := KindStatus{Kind: kind}
	var done []batchLine
	for _, b := range batches {
		if Kind(b.Kind) != kind || State(b.State) != Done {
			continue
		}
		done = append(done, b)
		k.Batches++
		if day := b.LastDay.Format(time.DateOnly); b.LastDay.Year() > 1970 && day > k.NewestDay {
			k.NewestDay = day
		}
		k.LastAt = b.At
	}
	k.RowsPerSecond = speed(done[max(0, len(done)-recentBatches):])
	in, err := l.inTables(ctx, kind)
	k.Files, k.Bytes, k.Rows, k.Rejected = in.Files, in.Bytes, in.Rows, in.Rejected
	return k, err
}

// speed is the rows stored per second in the time in which any of the batches was
// in hand: several may have been at once.
func speed(batches []batchLine) float64 {
	type span struct{ from, to float64 }
	var rows uint64
	var spans []span
	for _, b := range batches {
		to := float64(b.At.UnixMilli()) / 1000
		rows, spans = rows+b.Stored, append(spans, span{to - b.Seconds, to})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var seconds float64
	end := math.Inf(-1)
	for _, s := range spans {
		seconds += max(0, s.to-max(s.from, end))
		end = max(end, s.to)
	}
	if seconds <= 0 {
		return 0
	}
	return float64(rows) / seconds
}

// batchStatus describes a batch in hand.
func batchStatus(b batchLine, lock lockState, alive bool) BatchStatus {
	st := BatchStatus{Batch: b.Batch, Kind: Kind(b.Kind), What: b.what(), State: State(b.State).String(), Files: b.Files, Rows: b.Rows, Owner: b.Owner, Since: b.At}
	if alive && lock.Epoch == b.Epoch {
		return st
	}
	switch judgeBatch(State(b.State)) {
	case rollForward:
		st.Stuck = "its writer ended while it was publishing: part of it may be public; whatever ingest command writes next finishes it first"
	default:
		st.Stuck = "its writer ended before publishing: nothing of it is public; " + b.again()
	}
	if alive {
		st.Stuck = "its writer ended; the present one is taking it over"
	}
	return st
}

// failedFiles lists the files whose last attempts failed.
func failedFiles(ctx context.Context, l ledger) ([]FailedFile, error) {
	failed, err := structs[FailedFile](ctx, l.s, statement{
		SQL: `SELECT kind, name, argMax(f.generation, f.last) AS generation, argMax(f.reason, f.last) AS reason, max(f.last) AS at, argMax(f.n, f.last) AS times
			FROM (SELECT kind, name, generation, argMax(reason, at) AS reason, max(at) AS last, count() AS n FROM ` + l.table(ledgerFiles) + `
				WHERE outcome = 'failed' AND (kind, name) NOT IN
					(SELECT kind, name FROM ` + l.table(ledgerFiles) + ` WHERE outcome = 'planned' AND batch IN
						` + l.done() + `)
				GROUP BY kind, name, generation) AS f
			GROUP BY kind, name ORDER BY kind, name`,
	})
	return failed, failing(err, "list the failed files")
}
