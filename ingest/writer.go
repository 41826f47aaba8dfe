package ingest

import (
	"context"
	"errors"
)

// writer is a command that holds the writer's lock of a database. Without a lock
// it only prepares, as helpers do.
type writer struct {
	s      *session
	cfg    Config
	ledger ledger
	lock   *lock
	p      *publisher
}

// newWriter works under a session's epoch.
func newWriter(s *session, cfg Config, l *lock) *writer {
	return &writer{s: s, cfg: cfg, ledger: cfg.ledger(s), lock: l, p: newPublisher(s, cfg)}
}

// asWriter does some work as the only writer of the database, after what dead
// writers left behind has been brought to an end. With Config.Wait help is called
// while another holds the lock, until it is free.
func asWriter(ctx context.Context, cfg Config, help func(context.Context) error, do func(context.Context, *writer) error) error {
	s := cfg.session()
	if err := s.oneServer(); err != nil {
		return err
	}
	if err := cfg.ledger(s).create(ctx); err != nil {
		return err
	}
	cfg.Progress.phase("taking the writer's lock")
	l, err := waitFor(ctx, s, cfg, help)
	if err != nil {
		return err
	}
	return l.holding(ctx, cfg.locking(), func(ctx context.Context) error {
		w := newWriter(l.s, cfg, l)
		cfg.Progress.phase("finishing what was left behind")
		if err := w.recover(ctx); err != nil {
			return err
		}
		return do(ctx, w)
	})
}

// waitFor takes the lock.
func waitFor(ctx context.Context, s *session, cfg Config, help func(context.Context) error) (*lock, error) {
	for {
		l, err := acquire(ctx, s, cfg.Holder, cfg.locking())
		var held *HeldError
		if !cfg.Wait || !errors.As(err, &held) {
			return l, err
		}
		cfg.Log.Info("another ingest command is writing: helping it", "holder", held.Holder.String())
		cfg.Progress.phase("helping another command")
		if err := help(ctx); err != nil {
			return nil, err
		}
	}
}

// asWriterFunc does some work as the only writer.
type asWriterFunc func(ctx context.Context, do func(context.Context, *writer) error) error
