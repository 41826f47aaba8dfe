package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Database is the database that every engine has from its first start on.
const Database = "pypi"

// Config says which data directory to serve and how. Only Dir is required.
// Commands that join a running engine get it as the first one started it:
// Library, MaxMemory, Limits, Clusters, Guests and Temporary matter to the one that starts.
type Config struct {
	// Dir is the data directory. It is created if missing. Two engines on one
	// directory are impossible: a second Open joins the first one's engine.
	Dir string
	// Library is the path of libchdb. Empty: searched, see FindLibrary.
	Library string
	// MaxMemory bounds the engine's memory, in bytes. Zero: six tenths of what
	// the machine or its cgroup has.
	MaxMemory int64
	// Limits are the ceilings of the read-only account. Zero fields take the
	// values of DefaultLimits.
	Limits Limits
	// Temporary removes Dir when the engine stops, however its holders ended. A
	// start that fails and an engine that crashes leave it, with the log.
	Temporary bool
	// Clusters names clusters for Distributed tables. Every shard is this engine
	// itself; what is listed is each shard's database, which a Distributed table
	// reads that names none: ENGINE = Distributed(cluster, '', table).
	Clusters map[string][]string
	// Guests are further accounts that may read.
	Guests []Guest
	// Log tells of starts, joins and stops. Nil: silence.
	Log *slog.Logger `json:"-"` // not the child's: its own is a file
}

// Info tells how to reach a running engine. It is what DIR/engine.json holds.
type Info struct {
	// Native and HTTP are host:port, on loopback.
	Native string `json:"native"`
	HTTP   string `json:"http"`
	// PID is the engine's process.
	PID int `json:"pid"`
	// User and Password are the administrative account.
	User     string `json:"user"`
	Password string `json:"password"`
	// Database is where the tables are.
	Database string `json:"database"`
	// ReadOnlyUser and ReadOnlyPassword are the account for serving.
	ReadOnlyUser     string `json:"readonly_user"`
	ReadOnlyPassword string `json:"readonly_password"`
}

// Engine is one hold on a running embedded ClickHouse. The engine runs until
// the last hold on its directory, of this and of any other process, is given up.
type Engine struct {
	info  Info
	dir   string
	hold  *hold
	log   *slog.Logger
	close sync.Once
	err   error
}

// Open joins the engine that serves cfg.Dir, or starts one, and returns when
// it answers. A directory whose last engine is just stopping is waited for.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	h, info, err := acquire(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &Engine{info: info, dir: cfg.Dir, hold: h, log: cfg.Log}, nil
}

// complete fills in defaults and makes paths absolute.
func (c Config) complete() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("open engine: no data directory given")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("open engine in %s: %w", c.Dir, err)
	}
	if strings.ContainsAny(dir, `*?{}\`+"\n") {
		return c, fmt.Errorf("open engine in %s: ClickHouse reads * ? { } and backslashes in a path as a pattern; choose a data directory without them", dir)
	}
	if err := checkClusters(c.Clusters); err != nil {
		return c, err
	}
	if err := checkGuests(c.Guests); err != nil {
		return c, err
	}
	c.Dir = dir
	c.Limits = c.Limits.complete()
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	return c, nil
}

// Holds says whether an engine has ever kept data in a directory, which need not
// be there.
func Holds(dir string) (bool, error) {
	_, err := os.Stat(layout(dir).data())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Info tells how to reach the engine.
func (e *Engine) Info() Info { return e.info }

// Dir is the engine's data directory, absolute.
func (e *Engine) Dir() string { return e.dir }

// LogPath is the engine's log, where the cause of a crash is to be found.
func (e *Engine) LogPath() string { return layout(e.dir).log() }

// DSN names the engine with the administrative account.
func (e *Engine) DSN() string { return e.info.dsn(e.info.User, e.info.Password) }

// ReadOnlyDSN names the engine with the account for serving, which can read
// and can only lower its limits.
func (e *Engine) ReadOnlyDSN() string {
	return e.info.dsn(e.info.ReadOnlyUser, e.info.ReadOnlyPassword)
}

func (i Info) dsn(user, password string) string {
	u := url.URL{Scheme: "clickhouse", User: url.UserPassword(user, password), Host: i.Native, Path: "/" + i.Database}
	return u.String()
}

// Done is closed when the engine process has gone, or when Close gave up this
// hold on it.
func (e *Engine) Done() <-chan struct{} { return e.hold.gone }

// EndedError is why an engine ended by itself: it could not read or write its disk.
type EndedError struct {
	// Reason names the file and the remedy.
	Reason string
}

func (e *EndedError) Error() string { return "the embedded ClickHouse ended: " + e.Reason }

// Close gives up this hold. The last one out stops the engine and returns when
// its process has ended, so that the directory is free. Closing twice is harmless.
// The error is that the engine does not stop, or an EndedError.
func (e *Engine) Close() error {
	e.close.Do(func() {
		began := time.Now()
		last, err := e.hold.release()
		e.err = err
		if last {
			e.log.Debug("engine stopped", "dir", e.dir, "took", time.Since(began).Round(time.Millisecond))
		}
	})
	return e.err
}

// makeDir creates the data directory. It is closed to others, unless it was
// there before and holds somebody's other files: then its mode is theirs to choose,
// and the files inside protect themselves. errNoEngine: a stopping engine has just
// removed it.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create data directory %s: %w; name a directory that can be written to with --data", dir, err)
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoEngine
	}
	if err != nil {
		return fmt.Errorf("read data directory: %w; name a directory of your own with --data", err)
	}
	if _, err := os.Lstat(layout(dir).lock()); err != nil && len(entries) > 0 {
		return nil // without a lock the files in it are not ours: its mode is left alone
	}
	err = os.Chmod(dir, 0o700)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoEngine
	}
	if err != nil {
		return fmt.Errorf("close data directory to others: %w", err)
	}
	return nil
}
