package session

import (
	"context"
	"fmt"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// Replicated reports that replicas keep one of some tables, which are on this server.
func Replicated(ctx context.Context, s *Session, database string, tables ...string) (bool, error) {
	found, err := s.Texts(ctx, SQL("SELECT name FROM system.tables WHERE database = {database:String} AND name IN {tables:Array(String)} AND startsWith(engine, 'Replicated')",
		"database", database, "tables", tables))
	return len(found) > 0, Wrap(err, "look for %s of database %s", strings.Join(tables, ", "), database)
}

// Fronts are the Distributed tables of this server that lead to a table: its database is
// that of one shard then.
func Fronts(ctx context.Context, s *Session, database, table string) (fronts []string, err error) {
	type line struct {
		name   string
		engine chschema.Engine
	}
	lines, err := Scan(ctx, s, SQL("SELECT concat(database, '.', name), engine, engine_full FROM system.tables WHERE engine = 'Distributed'"),
		func(l *line) []any { return []any{&l.name, &l.engine.Name, &l.engine.Full} })
	for _, l := range lines {
		if _, at, ok := l.engine.Distributed(); ok && at.Table == table && (at.Database == database || at.Database == "") {
			fronts = append(fronts, l.name)
		}
	}
	return fronts, Wrap(err, "look for Distributed tables that lead to %s.%s", database, table)
}

// catchUpSeconds is how long this server may take to get what other replicas have.
const catchUpSeconds = 60

// codeTimeoutExceeded is ClickHouse's TIMEOUT_EXCEEDED.
const codeTimeoutExceeded = 159

// CatchUp waits until this server has all rows of a replicated table that were
// acknowledged by any replica before. It fails where that cannot be known, since
// Keeper or the only replica with some of them is away.
func CatchUp(ctx context.Context, s *Session, database, table string) error {
	err := s.Exec(ctx, Statement{SQL: "SYSTEM SYNC REPLICA " + Name(database, table) + " LIGHTWEIGHT", Settings: map[string]any{"receive_timeout": catchUpSeconds}})
	if code, _ := chconn.Code(err); code == codeTimeoutExceeded {
		err = fmt.Errorf("%w; it lags behind other replicas: system.replication_queue says why, and SYSTEM RESTART REPLICA %s has it try at once what has failed often, which it puts aside for up to five minutes",
			err, Name(database, table))
	}
	return Wrap(err, "wait until this server has all of %s", Name(database, table))
}

// Server names the server that the session's statements come to.
func Server(ctx context.Context, s *Session) (name string, err error) {
	err = s.Row(ctx, SQL("SELECT "+chschema.Identity), &name)
	return name, Wrap(err, "ask the server for its name")
}

// quorumTimeout is how long other replicas may take to get what is written, in
// milliseconds.
const quorumTimeout = 30_000

// WithQuorum is a session whose lines are on so many replicas when they are
// acknowledged; 0 and 1 for one.
func (s *Session) WithQuorum(replicas uint64) *Session {
	q := s.Of(s.Database, s.Epoch)
	q.quorum = replicas
	return q
}

// Once is a statement that inserts a block which Keeper takes once, under a token,
// from whichever session.
func (s *Session) Once(st Statement, token string) Statement {
	st.Settings = map[string]any{"insert_deduplicate": 1, "insert_deduplication_token": token}
	s.quorate(st.Settings)
	return st
}

// quorate adds the settings of the session's quorum.
func (s *Session) quorate(settings map[string]any) {
	if s.quorum > 1 {
		settings["insert_quorum"], settings["insert_quorum_timeout"], settings["insert_quorum_parallel"] = fmt.Sprint(s.quorum), quorumTimeout, 1
	}
}

// literalPath is a path in Keeper for a table, as an argument of its engine.
func literalPath(parts ...string) string { return chconn.Literal(strings.Join(parts, "/")) }

// KeptAt is the arguments of a Replicated engine for a table of ingest's own, which
// every server of a shard finds at one place in Keeper, whichever creates it first.
// The server knows its shard and its replica's name by its macros.
func KeptAt(database, table string) string {
	return literalPath("/clickhouse/clickql", "{shard}", database, table) + ", '{replica}'"
}
