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

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// lockPrefix begins the names of the lock's tables; eight digits, the epoch, follow.
const lockPrefix = "clickql_ledger_lock_"

// codeTableExists is ClickHouse's TABLE_ALREADY_EXISTS.
const codeTableExists = 57

// Holder says who holds the lock. It is the comment of the lock's table.
type Holder struct {
	Host     string    `json:"host"`
	PID      int       `json:"pid"`
	Machine  string    `json:"machine,omitempty"`
	Since    time.Time `json:"since"`
	Command  string    `json:"command,omitempty"`
	Token    string    `json:"token"`
	Released bool      `json:"released,omitempty"`
}

// String names the holder for messages.
func (h Holder) String() string {
	return fmt.Sprintf("pid %d on %s, since %s", h.PID, h.Host, h.Since.UTC().Format(time.RFC3339))
}

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
// greatest epoch is the one that counts; see the package comment for the proof.
type lock struct {
	session *session
	holder  Holder
	epoch   uint64

	stop context.CancelCauseFunc // ends the work done under the lock
	done chan struct{}           // closed when the heartbeat has ended
	once sync.Once
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

// lockTable is the name of the lock's table of an epoch.
func lockTable(epoch uint64) string { return fmt.Sprintf("%s%08d", lockPrefix, epoch) }

// readLock finds the greatest epoch and its holder.
func readLock(ctx context.Context, s *session) (lockState, error) {
	var state lockState
	err := s.each(ctx, statement{
		SQL:    "SELECT name, comment FROM system.tables WHERE database = {database:String} AND startsWith(name, {prefix:String})",
		Params: map[string]any{"database": s.database, "prefix": lockPrefix},
	}, func(rows driver.Rows) error {
		var table, comment string
		if err := rows.Scan(&table, &comment); err != nil {
			return err
		}
		epoch, err := strconv.ParseUint(strings.TrimPrefix(table, lockPrefix), 10, 64)
		if err != nil || epoch <= state.Epoch {
			return nil //nolint:nilerr // a name that is not of ours is not the lock's
		}
		state = lockState{Epoch: epoch}
		if err := json.Unmarshal([]byte(comment), &state.Holder); err != nil {
			state.Holder = Holder{Host: "an unknown host"} // only its lease tells whether it lives
		}
		return nil
	})
	if err != nil {
		return state, fmt.Errorf("read the writer's lock of database %s: %w", s.database, err)
	}
	return state, nil
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
	switch h := state.Holder; {
	case state.Epoch == 0 || h.Released:
		return takeFree
	case me.Machine != "" && h.Machine == me.Machine && !alive(h.PID):
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

// oneServer refuses several hosts: a lock, a claim and what is prepared under them
// are on one server, and say nothing of another that the driver may turn to.
func oneServer(s *session) error {
	if hosts := s.conn.Addr(); strings.Contains(hosts, ",") {
		return fmt.Errorf("write to ClickHouse at %s: give the DSN of one server, the one that is to hold the rows", hosts)
	}
	return nil
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
	gone, err := lapsed(ctx, s, state, cfg)
	if gone {
		cfg.Log.Warn("the last writer gave no sign of life, taking over", "holder", state.Holder.String())
	}
	return gone, err
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
	err = s.run(ctx, "CREATE TABLE "+name(s.database, lockTable(epoch))+
		" (beat UInt64) ENGINE = Memory SETTINGS min_rows_to_keep = 1, max_rows_to_keep = 1 COMMENT "+chconn.Literal(string(comment)))
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
	l := &lock{session: newSession(s.conn, s.database, epoch), holder: me, epoch: epoch, done: make(chan struct{})}
	return l, l.dropOlder(ctx)
}

// nextEpoch is greater than every epoch seen: the lock's and the ledger's,
// whose batches are named by it.
func nextEpoch(ctx context.Context, s *session, after uint64) (uint64, error) {
	used, err := ledgerEpoch(ctx, s)
	return max(after, used) + 1, err
}

// dropLock removes a lock's table.
func dropLock(ctx context.Context, s *session, epoch uint64) error {
	if err := s.run(ctx, "DROP TABLE IF EXISTS "+name(s.database, lockTable(epoch))+" SYNC"); err != nil {
		return fmt.Errorf("remove the lapsed lock %s: %w", lockTable(epoch), err)
	}
	return nil
}

// dropOlder removes the tables of smaller epochs. A holder that is still alive
// sees its own gone at its next heartbeat.
func (l *lock) dropOlder(ctx context.Context) error {
	var older []uint64
	err := l.session.each(ctx, statement{
		SQL:    "SELECT name FROM system.tables WHERE database = {database:String} AND startsWith(name, {prefix:String})",
		Params: map[string]any{"database": l.session.database, "prefix": lockPrefix},
	}, func(rows driver.Rows) error {
		var table string
		if err := rows.Scan(&table); err != nil {
			return err
		}
		if epoch, err := strconv.ParseUint(strings.TrimPrefix(table, lockPrefix), 10, 64); err == nil && epoch < l.epoch {
			older = append(older, epoch)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list lapsed locks: %w", err)
	}
	for _, epoch := range older {
		if err := dropLock(ctx, l.session, epoch); err != nil {
			return err
		}
	}
	return nil
}

// check reports ErrLockLost unless this lock is still the one that counts.
func (l *lock) check(ctx context.Context) error {
	now, err := readLock(ctx, l.session)
	if err != nil {
		return err
	}
	if now.Epoch != l.epoch || now.Holder.Token != l.holder.Token {
		return ErrLockLost
	}
	return nil
}

// release gives the lock back. Its table stays, marked, so that epochs only grow.
func (l *lock) release(ctx context.Context) error {
	var err error
	l.once.Do(func() {
		if l.stop != nil {
			l.stop(nil)
			<-l.done
		}
		h := l.holder
		h.Released = true
		var comment []byte
		if comment, err = json.Marshal(h); err != nil {
			return
		}
		err = l.session.run(ctx, "ALTER TABLE "+name(l.session.database, lockTable(l.epoch))+" MODIFY COMMENT "+chconn.Literal(string(comment)))
		if chconn.Classify(err) == chconn.UnknownTable {
			err = nil // taken over already
		}
	})
	if err != nil {
		return fmt.Errorf("give back the writer's lock: %w", err)
	}
	return nil
}
