package fetch

import (
	"context"
	"log/slog"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"clickql/internal/cache"
	"clickql/internal/catalog"
	"clickql/internal/query"
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
	// Concurrency bounds the queries under way at one time.
	Concurrency int
	// MaxRows is the most rows that one request may be expected to read; 0 for
	// no limit.
	MaxRows float64
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
	DefaultConcurrency  = 16
)

func (c Config) withDefaults() Config {
	if c.CacheBytes == 0 {
		c.CacheBytes = DefaultCacheBytes
	}
	if c.TTL <= 0 {
		c.TTL = DefaultTTL
	}
	if c.QueryTimeout <= 0 {
		c.QueryTimeout = DefaultQueryTimeout
	}
	if c.Concurrency <= 0 {
		c.Concurrency = DefaultConcurrency
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
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
	slots   *semaphore.Weighted
	metrics metrics
}

// New makes a Loader.
func New(cfg Config) *Loader {
	cfg = cfg.withDefaults()
	l := &Loader{
		cfg:     cfg,
		cache:   cache.New[kept](cache.Config{Bytes: cfg.CacheBytes, TTL: cfg.TTL, Now: cfg.Now}),
		flights: flights{calls: map[string]*call{}},
		slots:   semaphore.NewWeighted(int64(cfg.Concurrency)),
	}
	l.metrics = newMetrics(cfg.Registry, l.cache)
	return l
}

// found is an answer and where it is from.
type found struct {
	value any
	err   *query.Error
}

// job computes the answers of calls within r. It must finish every one of mine.
type job func(r *run, version string, mine map[string]*call)

// answer finds the values of keys: in the cache, on their way, or by doing do
// for those that are neither. It returns when all are known or ctx ends.
func (l *Loader) answer(ctx context.Context, t *trace, version string, keys []string, do job) []found {
	out := make([]found, len(keys))
	var missing []string
	var at []int
	for i, key := range keys {
		if e, _, ok := l.cache.Get(version, key); ok {
			out[i].value = e.value
			t.note(e.from, FromCache)
			continue
		}
		missing, at = append(missing, key), append(at, i)
	}
	l.metrics.lookups(len(keys)-len(missing), len(missing))
	if len(missing) == 0 {
		return out
	}
	r := newRun(ctx)
	leave := r.join(ctx)
	defer leave()
	calls, mine := l.flights.claim(version, missing, r)
	if len(mine) > 0 {
		go do(r, version, mine)
	}
	for i, c := range calls {
		if c.run != r {
			defer c.run.join(ctx)()
		}
		out[at[i]] = l.await(ctx, t, c, c.run == r)
	}
	return out
}

// await waits for one call.
func (l *Loader) await(ctx context.Context, t *trace, c *call, own bool) found {
	select {
	case <-c.done:
		source := FromCache
		if own {
			source = FromClickHouse
		}
		t.note(c.from, source)
		return found{c.value, c.err}
	case <-ctx.Done():
		return found{err: failure(ctx.Err())}
	}
}

// keep finishes a call with a value and puts it in the cache. from is the query
// that it came from; nil for an answer that needed none, which is not kept.
func (l *Loader) keep(version, key string, c *call, value any, from *Ran) {
	if from != nil {
		l.store(version, key, value, from)
	}
	l.flights.finish(version, key, c, value, nil, from)
}

// store puts an answer in the cache.
func (l *Loader) store(version, key string, value any, from *Ran) {
	l.cache.Put(version, key, kept{value, from}, bytesOf(value)+shareOfQuery)
}

// Version is the version of the data that answers are of now; empty where it
// cannot be seen, or the database cannot be asked.
func (l *Loader) Version() string {
	if l.cfg.Catalog.Ready() != nil {
		return ""
	}
	return l.cfg.Catalog.Snapshot().Version
}
