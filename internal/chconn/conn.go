// Package chconn opens ClickHouse over its native protocol or HTTP, tells
// failures apart, and writes values as typed query parameters. Whatever else
// talks to the database does so through a Conn.
package chconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// DefaultDatabase is the database of ClickPy's tables, used where neither the
// DSN nor the configuration names another.
const DefaultDatabase = "pypi"

// Config says which ClickHouse to open and how.
type Config struct {
	// DSN names the server or servers: clickhouse://user:password@host:9000/pypi,
	// http://host:8123/pypi or https://host:8443/pypi, several hosts separated
	// by commas. Options follow as ?name=value: secure=true (TLS),
	// skip_verify=true, dial_timeout=5s, read_timeout=5m, compress=lz4,
	// connection_open_strategy=in_order or round_robin; any other name is a
	// ClickHouse setting.
	DSN string
	// Database replaces the DSN's database where it is not empty.
	Database string
	// Unselected leaves the database out of the handshake, so that a
	// connection can be made before the database exists. Names must then be
	// qualified.
	Unselected bool
	// MaxConns bounds the connections open at one time; 0 means 16.
	MaxConns int
	// Settings are sent with every query, unless the account may not change
	// settings (readonly=1): the limits of its own profile then hold.
	Settings map[string]any
	// Log receives what is run, at the debug level, and what the driver has to
	// say, at LevelTrace: failures are the caller's to report. Nil for none.
	Log *slog.Logger
}

// Defaults of a connection.
const (
	defaultMaxConns    = 16
	defaultDialTimeout = 10 * time.Second
	// The driver's ReadTimeout bounds a whole query, however much the server
	// sends meanwhile, and loading may take hours: contexts bound queries, and
	// TCP's keep-alive finds out that a host is gone.
	defaultReadTimeout = 7 * 24 * time.Hour
	// A connection is replaced after this time, so that a pool that failed
	// over or was balanced before a host came back spreads again.
	connLifetime = 10 * time.Minute
)

// Conn is a pool of connections to one ClickHouse, or to several hosts that
// hold the same data. It connects when it is first used and again after a
// server's restart. Every method hides the context's deadline from the driver,
// which would otherwise send it as the setting max_execution_time and be
// refused by an account that may not change settings; the deadline itself
// holds, and cancels the query on the server.
type Conn struct {
	opts     clickhouse.Options // without Settings
	settings clickhouse.Settings
	database string
	log      *slog.Logger // nil for none

	hosts   *hosts        // what is known of the DSN's hosts
	opening chan struct{} // holds one token; taken while inner is being made
	inner   atomic.Pointer[session]
	early   quota // spent before there was a session
	closed  atomic.Bool

	apart []*Conn // see Replicas
}

// Open prepares a connection. It does not talk to the server, which may be
// down: Ping does. An error means that the configuration is wrong.
func Open(ctx context.Context, cfg Config) (*Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	opts, err := parseDSN(cfg.DSN)
	if err != nil {
		return nil, err
	}
	c := &Conn{database: cmp.Or(cfg.Database, opts.Auth.Database, DefaultDatabase), opening: make(chan struct{}, 1), hosts: newHosts()}
	opts.Auth.Database = c.database
	if cfg.Unselected {
		opts.Auth.Database = ""
	}
	if cfg.MaxConns > 0 {
		opts.MaxOpenConns = cfg.MaxConns
	}
	if opts.MaxOpenConns <= 0 {
		opts.MaxOpenConns = defaultMaxConns
	}
	// Idle connections are kept up to the bound: closing them between bursts
	// costs a handshake for each of the next burst's queries.
	opts.MaxIdleConns = opts.MaxOpenConns
	opts.ConnMaxLifetime = connLifetime
	if cfg.Log != nil {
		c.log, opts.Logger = cfg.Log, slog.New(traced{cfg.Log.Handler()})
	}
	c.settings = opts.Settings
	maps.Copy(c.settings, cfg.Settings)
	opts.Settings = nil
	opts.DialStrategy = (&dialer{timeout: opts.DialTimeout, hosts: c.hosts}).dial
	c.opts = *opts
	c.apart = c.perHost()
	return c, nil
}

// session is the driver's pool and what the account's settings do to answers.
type session struct {
	driver.Conn
	account *account
	quota   *quota
}

// Database is the name of the database that holds the tables, unquoted.
func (c *Conn) Database() string { return c.database }

// session is the driver's pool. The first call asks the server what the
// account's settings are; others wait for it. A profile that is changed later is
// seen by the next process.
func (c *Conn) session(ctx context.Context) (*session, error) {
	if s := c.inner.Load(); s != nil {
		return s, nil
	}
	select {
	case c.opening <- struct{}{}:
		defer func() { <-c.opening }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s := c.inner.Load(); s != nil {
		return s, nil
	}
	if c.closed.Load() {
		return nil, fmt.Errorf("open ClickHouse at %s: %w", c.Addr(), clickhouse.ErrConnectionClosed)
	}
	opts := c.opts
	if err := c.early.exhausted("", time.Now()); err != nil {
		return nil, err
	}
	account, quota, err := askAccount(ctx, opts)
	if err != nil {
		return nil, c.early.noted("", err, time.Now())
	}
	opts.Settings = account.send
	if !account.readonly {
		opts.Settings = maps.Clone(c.settings)
		maps.Copy(opts.Settings, account.send)
	}
	p, err := clickhouse.Open(&opts)
	if err != nil {
		return nil, fmt.Errorf("open ClickHouse at %s: %w", c.Addr(), err)
	}
	s := &session{p, account, quota}
	c.inner.Store(s)
	return s, nil
}

// askAccount asks over a connection of its own, which sends no settings.
func askAccount(ctx context.Context, opts clickhouse.Options) (a *account, q *quota, err error) {
	opts.MaxOpenConns, opts.MaxIdleConns = 1, 1
	probe, err := clickhouse.Open(&opts)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, probe.Close()) }()
	if a, err = readAccount(ctx, probe, opts.Protocol == clickhouse.Native); err != nil {
		return nil, nil, err
	}
	q, err = readQuota(ctx, probe)
	return a, q, err
}
