package ingest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"clickql/ingest/backfill"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/shards"
	"clickql/ingest/stage"
)

// Status is what the ledger says at one instant; of several shards, what their ledgers
// say together.
type Status struct {
	Database string `json:"database"`
	// Shards are the statuses of the shards that the database stands for.
	Shards []ShardStatus `json:"shards,omitempty"`
	Kinds  []KindStatus  `json:"kinds"`
	// InHand lists the batches that are neither done nor given up.
	InHand []BatchStatus `json:"inHand"`
	// Failed lists the files that could not be loaded and have not been since.
	Failed []FailedFile `json:"failed"`
	// Writer holds the lock, that of the first shard where there are several; absent
	// when nobody does.
	Writer *WriterStatus `json:"writer,omitempty"`
	// Backfills lists those that have not ended, Shadows the sets of tables beside
	// the live ones.
	Backfills []BackfillStatus `json:"backfills"`
	Shadows   []ShadowStatus   `json:"shadows"`
}

// KindStatus sums up what is loaded of one kind.
type KindStatus struct {
	Kind          ledger.Kind       `json:"kind"`
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
	Batch string      `json:"batch"`
	Kind  ledger.Kind `json:"kind"`
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
	Kind       ledger.Kind `json:"kind"`
	Name       string      `json:"name"`
	Generation string      `json:"generation"`
	Reason     string      `json:"reason"`
	At         time.Time   `json:"at"`
	Times      uint64      `json:"times"` // at this generation
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
	return in.statuses(ctx, in.alive)
}

// Glance is Status at once: a writer on another machine is taken to live.
func (in *Ingest) Glance(ctx context.Context) (Status, error) {
	return in.statuses(ctx, func(_ context.Context, _ *session.Session, state ledger.LockState) (bool, error) {
		return ledger.JudgeHolder(state, in.cfg.Holder, ledger.ProcessAlive) != ledger.TakeDead, nil
	})
}

// livesFunc tells whether the holder of a lock that was not given back is alive.
type livesFunc func(context.Context, *session.Session, ledger.LockState) (bool, error)

// writerStatus says who holds the lock of a session's database; nil where nobody
// does.
func writerStatus(ctx context.Context, s *session.Session, lives livesFunc) (*WriterStatus, ledger.LockState, error) {
	lock, err := ledger.ReadLock(ctx, s)
	if err != nil || lock.Epoch == 0 || lock.Holder.Released {
		return nil, lock, err
	}
	alive, err := lives(ctx, s, lock)
	return &WriterStatus{Host: lock.Holder.Host, PID: lock.Holder.PID, Since: lock.Holder.Since, Alive: alive}, lock, err
}

// statuses reads the ledgers of all shards.
func (in *Ingest) statuses(ctx context.Context, lives livesFunc) (st Status, err error) {
	err = overShards(ctx, in.cfg, func(all shards.Shards) error {
		if !all.Several() {
			st, err = in.status(ctx, lives)
			return err
		}
		each := make([]ShardStatus, len(all))
		for i, sh := range all {
			one, err := New(sh.Config).status(ctx, lives)
			if err != nil {
				return sh.Config.OfShard(err)
			}
			each[i] = ShardStatus{Shard: sh.Number, Server: sh.Server, Status: one}
		}
		st = together(in.cfg.Database, each)
		return nil
	})
	return st, err
}

// status reads the ledger.
func (in *Ingest) status(ctx context.Context, lives livesFunc) (st Status, err error) {
	s := in.cfg.Session().ReadOnly()
	st = Status{Database: in.cfg.Database, Kinds: []KindStatus{}, InHand: []BatchStatus{}, Failed: []FailedFile{}}
	if st.Backfills, err = backfillStatuses(ctx, s, lives); err != nil {
		return st, err
	}
	if st.Shadows, err = shadowStatuses(ctx, s); err != nil {
		return st, err
	}
	batches, err := ledger.Of(s).Batches(ctx, "", "")
	if session.Gone(err) {
		return st, nil // nothing has ever been loaded
	}
	if err != nil {
		return st, err
	}
	var lock ledger.LockState
	if st.Writer, lock, err = writerStatus(ctx, s, lives); err != nil {
		return st, err
	}
	for _, kind := range ledger.Kinds() {
		k, err := kindStatus(ctx, ledger.Of(s), kind, batches)
		if err != nil {
			return st, err
		}
		if k.Batches > 0 {
			st.Kinds = append(st.Kinds, k)
		}
	}
	for _, b := range batches {
		if !ledger.State(b.State).Final() {
			st.InHand = append(st.InHand, batchStatus(b, lock, st.Writer != nil && st.Writer.Alive))
		}
	}
	st.Failed, err = failedFiles(ctx, ledger.Of(s))
	for i, f := range st.Failed {
		st.Failed[i].SetAside = int(f.Times) >= in.cfg.Tries
	}
	return st, err
}

// alive tells whether the lock's holder gives signs of life: at once for a
// process of this machine, within a few heartbeats otherwise.
func (in *Ingest) alive(ctx context.Context, s *session.Session, state ledger.LockState) (bool, error) {
	me := in.cfg.Holder
	switch {
	case ledger.JudgeHolder(state, me, ledger.ProcessAlive) == ledger.TakeDead:
		return false, nil
	case state.Holder.Besides(me):
		return true, nil
	}
	return ledger.Watch(ctx, s, state, ledger.Locking{Beat: in.cfg.Beat, Lease: 3 * in.cfg.Beat, Log: in.cfg.Log})
}

// kindStatus sums up the batches of a kind, which come in the order of planning.
func kindStatus(ctx context.Context, l ledger.Ledger, kind ledger.Kind, batches []ledger.Batch) (KindStatus, error) {
	k := KindStatus{Kind: kind}
	var done []ledger.Batch
	for _, b := range batches {
		if ledger.Kind(b.Kind) != kind || ledger.State(b.State) != ledger.Done {
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
	in, err := l.InTables(ctx, kind)
	k.Files, k.Bytes, k.Rows, k.Rejected = in.Files, in.Bytes, in.Rows, in.Rejected
	return k, err
}

// speed is the rows stored per second in the time in which any of the batches was
// in hand: several may have been at once.
func speed(batches []ledger.Batch) float64 {
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
func batchStatus(b ledger.Batch, lock ledger.LockState, alive bool) BatchStatus {
	st := BatchStatus{Batch: b.Batch, Kind: ledger.Kind(b.Kind), What: b.What(), State: ledger.State(b.State).String(), Files: b.Files, Rows: b.Rows, Owner: b.Owner, Since: b.At}
	if alive && lock.Epoch == b.Epoch {
		return st
	}
	switch ledger.JudgeBatch(ledger.State(b.State)) {
	case ledger.RollForward:
		st.Stuck = "its writer ended while it was publishing: part of it may be public; whatever ingest command writes next finishes it first"
	default:
		st.Stuck = "its writer ended before publishing: nothing of it is public; " + b.Again()
	}
	if alive {
		st.Stuck = "its writer ended; the present one is taking it over"
	}
	return st
}

// failedFiles lists the files whose last attempts failed.
func failedFiles(ctx context.Context, l ledger.Ledger) ([]FailedFile, error) {
	failed, err := session.Scan(ctx, l.S, session.SQL(`SELECT kind, name, argMax(f.generation, f.last) AS generation, argMax(f.reason, f.last) AS reason, max(f.last) AS at, argMax(f.n, f.last) AS times
			FROM (SELECT kind, name, generation, argMax(reason, at) AS reason, max(at) AS last, count() AS n FROM `+l.Table(ledger.Files)+`
				WHERE outcome = 'failed' AND (kind, name) NOT IN
					(SELECT kind, name FROM `+l.Table(ledger.Files)+` WHERE outcome = 'planned' AND batch IN
						`+l.Done()+`)
				GROUP BY kind, name, generation) AS f
			GROUP BY kind, name ORDER BY kind, name`), func(f *FailedFile) []any {
		return []any{(*string)(&f.Kind), &f.Name, &f.Generation, &f.Reason, &f.At, &f.Times}
	})
	return append([]FailedFile{}, failed...), session.Wrap(err, "list the failed files")
}

// BackfillStatus is a backfill that has not ended.
type BackfillStatus struct {
	Table string `json:"table"`
	// Prepared reports that what arrives is being collected, or, on replicas, that some
	// history is computed; Ranges are the runs of days of which it is.
	Prepared bool   `json:"prepared"`
	Ranges   uint64 `json:"ranges"`
	// Writer carries it out; absent where nobody does.
	Writer *WriterStatus `json:"writer,omitempty"`
	// Stuck says why nobody is working on it, and what to do; empty while somebody is.
	Stuck string `json:"stuck,omitempty"`
}

// backfillStatuses lists the backfills that have not ended.
func backfillStatuses(ctx context.Context, s *session.Session, lives livesFunc) ([]BackfillStatus, error) {
	all := []BackfillStatus{}
	found, err := stage.Lasting(ctx, s, stage.LastingBackfill)
	for _, database := range slices.Sorted(maps.Keys(found)) {
		st, collects := BackfillStatus{Table: found[database].Name}, false
		err := s.Row(ctx, session.SQL("SELECT countIf(startsWith(name, {done:String})), countIf(name = {ready:String} OR startsWith(name, {done:String})) > 0, countIf(engine = 'MaterializedView') > 0 FROM system.tables WHERE database = {database:String}",
			"database", database, "done", backfill.FillDone, "ready", backfill.FillReady), &st.Ranges, &st.Prepared, &collects)
		if err != nil {
			return nil, fmt.Errorf("look at the backfill of %s: %w", st.Table, err)
		}
		if st.Writer, _, err = writerStatus(ctx, s.Of(database, 0), lives); err != nil {
			return nil, err
		}
		if st.Writer == nil || !st.Writer.Alive {
			st.Stuck = fmt.Sprintf("its command ended: clickql ingest backfill %s carries it on, with --discard drops it", st.Table)
			if collects {
				st.Stuck += "; until then repair is refused"
			}
		}
		all = append(all, st)
	}
	return all, err
}

// ShadowStatus is a second set of tables beside the live ones.
type ShadowStatus struct {
	Name     string `json:"name"`
	Database string `json:"database"`
}

// shadowStatuses lists the shadows.
func shadowStatuses(ctx context.Context, s *session.Session) ([]ShadowStatus, error) {
	all := []ShadowStatus{}
	found, err := stage.Lasting(ctx, s, stage.LastingShadow)
	for _, database := range slices.Sorted(maps.Keys(found)) {
		all = append(all, ShadowStatus{found[database].Name, database})
	}
	return all, err
}
