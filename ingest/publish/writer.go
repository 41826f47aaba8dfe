package publish

import (
	"context"
	"errors"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
)

// Writer is a command that holds the writer's lock of a database. Without a lock
// it only prepares, as helpers do.
type Writer struct {
	S      *session.Session
	Cfg    config.Config
	Ledger ledger.Ledger
	lock   *ledger.Lock
	P      *publisher
}

// NewWriter works under a session's epoch.
func NewWriter(s *session.Session, cfg config.Config, l *ledger.Lock) *Writer {
	return &Writer{S: s, Cfg: cfg, Ledger: cfg.Ledger(s), lock: l, P: newPublisher(s, cfg)}
}

// AsWriter does some work as the only writer of the database, after what dead
// writers left behind has been brought to an end. With Config.Wait help is called
// while another holds the lock, until it is free.
func AsWriter(ctx context.Context, cfg config.Config, help func(context.Context) error, do func(context.Context, *Writer) error) error {
	s := cfg.Session()
	if err := s.OneServer(); err != nil {
		return err
	}
	s, cfg, err := prepare(ctx, s, cfg)
	if err != nil {
		return err
	}
	cfg.Progress.Phase("taking the writer's lock")
	l, err := waitFor(ctx, s, cfg, help)
	if err != nil {
		return err
	}
	return l.Holding(ctx, cfg.Locking(), func(ctx context.Context) error {
		w := NewWriter(l.S, cfg, l)
		if err := w.Ledger.CatchUp(ctx); err != nil {
			return err
		}
		cfg.Progress.Phase("finishing what was left behind")
		if err := w.recover(ctx); err != nil {
			return err
		}
		return do(ctx, w)
	})
}

// prepare creates the ledger. Where replicas keep the downloads they keep it too.
func prepare(ctx context.Context, s *session.Session, cfg config.Config) (*session.Session, config.Config, error) {
	var err error
	if cfg.Shared, err = session.Replicated(ctx, s, cfg.Database, cfg.DownloadsTable, cfg.ProjectsTable); err != nil {
		return nil, cfg, err
	}
	if cfg.Shared {
		if cfg.Holder.Server, err = session.Server(ctx, s); err != nil {
			return nil, cfg, err
		}
	}
	if err := cfg.Ledger(s).Create(ctx); err != nil {
		return nil, cfg, err
	}
	quorum, err := cfg.Ledger(s).Quorum(ctx)
	return s.WithQuorum(quorum), cfg, err
}

// waitFor takes the lock.
func waitFor(ctx context.Context, s *session.Session, cfg config.Config, help func(context.Context) error) (*ledger.Lock, error) {
	for {
		l, err := ledger.Acquire(ctx, s, cfg.Holder, cfg.Locking())
		var held *ledger.HeldError
		if !cfg.Wait || !errors.As(err, &held) {
			return l, err
		}
		cfg.Log.Info("another ingest command is writing: helping it", "holder", held.Holder.String())
		cfg.Progress.Phase("helping another command")
		if err := help(ctx); err != nil {
			return nil, err
		}
	}
}

// AsWriterFunc does some work as the only writer.
type AsWriterFunc func(ctx context.Context, do func(context.Context, *Writer) error) error
