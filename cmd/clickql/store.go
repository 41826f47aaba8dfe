package main

import (
	"context"
	"errors"
	"log/slog"

	"clickql/internal/chconn"
	"clickql/internal/engine"
	"clickql/internal/fetch"
)

// serveConns is how many connections the gateway keeps to ClickHouse: one for
// each query that may be under way, and some for the catalog and the probes.
const serveConns = fetch.MostQuick + fetch.DefaultLong + 4

// store is the ClickHouse that the gateway reads: a server, or the embedded
// engine, which it keeps alive.
type store struct {
	conn     *follower
	database string
	open     func(context.Context) (*engine.Engine, error)
	engine   *engine.Engine // as it was opened; nil for a server of somebody else's
	running  process        // what is to be stopped; nil for nothing
}

// openStore opens the server that the flags name, which need not be up, or the
// embedded engine, which then is.
func (a *app) openStore(ctx context.Context) (*store, error) {
	st := &store{conn: new(follower)}
	if a.clickhouse != "" {
		conn, err := a.dial(ctx, a.clickhouse)
		if err != nil {
			return nil, usagef("--clickhouse: %w", err)
		}
		st.database = conn.Database()
		return st, st.conn.turn(conn)
	}
	st.open = func(ctx context.Context) (*engine.Engine, error) {
		e, err := a.openEngine(ctx)
		if err != nil {
			return nil, err
		}
		conn, err := a.dial(ctx, e.ReadOnlyDSN())
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		return e, st.conn.turn(conn)
	}
	e, err := st.open(ctx)
	if err != nil {
		return nil, err
	}
	st.engine, st.running = e, e
	st.database = st.conn.now().Database()
	return st, nil
}

// dial prepares a connection for serving.
func (a *app) dial(ctx context.Context, dsn string) (*chconn.Conn, error) {
	return a.open(ctx, dsn, []func(*chconn.Config){func(cfg *chconn.Config) { cfg.MaxConns = serveConns }})
}

// keep keeps an embedded engine alive until ctx ends.
func (st *store) keep(ctx context.Context, log *slog.Logger) {
	if st.running == nil {
		return
	}
	k := keeper{log: log, start: func(ctx context.Context) (process, error) {
		e, err := st.open(ctx)
		if err != nil {
			return nil, err // not a nil engine that is a process
		}
		return e, nil
	}}
	st.running = k.keep(ctx, st.running)
}

// Close ends the connections, for which a stopping engine would wait, then the
// engine.
func (st *store) Close() error {
	err := st.conn.Close()
	if st.running != nil {
		err = errors.Join(err, st.running.Close())
	}
	return err
}
