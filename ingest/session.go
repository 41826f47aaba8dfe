package ingest

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

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
}

// session runs the statements of one command under query ids that carry its
// epoch, so that whoever takes over can tell which of them are still running.
type session struct {
	conn     *chconn.Conn
	database string
	epoch    uint64
	nonce    string // tells commands of one epoch apart: readers all have none
	seq      *atomic.Uint64
	plain    bool // sets nothing, for accounts that may only read
	memory   *memoryMeter
}

// newSession runs statements for a database; epoch 0 is a command that holds
// no lock.
func newSession(conn *chconn.Conn, database string, epoch uint64) *session {
	return &session{conn: conn, database: database, epoch: epoch, nonce: rand.Text(), seq: new(atomic.Uint64), memory: newMemoryMeter()}
}

// queryIDPattern reads back what nextID writes.
var queryIDPattern = regexp.MustCompile(`^clickql-ingest-(.+)-([0-9]{8})-[A-Z0-9]+-[0-9]+$`)

// queryIDPrefix begins the id of every statement that ingest runs for a database.
func queryIDPrefix(database string) string { return "clickql-ingest-" + database + "-" }

// nextID is a query id that names the database and the epoch of its owner.
func (s *session) nextID() string {
	return fmt.Sprintf("%s%d", s.queries(), s.seq.Add(1))
}

// queries begins the query ids of this session and of no other.
func (s *session) queries() string {
	return fmt.Sprintf("%s%08d-%s-", queryIDPrefix(s.database), s.epoch, s.nonce)
}

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

// begin prepares the driver's options of one statement; end is called when it has
// ended.
func (s *session) begin(ctx context.Context, st statement) (_ context.Context, end func(), err error) {
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

// run is exec for a statement without parameters.
func (s *session) run(ctx context.Context, sql string) error { return s.exec(ctx, statement{SQL: sql}) }

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

// texts reads a query's only column, of texts.
func (s *session) texts(ctx context.Context, st statement) (all []string, err error) {
	err = s.each(ctx, st, func(rows driver.Rows) error {
		var text string
		err := rows.Scan(&text)
		all = append(all, text)
		return err
	})
	return all, err
}

// byDay reads numbers by day: a query's two columns.
func (s *session) byDay(ctx context.Context, st statement) (map[day]int64, error) {
	days := map[day]int64{}
	return days, s.each(ctx, st, func(rows driver.Rows) error {
		var t time.Time
		var n int64
		err := rows.Scan(&t, &n)
		days[dayOf(t)] = n
		return err
	})
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

// name qualifies and quotes a table of a database.
func name(database, table string) string { return chconn.Ident(database) + "." + chconn.Ident(table) }
