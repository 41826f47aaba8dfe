package gateway

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"clickql/internal/chconn"
	"clickql/internal/engine"
	"clickql/internal/fetch"
)

// mostConns is how many connections a source keeps to ClickHouse: one for each
// query that may be under way, and some for the catalog and the probes.
const mostConns = fetch.MostQuick + fetch.DefaultLong + 4

// Source is the ClickHouse that a gateway reads: a server, or the embedded
// engine, which it keeps alive. The zero MaxConns of its configuration is what
// a gateway may need.
type Source struct {
	follower
	config   chconn.Config
	database string

	open    func(context.Context) (*engine.Engine, error)
	engine  *engine.Engine // as it was opened; nil for a server of somebody else's
	running process        // what is to be stopped; nil for nothing
}

// OpenServer prepares reading a server, which need not be up. An error means
// that the configuration is wrong.
func OpenServer(ctx context.Context, cfg chconn.Config) (*Source, error) {
	s := newSource(cfg)
	if err := s.connect(ctx, cfg.DSN); err != nil {
		return nil, err
	}
	s.database = s.Current().Database()
	return s, nil
}

// OpenEngine opens an embedded engine and reads it through the account that can
// do nothing else, in place of the configuration's DSN. open is called again
// whenever the engine has died while Keep runs.
func OpenEngine(ctx context.Context, open func(context.Context) (*engine.Engine, error), cfg chconn.Config) (*Source, error) {
	s := newSource(cfg)
	s.open = open
	e, err := s.start(ctx)
	if err != nil {
		return nil, err
	}
	s.engine, s.running = e, e
	s.database = s.Current().Database()
	return s, nil
}

func newSource(cfg chconn.Config) *Source {
	cfg.MaxConns = cmp.Or(cfg.MaxConns, mostConns)
	return &Source{config: cfg}
}

// start opens the engine and leads the connections to it.
func (s *Source) start(ctx context.Context) (*engine.Engine, error) {
	e, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.connect(ctx, e.ReadOnlyDSN()); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// connect leads to another ClickHouse from now on.
func (s *Source) connect(ctx context.Context, dsn string) error {
	cfg := s.config
	cfg.DSN = dsn
	conn, err := chconn.Open(ctx, cfg)
	if err != nil {
		return err
	}
	return s.turn(conn)
}

// Database is the name of the database that holds the tables.
func (s *Source) Database() string { return s.database }

// Allowance is how many statements the account may send, as far as is known.
func (s *Source) Allowance() chconn.Allowance { return s.Current().Allowance() }

// Replicas are connections of one server each; none where ClickHouse is embedded.
func (s *Source) Replicas() []*chconn.Conn {
	if s.open != nil {
		return nil
	}
	return s.Current().Replicas()
}

// Avoid tells which hosts not to turn to.
func (s *Source) Avoid(silent, behind []string) { s.Current().Avoid(silent, behind) }

// Engine is the embedded engine as it was opened; nil for a server.
func (s *Source) Engine() *engine.Engine { return s.engine }

// Keep keeps an embedded engine alive until ctx ends.
func (s *Source) Keep(ctx context.Context) error {
	if s.running == nil {
		return nil
	}
	k := keeper{log: cmp.Or(s.config.Log, slog.New(slog.DiscardHandler)), start: func(ctx context.Context) (process, error) {
		e, err := s.start(ctx)
		if err != nil {
			return nil, err // not a nil engine that is a process
		}
		return e, nil
	}}
	s.running = k.keep(ctx, s.running)
	return nil
}

// Close ends the connections, for which a stopping engine would wait, then the
// engine. Keep must have returned.
func (s *Source) Close() error {
	err := s.follower.Close()
	if s.running != nil {
		err = errors.Join(err, s.running.Close())
	}
	return err
}
