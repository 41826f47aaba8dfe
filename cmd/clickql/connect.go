package main

import (
	"context"
	"errors"

	"clickql/internal/chconn"
)

// role is the account that a command works with.
type role int

const (
	admin    role = iota // may create and change tables
	readOnly             // may read
)

// connect opens the ClickHouse that the flags name. With --clickhouse both
// roles are the DSN's account; the embedded engine has one for each. The
// functions change the configuration before it is used. The caller calls
// release when it is done; the last command to do so stops the engine.
func (a *app) connect(ctx context.Context, as role, configure ...func(*chconn.Config)) (conn *chconn.Conn, release func() error, err error) {
	cfg := chconn.Config{DSN: a.clickhouse, Database: a.database, Log: a.log}
	for _, f := range configure {
		f(&cfg)
	}
	if a.clickhouse == "" {
		return nil, nil, errors.New("no ClickHouse to use: give --clickhouse")
	}
	if conn, err = chconn.Open(ctx, cfg); err != nil {
		return nil, nil, usagef("--clickhouse: %w", err)
	}
	return conn, conn.Close, nil
}

// unselected leaves the database out of the handshake: it may not exist yet.
func unselected(cfg *chconn.Config) { cfg.Unselected = true }
