package ingest

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

	"clickql/internal/chconn"
)

// lockPrefix begins the names of the lock's tables; eight digits, the epoch, follow.
const lockPrefix = "clickql_ledger_lock_"

// codeTableExists is ClickHouse's TABLE_ALREADY_EXISTS.
const codeTableExists = 57

// releaseTimeout bounds giving the lock back and clearing up after an interrupt.
const releaseTimeout = 10 * time.Second

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

// lock is the right to write. Epochs only grow, and the lock's table of the
// greatest epoch is the one that counts; see the documentation of ingest for the
// proof.
type lock struct {
	s      *session
	holder Holder
	pulse  *pulse
	once   sync.Once
}

// lockConfig says how lapses are judged. Only durations are compared, each on
// one machine's monotonic clock.
type lockConfig struct {
	Beat  time.Duration // between signs of life
	Lease time.Duration // without a sign of life, observed by the one who waits
	Log   *slog.Logger
}

// lockState is the lock's table of the greatest epoch.
type lockState struct {
	Epoch  uint64 // 0: there is none
	Holder Holder
}

// lockTable is the lock's table of an epoch.
func lockTable(database string, epoch uint64) tableID {
	return tableID{database, fmt.Sprintf("%s%08d", lockPrefix, epoch)}
}

// lockTables reads the epochs of the lock's tables, with their comments.
func lockTables(ctx context.Context, s *session) (map[uint64]string, error) {
	type table struct{ name, comment string }
	tables, err := scanAll(ctx, s, statement{
		SQL:    "SELECT name, comment FROM system.tables WHERE database = {database:String} AND startsWith(name, {prefix:String})",
		Params: map[string]any{"database": s.database, "prefix": lockPrefix},
	}, func(t *table) []any { return []any{&t.name, &t.comment} })
	epochs := map[uint64]string{}
	for _, t := range tables {
		if epoch, err := strconv.ParseUint(strings.TrimPrefix(t.name, lockPrefix), 10, 64); err == nil { // or else it is not the lock's
			epochs[epoch] = t.comment
		}
	}
	return epochs, failing(err, "read the writer's lock of database %s", s.database)
}

// readLock finds the greatest epoch and its holder.
func readLock(ctx context.Context, s *session) (lockState, error) {
	var state lockState
	epochs, err := lockTables(ctx, s)
	for epoch := range epochs {
		state.Epoch = max(state.Epoch, epoch)
	}
	if state.Epoch > 0 && json.Unmarshal([]byte(epochs[state.Epoch]), &state.Holder) != nil {
		state.Holder = Holder{Host: "an unknown host"} // only its lease tells whether it lives
	}
	return state, err
}

// readBeat is the last sign of life of a lock's holder.
func (l lockState) readBeat(ctx context.Context, s *session) (int64, error) {
	return readPulse(ctx, s, lockTable(s.database, l.Epoch))
}

// verdict is what is to be done about the present holder.
type verdict int

const (
	takeFree   verdict = iota // nobody holds it
	takeDead                  // its process has ended on this machine
	watchLease                // it may be alive: look for a sign of life
)

// judgeHolder decides by what is known without waiting.
func judgeHolder(state lockState, me Holder, alive func(pid int) bool) verdict {
	switch {
	case state.Epoch == 0 || state.Holder.Released:
		return takeFree
	case state.Holder.ended(me, alive):
		return takeDead
	default:
		return watchLease
	}
}

// acquire takes the lock, or returns *HeldError once the holder has given a
// sign of life.
func acquire(ctx context.Context, s *session, me Holder, cfg lockConfig) (*lock, error) {
	for {
		state, err := readLock(ctx, s)
		if err != nil {
			return nil, err
		}
		free, err := mayTake(ctx, s, state, me, cfg)
		switch {
		case err != nil:
			return nil, err
		case !free:
			if now, err := readLock(ctx, s); err != nil || !now.Holder.Released {
				return nil, errors.Join(err, &HeldError{state.Holder})
			}
			continue
		}
		l, err := tryAcquire(ctx, s, me, state.Epoch)
		if err != nil || l != nil {
			return l, err
		}
	}
}

// mayTake tells whether the lock is free or its holder dead. For a holder of
// whom that is not known it watches for a sign of life.
func mayTake(ctx context.Context, s *session, state lockState, me Holder, cfg lockConfig) (bool, error) {
	switch judgeHolder(state, me, processAlive) {
	case takeFree:
		return true, nil
	case takeDead:
		cfg.Log.Info("the last writer has ended without finishing, taking over", "holder", state.Holder.String())
		return true, nil
	default:
	}
	alive, err := lives(ctx, s, state, cfg)
	if err == nil && !alive {
		cfg.Log.Warn("the last writer gave no sign of life, taking over", "holder", state.Holder.String())
	}
	return err == nil && !alive, err
}

// lives watches a holder's signs of life for one lease. It reports true as soon
// as there is one, or the lock is given back or passes on.
func lives(ctx context.Context, s *session, state lockState, cfg lockConfig) (bool, error) {
	tick := time.NewTicker(max(cfg.Beat/4, time.Millisecond))
	defer tick.Stop()
	var last sighting
	for {
		beat, err := state.readBeat(ctx, s)
		if err != nil {
			return false, err
		}
		now, err := readLock(ctx, s)
		if err != nil {
			return false, err
		}
		if last.sees(beat, time.Now()) || now.Epoch != state.Epoch || now.Holder.Released {
			return true, nil
		}
		if last.lapsed(cfg.Lease, time.Now()) {
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
func tryAcquire(ctx context.Context, s *session, me Holder, after uint64) (*lock, error) {
	epoch, err := nextEpoch(ctx, s, after)
	if err != nil {
		return nil, err
	}
	comment, err := json.Marshal(me)
	if err != nil {
		return nil, err
	}
	err = createPulse(ctx, s, lockTable(s.database, epoch), string(comment), false)
	if code, _ := chconn.Code(err); code == codeTableExists {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take the writer's lock of database %s: %w", s.database, err)
	}
	now, err := readLock(ctx, s)
	if err != nil {
		return nil, err
	}
	if now.Epoch != epoch || now.Holder.Token != me.Token {
		return nil, dropLock(ctx, s, epoch)
	}
	l := &lock{s: s.of(s.database, epoch), holder: me}
	return l, l.dropOlder(ctx)
}

// nextEpoch is greater than every epoch seen: the lock's and the ledger's,
// whose batches are named by it.
func nextEpoch(ctx context.Context, s *session, after uint64) (uint64, error) {
	used, err := ledgerOf(s).epoch(ctx)
	return max(after, used) + 1, err
}

// dropLock removes a lock's table.
func dropLock(ctx context.Context, s *session, epoch uint64) error {
	id := lockTable(s.database, epoch)
	return failing(s.run(ctx, "DROP TABLE IF EXISTS "+id.String()+" SYNC"), "remove the lapsed lock %s", id.Table)
}

// dropOlder removes the tables of smaller epochs. A holder that is still alive
// sees its own gone at its next sign of life.
func (l *lock) dropOlder(ctx context.Context) error {
	epochs, err := lockTables(ctx, l.s)
	if err != nil {
		return err
	}
	for epoch := range epochs {
		if epoch >= l.s.epoch {
			continue
		}
		if err := dropLock(ctx, l.s, epoch); err != nil {
			return err
		}
	}
	return nil
}

// check reports ErrLockLost unless this lock is still the one that counts.
func (l *lock) check(ctx context.Context) error {
	now, err := readLock(ctx, l.s)
	if err != nil {
		return err
	}
	if now.Epoch != l.s.epoch || now.Holder.Token != l.holder.Token {
		return ErrLockLost
	}
	return nil
}

// release gives the lock back. Its table stays, marked, so that epochs only grow.
func (l *lock) release(ctx context.Context) error {
	var err error
	l.once.Do(func() {
		if l.pulse != nil {
			l.pulse.end()
		}
		h := l.holder
		h.Released = true
		var comment []byte
		if comment, err = json.Marshal(h); err != nil {
			return
		}
		err = l.s.run(ctx, "ALTER TABLE "+lockTable(l.s.database, l.s.epoch).String()+" MODIFY COMMENT "+chconn.Literal(string(comment)))
		if gone(err) {
			err = nil // taken over already
		}
	})
	return failing(err, "give back the writer's lock")
}

// keep gives signs of life until the lock is given back, and derives the context
// under which the work is done: it ends with ErrLockLost when the lock's table has
// gone.
func (l *lock) keep(ctx context.Context, cfg lockConfig) context.Context {
	ctx, l.pulse = startPulse(ctx, l.s, lockTable(l.s.database, l.s.epoch), cfg.Beat, ErrLockLost)
	return ctx
}

// holding gives signs of life while some work is done, and gives the lock back.
// A crash of a test leaves it as it is.
func (l *lock) holding(ctx context.Context, cfg lockConfig, do func(context.Context) error) (err error) {
	work := l.keep(ctx, cfg)
	defer func() {
		if crashed(err) {
			l.pulse.end()
			return
		}
		// Given back even when ctx is done, so that the next one need not wait.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
		defer cancel()
		// ErrLockLost is why statements were cancelled. A full disk is a cause of its
		// own: a backfill that ends has dropped its own lock's table.
		if cause := context.Cause(work); err != nil && cause != nil && ctx.Err() == nil && chconn.Classify(err) != chconn.DiskFull {
			err = cause
		}
		err = errors.Join(err, l.release(release))
	}()
	return do(work)
}
