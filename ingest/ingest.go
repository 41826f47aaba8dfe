package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"clickql/internal/chconn"
)

// Config says what to load into and within which bounds. The zero value of
// everything but Conn means the default.
type Config struct {
	// Conn is the server that holds the tables, with an account that may create
	// databases and tables. It must name one server: a batch is private to it. Its
	// bound on connections should be above Workers times Parallel: a statement that
	// waits longer for one than the driver dials ends the load.
	Conn *chconn.Conn
	// Database that holds the tables; that of Conn by default.
	Database string
	// DownloadsTable and ProjectsTable are pypi and projects by default.
	DownloadsTable, ProjectsTable string
	// Sources beside the server's own disk.
	Sources []Source

	// BatchRows, BatchBytes and BatchFiles bound what becomes public together.
	BatchRows  uint64
	BatchBytes int64
	BatchFiles int
	// Workers prepare that many batches side by side in this process; 1 by
	// default. Helpers, see Help, may prepare others: Ahead batches are planned
	// before their turn, where helpers find them.
	Workers, Ahead int
	// Parallel is the number of aggregates computed at the same time, each by
	// one thread; Threads the server's threads for reading files. Both are the
	// server's max_threads by default.
	Parallel, Threads int
	// MaxMemory bounds what the statements that prepare batches take together in
	// the server, in bytes.
	MaxMemory uint64

	// Tries is how often a file that fails is tried at one generation before it
	// is set aside; DefaultTries by default. RetryAfter is the time before the
	// second try, which doubles with each; zero tries again at once. RetryAll tries
	// everything now. The tries are counted in the ledger.
	Tries      int
	RetryAfter time.Duration
	RetryAll   bool
	// LookBack, where positive, narrows listings to what can be new: see RangeLister.
	LookBack time.Duration
	// Wait makes a run wait for another writer to end, and help it meanwhile,
	// instead of refusing.
	Wait bool
	// Beat is the time between signs of life, Lease how long a writer on
	// another machine must give none before it is taken over.
	Beat, Lease time.Duration
	// Holder describes this process; Self by default.
	Holder Holder

	// Repeat follows each command that a report proposes, RepeatSource each with a
	// SOURCE: flags, with a space before each, that lead to the same database and
	// the same buckets.
	Repeat, RepeatSource string

	Progress *Progress
	Log      *slog.Logger
	Now      func() time.Time
	// At is called at each step of the protocol; an error ends the run there,
	// as a crash would, without clearing up.
	At func(Step) error
}

// Defaults. A batch of four million rows takes below 2 GB in the server.
const (
	DefaultBatchRows  = 4 << 20
	DefaultBatchBytes = 8 << 30
	DefaultBatchFiles = 2000
	DefaultMaxMemory  = 4 << 30
	DefaultTries      = 6
	defaultAhead      = 8
	defaultBeat       = 2 * time.Second
	defaultLease      = 15 * time.Second
)

// withDefaults fills what is not given.
func (c Config) withDefaults() Config {
	c.Database = or(c.Database, c.Conn.Database())
	c.DownloadsTable = or(c.DownloadsTable, "pypi")
	c.ProjectsTable = or(c.ProjectsTable, "projects")
	c.BatchRows = or(c.BatchRows, DefaultBatchRows)
	c.BatchBytes = or(c.BatchBytes, DefaultBatchBytes)
	c.BatchFiles = or(c.BatchFiles, DefaultBatchFiles)
	c.MaxMemory = or(c.MaxMemory, DefaultMaxMemory)
	c.Tries = or(c.Tries, DefaultTries)
	c.Workers = max(c.Workers, 1)
	c.Ahead = or(c.Ahead, defaultAhead)
	c.Beat = or(c.Beat, defaultBeat)
	c.Lease = or(c.Lease, defaultLease)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Holder == (Holder{}) {
		c.Holder = Self("ingest", c.Now())
	}
	return c
}

// or is the first value unless it is zero.
func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// crashError is an error of Config.At: the run ends without clearing up.
type crashError struct{ err error }

func (e crashError) Error() string { return e.err.Error() }
func (e crashError) Unwrap() error { return e.err }

// at passes a step.
func (c Config) at(step Step) error {
	if c.At == nil {
		return nil
	}
	if err := c.At(step); err != nil {
		return crashError{fmt.Errorf("at step %s: %w", step, err)}
	}
	return nil
}

// owner names this process in the ledger.
func (c Config) owner() string { return fmt.Sprintf("%s/%d", c.Holder.Host, c.Holder.PID) }

// record writes a line of a batch's life.
func (c Config) record(ctx context.Context, s *session, b batchLine, state State, reason string) error {
	b.State, b.Reason, b.Epoch, b.Owner, b.At = uint8(state), reason, s.epoch, c.owner(), c.Now().UTC()
	return insert(ctx, s, ledgerBatches, []batchLine{b})
}

// sourceOf finds the source that reads a name.
func (c Config) sourceOf(s *session) func(string) Source {
	own := local{s}
	return func(n string) Source {
		for _, src := range c.Sources {
			if src.Owns(n) {
				return src
			}
		}
		if own.Owns(n) {
			return own
		}
		return nil
	}
}

// known refuses names that no source reads.
func (c Config) known(s *session, sources []string) error {
	for _, name := range sources {
		if c.sourceOf(s)(name) == nil {
			return fmt.Errorf("read %s: %w", name, ErrNoSource)
		}
	}
	return nil
}

// Ingest loads files into one database.
type Ingest struct{ cfg Config }

// New prepares to load; nothing happens before Run.
func New(cfg Config) *Ingest { return &Ingest{cfg.withDefaults()} }

// Run loads what the sources name and the ledger does not hold yet, each file
// once. It first brings what dead writers left behind to an end. The summary is
// valid also beside an error. Files that cannot be loaded are no error: they
// are in the summary.
func (in *Ingest) Run(ctx context.Context, kind Kind, sources ...string) (sum Summary, err error) {
	if err := in.cfg.known(newSession(in.cfg.Conn, in.cfg.Database, 0), sources); err != nil {
		return sum, err
	}
	err = in.asWriter(ctx, func(ctx context.Context, r *run) error {
		r.kind, r.sum = kind, &sum
		return r.all(ctx, sources)
	})
	return sum, err
}

// acquire takes the lock. With Config.Wait it helps whoever holds it until it is
// free.
func (in *Ingest) acquire(ctx context.Context, s *session, locking lockConfig) (*lock, error) {
	for {
		l, err := acquire(ctx, s, in.cfg.Holder, locking)
		var held *HeldError
		if !in.cfg.Wait || !errors.As(err, &held) {
			return l, err
		}
		in.cfg.Log.Info("another ingest command is writing: helping it", "holder", held.Holder.String())
		in.cfg.Progress.phase("helping another command")
		if _, err := in.Help(ctx); err != nil {
			return nil, err
		}
	}
}
