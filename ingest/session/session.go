package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/ClickHouse/clickhouse-go/v2"
	"golang.org/x/sync/errgroup"

	"clickql/internal/chconn"
)

// Statement is one query with its typed parameters and its own settings.
type Statement struct {
	SQL      string
	Params   map[string]any
	Settings map[string]any
	// Rows receives the rows read by the server since the last call.
	Rows func(uint64)
	// Pulse marks a sign of life, which comes by the clock: no hook sees it.
	Pulse bool
}

// SQL is a statement with parameters, given as names and values one after the
// other.
func SQL(text string, params ...any) Statement {
	st := Statement{SQL: text, Params: map[string]any{}}
	for i := 0; i < len(params); i += 2 {
		st.Params[params[i].(string)] = params[i+1]
	}
	return st
}

// Session runs the statements of one command under query ids that carry its
// epoch, so that whoever takes over can tell which of them are still running.
type Session struct {
	conn     *chconn.Conn
	Database string
	Epoch    uint64 // 0: a command that holds no lock
	quorum   uint64 // replicas that have lines when they are acknowledged; 0 for one
	plain    bool   // sets nothing, for accounts that may only read
	nonce    string // tells commands of one epoch apart: readers all have none
	seq      *atomic.Uint64
	memory   *memoryMeter
	before   func(sql string) error
}

// New runs statements for a database and holds no lock. before, where
// given, is called before each statement but signs of life: an error of it ends
// the command there as a crash would.
func New(conn *chconn.Conn, database string, before func(sql string) error) *Session {
	return (&Session{conn: conn, before: before}).Of(database, 0)
}

// Of is a session over the same connection for a database, under an epoch.
func (s *Session) Of(database string, epoch uint64) *Session {
	return &Session{conn: s.conn, Database: database, Epoch: epoch, quorum: s.quorum, plain: s.plain, nonce: rand.Text(), seq: new(atomic.Uint64),
		memory: newMemoryMeter(), before: s.before}
}

// ReadOnly is the same session, which sets nothing.
func (s *Session) ReadOnly() *Session {
	r := s.Of(s.Database, s.Epoch)
	r.plain = true
	return r
}

// ReadsOnly reports that the session sets nothing and changes nothing.
func (s *Session) ReadsOnly() bool { return s.plain }

// PeakMemory is the most that the session's statements took at once in the
// server; 0 where it does not tell.
func (s *Session) PeakMemory() uint64 { return s.memory.peak() }

// OneServer refuses several hosts: a lock, a claim and what is prepared under them
// are on one server, and say nothing of another that the driver may turn to.
func (s *Session) OneServer() error {
	if hosts := s.conn.Addr(); strings.Contains(hosts, ",") {
		return fmt.Errorf("write to ClickHouse at %s: give the DSN of one server, the one that is to hold the rows", hosts)
	}
	return nil
}

// baseSettings hold for every statement: no time limit of a profile made for
// serving, days in UTC, no deduplication of blocks by content, since equal
// blocks of different files are different downloads, and as many partitions in
// one insert as its rows have: a file may hold years of days.
func baseSettings() clickhouse.Settings {
	return clickhouse.Settings{
		"max_execution_time":              0,
		"session_timezone":                "UTC",
		"insert_deduplicate":              0,
		"async_insert":                    0,
		"max_partitions_per_insert_block": 0,
	}
}

// begin prepares the driver's options of one statement; end is called when it has
// ended.
func (s *Session) begin(ctx context.Context, st Statement) (_ context.Context, end func(), err error) {
	if s.before != nil && !st.Pulse {
		if err := s.before(st.SQL); err != nil {
			return nil, nil, crashError{err}
		}
	}
	params, err := chconn.Parameters(st.Params)
	if err != nil {
		return nil, nil, err
	}
	settings := baseSettings()
	if s.plain {
		settings = clickhouse.Settings{}
	}
	maps.Copy(settings, st.Settings)
	id := s.nextID()
	opts := []clickhouse.QueryOption{
		clickhouse.WithQueryID(id), clickhouse.WithSettings(settings), clickhouse.WithParameters(params),
		clickhouse.WithProfileEvents(func(events []clickhouse.ProfileEvent) { s.memory.seen(id, events) }),
	}
	if st.Rows != nil {
		opts = append(opts, clickhouse.WithProgress(func(p *clickhouse.Progress) { st.Rows(p.Rows) }))
	}
	return clickhouse.Context(ctx, opts...), func() { s.memory.ended(id) }, nil
}

// Exec runs a statement that gives no rows.
func (s *Session) Exec(ctx context.Context, st Statement) error {
	ctx, end, err := s.begin(ctx, st)
	if err != nil {
		return err
	}
	defer end()
	return s.conn.Exec(ctx, st.SQL)
}

// Do runs statements without parameters one after another.
func (s *Session) Do(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if err := s.Exec(ctx, SQL(sql)); err != nil {
			return err
		}
	}
	return nil
}

// queryIDPattern reads back what queries writes.
var queryIDPattern = regexp.MustCompile(`^clickql-ingest-(.+)-([0-9]{8})-[A-Z0-9]+-[0-9]+$`)

// QueryIDPrefix begins the id of every statement that ingest runs for a database.
func QueryIDPrefix(database string) string { return "clickql-ingest-" + database + "-" }

// Queries begins the query ids of this session and of no other.
func (s *Session) Queries() string {
	return fmt.Sprintf("%s%08d-%s-", QueryIDPrefix(s.Database), s.Epoch, s.nonce)
}

// nextID is a query id that names the database and the epoch of its owner.
func (s *Session) nextID() string { return s.Queries() + strconv.FormatUint(s.seq.Add(1), 10) }

// EpochOfQuery is the epoch in a query id of ingest for the database.
func EpochOfQuery(database, id string) (epoch uint64, ok bool) {
	m := queryIDPattern.FindStringSubmatch(id)
	if m == nil || m[1] != database {
		return 0, false
	}
	epoch, err := strconv.ParseUint(m[2], 10, 64)
	return epoch, err == nil
}

// crashError is an error of the hook: nothing is cleared up after it.
type crashError struct{ error }

// Unwrap gives the hook's own.
func (e crashError) Unwrap() error { return e.error }

// Crashed reports that a hook has ended the command.
func Crashed(err error) bool { return errors.As(err, new(crashError)) }

// SideBySide does something with each of a list, as many at a time as given. The first
// error ends the others.
func SideBySide[T any](ctx context.Context, most int, of []T, do func(ctx context.Context, i int, one T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(most, 1))
	for i, one := range of {
		g.Go(func() error { return do(ctx, i, one) })
	}
	return g.Wait()
}

// Wrap says what failed; nil where nothing did.
func Wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// InOrder does one after the other until one fails.
func InOrder(ctx context.Context, steps ...func(context.Context) error) error {
	for _, do := range steps {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Gone reports that a database or table is not there any more.
func Gone(err error) bool { return chconn.Classify(err) == chconn.UnknownTable }
