package main

import (
	"context"
	"errors"
	"fmt"

	"clickql/internal/chconn"
	"clickql/internal/ddl"
	"clickql/internal/engine"
)

// role is the account that a command works with.
type role int

const (
	admin    role = iota // may create and change tables
	readOnly             // may read
)

// connect opens the ClickHouse that the flags name. With --clickhouse both
// roles are the DSN's account, and the server need not be up yet; the embedded
// engine has an account for each, and runs when connect returns. The functions
// change the configuration before it is used. The caller calls release when it
// is done; the last command to do so stops the engine.
func (a *app) connect(ctx context.Context, as role, configure ...func(*chconn.Config)) (conn *chconn.Conn, release func() error, err error) {
	if a.clickhouse != "" {
		if conn, err = a.open(ctx, a.clickhouse, configure); err != nil {
			return nil, nil, usagef("--clickhouse: %w", err)
		}
		return conn, conn.Close, nil
	}
	e, err := a.openEngine(ctx)
	if err != nil {
		return nil, nil, err
	}
	dsn := e.DSN()
	if as == readOnly {
		dsn = e.ReadOnlyDSN()
	}
	if conn, err = a.open(ctx, dsn, configure); err != nil {
		return nil, nil, errors.Join(err, e.Close())
	}
	return conn, func() error { return errors.Join(conn.Close(), e.Close()) }, nil
}

// connectExisting is connect for commands that only look: where no embedded
// engine has kept data, there is nothing to look at, and none is made.
func (a *app) connectExisting(ctx context.Context, as role, configure ...func(*chconn.Config)) (*chconn.Conn, func() error, error) {
	if a.clickhouse == "" {
		if held, err := engine.Holds(a.data); err != nil || !held {
			return nil, nil, errors.Join(err, fmt.Errorf(
				"%s holds no database: name the directory of the embedded ClickHouse with --data, a server with --clickhouse, or create one with clickql schema apply", a.data))
		}
	}
	return a.connect(ctx, as, configure...)
}

// open prepares a connection to a DSN.
func (a *app) open(ctx context.Context, dsn string, configure []func(*chconn.Config)) (*chconn.Conn, error) {
	cfg := chconn.Config{DSN: dsn, Database: a.database, Log: a.log}
	for _, f := range configure {
		f(&cfg)
	}
	return chconn.Open(ctx, cfg)
}

// unselected leaves the database out of the handshake: it may not exist yet.
func unselected(cfg *chconn.Config) { cfg.Unselected = true }

// loadConns bounds the connections of a load. They are opened as they are needed:
// each batch runs a statement for each of its aggregates at a time, and neither
// these nor the signs of life may have to wait for one, which the driver does for
// as long as it dials and no longer.
const loadConns = 1024

// loading lets a load run all its statements side by side.
func loading(cfg *chconn.Config) { cfg.MaxConns = loadConns }

// openEngine joins or starts the embedded engine under --data, and sees to it
// that it has the database of --database, as it has its own: this build of
// ClickHouse does not survive a login to a database that is not there.
func (a *app) openEngine(ctx context.Context) (*engine.Engine, error) {
	e, err := engine.Open(ctx, engine.Config{Dir: a.data, Log: a.log})
	if err != nil {
		return nil, err
	}
	if a.database == "" || a.database == e.Info().Database {
		return e, nil
	}
	if err := a.createDatabase(ctx, e); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// createDatabase makes the database of --database where it is missing.
func (a *app) createDatabase(ctx context.Context, e *engine.Engine) (err error) {
	conn, err := a.open(ctx, e.DSN(), []func(*chconn.Config){unselected})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := ddl.CreateDatabase(ctx, conn, ddl.Options{Database: a.database}); err != nil {
		return fmt.Errorf("prepare the embedded ClickHouse: %w", err)
	}
	return nil
}
