package ingest

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
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// statement is one query with its typed parameters and its own settings.
type statement struct {
	SQL      string
	Params   map[string]any
	Settings map[string]any
	// Rows receives the rows read by the server since the last call.
	Rows func(uint64)
	// Pulse marks a sign of life, which comes by the clock: no hook sees it.
	Pulse bool
}

// session runs the statements of one command under query ids that carry its
// epoch, so that whoever takes over can tell which of them are still running.
type session struct {
	conn     *chconn.Conn
	database string
	epoch    uint64 // 0: a command that holds no lock
	plain    bool   // sets nothing, for accounts that may only read
	nonce    string // tells commands of one epoch apart: readers all have none
	seq      *atomic.Uint64
	memory   *memoryMeter
	before   func(sql string) error
}

// newSession runs statements for a database and holds no lock. before, where
// given, is called before each statement but signs of life: an error of it ends
// the command there as a crash would.
func newSession(conn *chconn.Conn, database string, before func(sql string) error) *session {
	return (&session{conn: conn, before: before}).of(database, 0)
}

// of is a session over the same connection for a database, under an epoch.
func (s *session) of(database string, epoch uint64) *session {
	return &session{conn: s.conn, database: database, epoch: epoch, plain: s.plain, nonce: rand.Text(), seq: new(atomic.Uint64),
		memory: newMemoryMeter(), before: s.before}
}

// reading is the same session, which sets nothing.
func (s *session) reading() *session {
	r := s.of(s.database, s.epoch)
	r.plain = true
	return r
}

// peakMemory is the most that the session's statements took at once in the
// server; 0 where it does not tell.
func (s *session) peakMemory() uint64 { return s.memory.peak() }

// oneServer refuses several hosts: a lock, a claim and what is prepared under them
// are on one server, and say nothing of another that the driver may turn to.
func (s *session) oneServer() error {
	if hosts := s.conn.Addr(); strings.Contains(hosts, ",") {
		return fmt.Errorf("write to ClickHouse at %s: give the DSN of one server, the one that is to hold the rows", hosts)
	}
	return nil
}

// queryIDPattern reads back what queries writes.
var queryIDPattern = regexp.MustCompile(`^clickql-ingest-(.+)-([0-9]{8})-[A-Z0-9]+-[0-9]+$`)

// queryIDPrefix begins the id of every statement that ingest runs for a database.
func queryIDPrefix(database string) string { return "clickql-ingest-" + database + "-" }

// queries begins the query ids of this session and of no other.
func (s *session) queries() string {
	return fmt.Sprintf("%s%08d-%s-", queryIDPrefix(s.database), s.epoch, s.nonce)
}

// nextID is a query id that names the database and the epoch of its owner.
func (s *session) nextID() string { return s.queries() + strconv.FormatUint(s.seq.Add(1), 10) }

// epochOfQuery is the epoch in a query id of ingest for the database.
func epochOfQuery(database, id string) (epoch uint64, ok bool) {
	m := queryIDPattern.FindStringSubmatch(id)
	if m == nil || m[1] != database {
		return 0, false
	}
	epoch, err := strconv.ParseUint(m[2], 10, 64)
	return epoch, err == nil
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

// crashError is an error of the hook: nothing is cleared up after it.
type crashError struct{ error }

// Unwrap gives the hook's own.
func (e crashError) Unwrap() error { return e.error }

// crashed reports that a hook has ended the command.
func crashed(err error) bool { return errors.As(err, new(crashError)) }

// begin prepares the driver's options of one statement; end is called when it has
// ended.
func (s *session) begin(ctx context.Context, st statement) (_ context.Context, end func(), err error) {
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

// exec runs a statement that gives no rows.
func (s *session) exec(ctx context.Context, st statement) error {
	ctx, end, err := s.begin(ctx, st)
	if err != nil {
		return err
	}
	defer end()
	return s.conn.Exec(ctx, st.SQL)
}

// run runs statements without parameters one after another.
func (s *session) run(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if err := s.exec(ctx, statement{SQL: sql}); err != nil {
			return err
		}
	}
	return nil
}

// each calls scan for every row of a query.
func (s *session) each(ctx context.Context, st statement, scan func(driver.Rows) error) error {
	ctx, end, err := s.begin(ctx, st)
	if err != nil {
		return err
	}
	defer end()
	rows, err := s.conn.Query(ctx, st.SQL)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			_ = rows.Close() // the scan's error is the cause
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	return rows.Err()
}

// row scans the only row of a query.
func (s *session) row(ctx context.Context, st statement, dest ...any) error {
	ctx, end, err := s.begin(ctx, st)
	if err != nil {
		return err
	}
	defer end()
	return s.conn.QueryRow(ctx, st.SQL).Scan(dest...)
}

// count reads the number of rows of a table, or of what else stands after FROM.
func (s *session) count(ctx context.Context, from string) (n uint64, err error) {
	return n, s.row(ctx, statement{SQL: "SELECT count() FROM " + from}, &n)
}

// texts reads a query's only column, of texts.
func (s *session) texts(ctx context.Context, st statement) ([]string, error) {
	return scanAll(ctx, s, st, func(text *string) []any { return []any{text} })
}

// scanAll reads a query's rows; into says where the columns of one go.
func scanAll[T any](ctx context.Context, s *session, st statement, into func(*T) []any) (all []T, err error) {
	err = s.each(ctx, st, func(rows driver.Rows) error {
		var one T
		err := rows.Scan(into(&one)...)
		all = append(all, one)
		return err
	})
	return all, err
}

// structs reads a query's rows by the names of their columns.
func structs[T any](ctx context.Context, s *session, st statement) (all []T, err error) {
	err = s.each(ctx, st, func(rows driver.Rows) error {
		var one T
		err := rows.ScanStruct(&one)
		all = append(all, one)
		return err
	})
	return all, err
}

// insert writes lines in one block, so all of them or none. The note is what a
// hook sees of them.
func insert[T any](ctx context.Context, s *session, table, note string, lines []T) error {
	if len(lines) == 0 {
		return nil
	}
	into := "INSERT INTO " + name(s.database, table)
	ctx, end, err := s.begin(ctx, statement{SQL: into + " /* " + note + " */"})
	if err != nil {
		return err
	}
	defer end()
	block, err := s.conn.PrepareBatch(ctx, into)
	if err != nil {
		return err
	}
	for i := range lines {
		if err := block.AppendStruct(&lines[i]); err != nil {
			_ = block.Abort() // the line's error is the cause
			return err
		}
	}
	return block.Send()
}

// failing says what failed; nil where nothing did.
func failing(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// gone reports that a database or table is not there any more.
func gone(err error) bool { return chconn.Classify(err) == chconn.UnknownTable }

// name qualifies and quotes a table of a database.
func name(database, table string) string { return chconn.Ident(database) + "." + chconn.Ident(table) }
