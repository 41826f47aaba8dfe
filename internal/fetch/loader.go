package fetch

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"clickql/internal/cache"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
)

// Querier runs a query; *chconn.Conn is one.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// Catalog gives the newest snapshot of what the database can answer.
type Catalog interface {
	// Snapshot is never nil.
	Snapshot() *catalog.Snapshot
	// Ready is nil when the snapshot can be planned on, and otherwise why not.
	Ready() error
	// Unchanged reports that a table of a snapshot has got no rows since.
	Unchanged(ctx context.Context, t *catalog.Table) (bool, error)
}

// Config says what a Loader works with. Zero values mean the defaults below.
type Config struct {
	Conn    Querier
	Catalog Catalog
	// CacheBytes bounds the answers kept in memory; negative keeps none.
	CacheBytes int64
	// TTL is how long an answer is kept where the data's version cannot be seen.
	TTL time.Duration
	// QueryTimeout ends a query that takes longer.
	QueryTimeout time.Duration
	// Pulse tells whether ClickHouse answers: while it has gone, nothing is sent. Nil
	// for one that always answers.
	Pulse *chconn.Pulse
	// StaleFor is how long after ClickHouse has last been seen answers from memory are
	// given all the same, marked; 0 gives none.
	StaleFor time.Duration
	// QuotaKeys has each statement count, in a quota of ClickHouse's own that is keyed,
	// for the client that asked it first. Statements of several clients are then not
	// united.
	QuotaKeys bool
	// Quick is how many quick statements are under way at one time: those that
	// take some milliseconds. While so many are, what else is asked waits and goes
	// together. 0 for one more than ClickHouse has processors, within LeastQuick and
	// MostQuick: each keeps about one busy, and one's answer is on its way. One more is
	// then for a statement like none that runs, as waiting brings it no company.
	Quick int
	// Long is how many other statements are under way at one time.
	Long int
	// MaxRows is the most rows that one request may be expected to read; 0 for
	// no limit.
	MaxRows float64
	// MaxOperationRows is the most rows that one operation may be expected to have
	// read; 0 for no limit.
	MaxOperationRows float64
	// PlayURL is a ClickHouse web client that explained SQL is opened in; empty
	// for none.
	PlayURL string
	// Observer is told what the database is asked; nil for none.
	Observer Observer
	Log      *slog.Logger
	Registry prometheus.Registerer
	Now      func() time.Time
}

// Defaults of a Config.
const (
	DefaultCacheBytes   = 256 << 20
	DefaultTTL          = 30 * time.Second
	DefaultQueryTimeout = 30 * time.Second
	DefaultLong         = 8
	LeastQuick          = 3
	MostQuick           = 12
)

func (c Config) withDefaults() Config {
	c.CacheBytes = cmp.Or(c.CacheBytes, DefaultCacheBytes)
	c.TTL = cmp.Or(max(c.TTL, 0), DefaultTTL)
	c.QueryTimeout = cmp.Or(max(c.QueryTimeout, 0), DefaultQueryTimeout)
	c.Long = cmp.Or(max(c.Long, 0), DefaultLong)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Loader answers requests for all operations of a gateway. It is safe for
// concurrent use.
type Loader struct {
	cfg     Config
	cache   *cache.Cache[kept]
	flights flights
	quick   lane
	long    lane
	crowd   *crowd
	running underway
	metrics metrics
	lost    atomic.Pointer[string] // a version that answers were not of that were begun on it
	told    sync.Map               // chschema.Exact: whether the server's log tells when it is read
}

// New makes a Loader.
func New(cfg Config) *Loader {
	cfg = cfg.withDefaults()
	l := &Loader{
		cfg:     cfg,
		cache:   cache.New[kept](cache.Config{Bytes: cfg.CacheBytes, TTL: cfg.TTL, Now: cfg.Now}),
		flights: flights{calls: calls{}},
		quick:   lane{places: cfg.Quick, apart: cfg.QuotaKeys},
		crowd:   &crowd{now: cfg.Now},
	}
	l.long = lane{places: cfg.Long, crowd: l.crowd, apart: cfg.QuotaKeys}
	l.metrics = newMetrics(cfg.Registry, l)
	return l
}

// Version is the version of the data that answers are of now; empty where it
// cannot be seen, or the database cannot be asked.
func (l *Loader) Version() string {
	if l.cfg.Catalog.Ready() != nil {
		return ""
	}
	version := l.cfg.Catalog.Snapshot().Version
	if lost := l.lost.Load(); lost != nil && *lost == version {
		return ""
	}
	return version
}

// Ready is nil while the database can be asked, and otherwise why not.
func (l *Loader) Ready() error { return l.cfg.Catalog.Ready() }
