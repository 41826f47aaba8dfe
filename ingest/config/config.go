package config

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
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
	Sources []export.Source

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
	Holder ledger.Holder
	// Shared is found out by whoever writes: replicas keep the downloads, and so
	// the ledger.
	Shared bool

	// Shard names the shard that Database is of in messages; empty where there are
	// none.
	Shard string

	// Others are the configurations of the other shards, for a command that is about
	// one: what their ledgers hold as loaded is left out of what it lists.
	Others []Config

	// Repeat follows each command that a report proposes, RepeatSource each with a
	// SOURCE: flags, with a space before each, that lead to the same database and
	// the same buckets.
	Repeat, RepeatSource string
	// RepeatShard follows each that is about one shard.
	RepeatShard string
	// Named are the SOURCEs as they were given, for such commands, where that is
	// shorter than what they stand for.
	Named []string

	Progress *Progress
	Log      *slog.Logger
	Now      func() time.Time
	// Before, where given, is called before each statement but signs of life, maybe
	// by several goroutines; an error ends the command there as a crash would,
	// without clearing up.
	Before func(sql string) error
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

// WithDefaults fills what is not given.
func (c Config) WithDefaults() Config {
	c.Database = cmp.Or(c.Database, c.Conn.Database())
	c.DownloadsTable = cmp.Or(c.DownloadsTable, "pypi")
	c.ProjectsTable = cmp.Or(c.ProjectsTable, "projects")
	c.BatchRows = cmp.Or(c.BatchRows, DefaultBatchRows)
	c.BatchBytes = cmp.Or(c.BatchBytes, DefaultBatchBytes)
	c.BatchFiles = cmp.Or(c.BatchFiles, DefaultBatchFiles)
	c.MaxMemory = cmp.Or(c.MaxMemory, DefaultMaxMemory)
	c.Tries = cmp.Or(c.Tries, DefaultTries)
	c.Workers = max(c.Workers, 1)
	c.Ahead = cmp.Or(c.Ahead, defaultAhead)
	c.Beat = cmp.Or(c.Beat, defaultBeat)
	c.Lease = cmp.Or(c.Lease, defaultLease)
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Holder == (ledger.Holder{}) {
		c.Holder = ledger.Self("ingest", c.Now())
	}
	return c
}

// OfShard says of which shard an error is, where there are several.
func (c Config) OfShard(err error) error {
	if c.Shard == "" {
		return err
	}
	return session.Wrap(err, "%s", c.Shard)
}

// Session runs statements for the database, under no lock.
func (c Config) Session() *session.Session { return session.New(c.Conn, c.Database, c.Before) }

// Ledger is the ledger of a session's database, which this process writes.
func (c Config) Ledger(s *session.Session) ledger.Ledger {
	return ledger.Ledger{S: s, Owner: c.Holder.Owner(), Now: c.Now, Shared: c.Shared}
}

// Locking says how this process judges lapses.
func (c Config) Locking() ledger.Locking {
	return ledger.Locking{Beat: c.Beat, Lease: c.Lease, Log: c.Log}
}

// AllSources are all that there are: those of the configuration, and the server's own
// disk.
func (c Config) AllSources(s *session.Session) export.Sources {
	return append(slices.Clone(c.Sources), export.Local{S: s})
}

// Table is the one that files of a kind are loaded into.
func (c Config) Table(kind ledger.Kind) string {
	switch kind {
	case ledger.Projects:
		return c.ProjectsTable
	case ledger.GitHub:
		return ddl.GitHubTable
	}
	return c.DownloadsTable
}

// WithThreads takes the server's own number of threads where none is given.
func (c Config) WithThreads(ctx context.Context, s *session.Session) (Config, error) {
	var cores uint64
	if err := s.Row(ctx, session.SQL("SELECT toUInt64(getSetting('max_threads'))"), &cores); err != nil {
		return c, fmt.Errorf("ask the server for its threads: %w", err)
	}
	c.Threads, c.Parallel = cmp.Or(c.Threads, int(cores)), cmp.Or(c.Parallel, int(cores))
	return c, nil
}

// leastMemory is what a statement may take at least, in bytes.
const leastMemory = 1 << 20

// Filling bounds the memory of a statement that fills a private table, of which a
// batch runs several side by side, and makes each partition one block, and so one
// part, where the batch fits. Groups are unique as they come from GROUP BY, so they
// need no folding on insertion, which costs more than the rest.
func (c Config) Filling(sideBySide int, more map[string]any) map[string]any {
	memory := max(c.MaxMemory/uint64(c.Workers*sideBySide), leastMemory) // the server takes 0 for no bound
	s := map[string]any{
		"max_threads":                        c.Threads,
		"max_insert_threads":                 1,
		"max_memory_usage":                   memory,
		"max_bytes_before_external_group_by": memory / 2,
		"min_insert_block_size_rows":         16 << 20,
		"min_insert_block_size_bytes":        memory / 4,
		"optimize_on_insert":                 0,
		"insert_null_as_default":             1,
	}
	maps.Copy(s, more)
	return s
}

// Bounded bounds a statement that reads, and takes more settings.
func (c Config) Bounded(more map[string]any) map[string]any {
	s := map[string]any{"max_threads": c.Threads, "max_memory_usage": c.MaxMemory}
	maps.Copy(s, more)
	return s
}

// Spilling is bounded for grouping that may need more than that: it goes to disk.
func (c Config) Spilling(more map[string]any) map[string]any {
	s := c.Bounded(more)
	s["max_bytes_before_external_group_by"] = c.MaxMemory / 2
	return s
}

// Sleep waits, or ends early with the context's error.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Doubled doubles a wait some times, within reason.
func Doubled(d time.Duration, times int) time.Duration {
	const most = 20 // a thousand thousand times
	return d << max(0, min(times, most))
}

// jitter is how much of a wait, more or less, is left to chance.
const jitter = 0.1

// Spread moves a wait a little by a fraction in [0, 1), so that what failed
// together does not come back together.
func Spread(d time.Duration, fraction float64) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*fraction))
}
