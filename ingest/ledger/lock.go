package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// LockPrefix begins the names of the lock's tables; eight digits, the epoch, follow.
const LockPrefix = "clickql_ledger_lock_"

// codeTableExists is ClickHouse's TABLE_ALREADY_EXISTS.
const codeTableExists = 57

// ReleaseTimeout bounds giving the lock back and clearing up after an interrupt.
const ReleaseTimeout = 10 * time.Second

// HeldError is the refusal to write beside a live writer.
type HeldError struct{ Holder Holder }

// Error names the holder and the remedy.
func (e *HeldError) Error() string {
	return fmt.Sprintf("another ingest command is writing to this database (%s): wait for it to end, or end it; its load is then carried on by the next command", e.Holder)
}

// ErrLockLost reports that another command has taken the lock over, having
// seen no sign of life from this one. What this one had in hand is carried on
// there; nothing is lost.
var ErrLockLost = errors.New("another ingest command took over this one's lock, because it gave no sign of life in time")

// Lock is the right to write. Epochs only grow, and the lock's table of the
// greatest epoch is the one that counts; see the documentation of ingest for the
// proof.
type Lock struct {
	S      *session.Session
	holder Holder
	shared bool // replicas keep it
	pulse  *Pulse
	once   sync.Once
}

// Locking says how lapses are judged. Only durations are compared, each on
// one machine's monotonic clock.
type Locking struct {
	Beat  time.Duration // between signs of life
	Lease time.Duration // without a sign of life, observed by the one who waits
	Log   *slog.Logger
}

// LockState is the lock's table of the greatest epoch.
type LockState struct {
	Epoch  uint64 // 0: there is none
	Holder Holder
	shared bool // replicas keep the lock
}

// LockTable is the lock's table of an epoch.
func LockTable(database string, epoch uint64) tables.ID {
	return tables.ID{Database: database, Table: fmt.Sprintf("%s%08d", LockPrefix, epoch)}
}

// lockTables reads the epochs of the lock's tables, with their comments; those of
// lines where replicas keep it.
func lockTables(ctx context.Context, s *session.Session) (epochs map[uint64]string, shared bool, err error) {
	type table struct{ name, comment string }
	tables, err := session.Scan(ctx, s, session.SQL("SELECT name, comment FROM system.tables WHERE database = {database:String} AND startsWith(name, {prefix:String})",
		"database", s.Database, "prefix", LockPrefix), func(t *table) []any { return []any{&t.name, &t.comment} })
	epochs = map[uint64]string{}
	for _, t := range tables {
		if t.name == sharedLock {
			epochs, err := sharedEpochs(ctx, s)
			return epochs, true, session.Wrap(err, "read the writer's lock of database %s", s.Database)
		}
		if epoch, err := strconv.ParseUint(strings.TrimPrefix(t.name, LockPrefix), 10, 64); err == nil { // or else it is not the lock's
			epochs[epoch] = t.comment
		}
	}
	return epochs, false, session.Wrap(err, "read the writer's lock of database %s", s.Database)
}

// ReadLock finds the greatest epoch and its holder.
func ReadLock(ctx context.Context, s *session.Session) (LockState, error) {
	var state LockState
	epochs, shared, err := lockTables(ctx, s)
	state.shared = shared
	for epoch := range epochs {
		state.Epoch = max(state.Epoch, epoch)
	}
	if state.Epoch > 0 && json.Unmarshal([]byte(epochs[state.Epoch]), &state.Holder) != nil {
		state.Holder = Holder{Host: "an unknown host"} // only its lease tells whether it lives
	}
	return state, err
}

// ReadBeat is the last sign of life of a lock's holder.
func (l LockState) ReadBeat(ctx context.Context, s *session.Session) (int64, error) {
	if l.shared {
		return readPulse(ctx, s, tables.ID{Database: s.Database, Table: sharedBeats}, fmt.Sprintf(" WHERE epoch = %d", l.Epoch))
	}
	return ReadPulse(ctx, s, LockTable(s.Database, l.Epoch))
}

// verdict is what is to be done about the present holder.
type verdict int

// The verdicts.
const (
	takeFree   verdict = iota // nobody holds it
	TakeDead                  // its process has ended on this machine
	WatchLease                // it may be alive: look for a sign of life
)

// JudgeHolder decides by what is known without waiting.
func JudgeHolder(state LockState, me Holder, alive func(pid int) bool) verdict {
	switch {
	case state.Epoch == 0 || state.Holder.Released:
		return takeFree
	case state.Holder.Ended(me, alive):
		return TakeDead
	default:
		return WatchLease
	}
}

// Acquire takes the lock, or returns *HeldError once the holder has given a
// sign of life.
func Acquire(ctx context.Context, s *session.Session, me Holder, cfg Locking) (*Lock, error) {
	for {
		state, err := ReadLock(ctx, s)
		if err != nil {
			return nil, err
		}
		free, err := mayTake(ctx, s, state, me, cfg)
		switch {
		case err != nil:
			return nil, err
		case !free:
			if now, err := ReadLock(ctx, s); err != nil || !now.Holder.Released {
				return nil, errors.Join(err, &HeldError{state.Holder})
			}
			continue
		}
		l, err := tryAcquire(ctx, s, me, state)
		if err != nil || l != nil {
			return l, err
		}
	}
}

// mayTake tells whether the lock is free or its holder dead. For a holder of
// whom that is not known it watches for a sign of life.
func mayTake(ctx context.Context, s *session.Session, state LockState, me Holder, cfg Locking) (bool, error) {
	switch JudgeHolder(state, me, ProcessAlive) {
	case takeFree:
		return true, nil
	case TakeDead:
		cfg.Log.Info("the last writer has ended without finishing, taking over", "holder", state.Holder.String())
		return true, nil
	default:
	}
	alive, err := Watch(ctx, s, state, cfg)
	if err == nil && !alive {
		cfg.Log.Warn("the last writer gave no sign of life, taking over", "holder", state.Holder.String())
	}
	return err == nil && !alive, err
}

// Watch watches a holder's signs of life for one lease. It reports true as soon
// as there is one, or the lock is given back or passes on.
func Watch(ctx context.Context, s *session.Session, state LockState, cfg Locking) (bool, error) {
	tick := time.NewTicker(max(cfg.Beat/4, time.Millisecond))
	defer tick.Stop()
	var last Sighting
	for {
		beat, err := state.ReadBeat(ctx, s)
		if err != nil {
			return false, err
		}
		now, err := ReadLock(ctx, s)
		if err != nil {
			return false, err
		}
		if last.Sees(beat, time.Now()) || now.Epoch != state.Epoch || now.Holder.Released {
			return true, nil
		}
		if last.Lapsed(cfg.Lease, time.Now()) {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-tick.C:
		}
	}
}

// tryAcquire creates the next epoch's table: of those who try at the same
// time, exactly one succeeds. It returns nil when somebody else did.
func tryAcquire(ctx context.Context, s *session.Session, me Holder, after LockState) (*Lock, error) {
	epoch, err := NextEpoch(ctx, s, after.Epoch)
	if err != nil {
		return nil, err
	}
	comment, err := json.Marshal(me)
	if err != nil {
		return nil, err
	}
	if after.shared {
		return acquireShared(ctx, s, me, epoch, string(comment))
	}
	err = CreatePulse(ctx, s, LockTable(s.Database, epoch), string(comment), false)
	if code, _ := chconn.Code(err); code == codeTableExists {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take the writer's lock of database %s: %w", s.Database, err)
	}
	now, err := ReadLock(ctx, s)
	if err != nil {
		return nil, err
	}
	if now.Epoch != epoch || now.Holder.Token != me.Token {
		return nil, dropLock(ctx, s, epoch)
	}
	l := &Lock{S: s.Of(s.Database, epoch), holder: me}
	return l, l.dropOlder(ctx)
}

// NextEpoch is greater than every epoch seen: the lock's and the ledger's,
// whose batches are named by it.
func NextEpoch(ctx context.Context, s *session.Session, after uint64) (uint64, error) {
	used, err := Of(s).Epoch(ctx)
	return max(after, used) + 1, err
}

// dropLock removes a lock's table.
func dropLock(ctx context.Context, s *session.Session, epoch uint64) error {
	id := LockTable(s.Database, epoch)
	return session.Wrap(s.Do(ctx, "DROP TABLE IF EXISTS "+id.String()+" SYNC"), "remove the lapsed lock %s", id.Table)
}

// dropOlder removes the tables of smaller epochs. A holder that is still alive
// sees its own gone at its next sign of life.
func (l *Lock) dropOlder(ctx context.Context) error {
	epochs, _, err := lockTables(ctx, l.S)
	if err != nil {
		return err
	}
	for epoch := range epochs {
		if epoch >= l.S.Epoch {
			continue
		}
		if err := dropLock(ctx, l.S, epoch); err != nil {
			return err
		}
	}
	return nil
}

// Check reports ErrLockLost unless this lock is still the one that counts.
func (l *Lock) Check(ctx context.Context) error {
	now, err := ReadLock(ctx, l.S)
	if err != nil {
		return err
	}
	if now.Epoch != l.S.Epoch || now.Holder.Token != l.holder.Token {
		return ErrLockLost
	}
	return nil
}

// Release gives the lock back. Its table stays, marked, so that epochs only grow.
func (l *Lock) Release(ctx context.Context) error {
	var err error
	l.once.Do(func() {
		if l.pulse != nil {
			l.pulse.End()
		}
		h := l.holder
		h.Released = true
		var comment []byte
		if comment, err = json.Marshal(h); err != nil {
			return
		}
		if l.shared {
			err = takeShared(ctx, l.S, l.S.Epoch, h.Token, string(comment), 1)
			return
		}
		err = l.S.Do(ctx, "ALTER TABLE "+LockTable(l.S.Database, l.S.Epoch).String()+" MODIFY COMMENT "+chconn.Literal(string(comment)))
		if session.Gone(err) {
			err = nil // taken over already
		}
	})
	return session.Wrap(err, "give back the writer's lock")
}

// Keep gives signs of life until the lock is given back, and derives the context
// under which the work is done: it ends with ErrLockLost when the lock's table has
// gone.
func (l *Lock) Keep(ctx context.Context, cfg Locking) context.Context {
	if l.shared {
		ctx, l.pulse = l.keepShared(ctx, cfg)
		return ctx
	}
	ctx, l.pulse = StartPulse(ctx, l.S, LockTable(l.S.Database, l.S.Epoch), cfg.Beat, ErrLockLost)
	return ctx
}

// Holding gives signs of life while some work is done, and gives the lock back.
// A crash of a test leaves it as it is.
func (l *Lock) Holding(ctx context.Context, cfg Locking, do func(context.Context) error) (err error) {
	work := l.Keep(ctx, cfg)
	defer func() {
		if session.Crashed(err) {
			l.pulse.End()
			return
		}
		// Given back even when ctx is done, so that the next one need not wait.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), ReleaseTimeout)
		defer cancel()
		// ErrLockLost is why statements were cancelled. A full disk is a cause of its
		// own: a backfill that ends has dropped its own lock's table.
		if cause := context.Cause(work); err != nil && cause != nil && ctx.Err() == nil && chconn.Classify(err) != chconn.DiskFull {
			err = cause
		}
		err = errors.Join(err, l.Release(release))
	}()
	return do(work)
}
