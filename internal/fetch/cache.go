package fetch

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"clickql/internal/query"
)

// entry is one cached answer.
type entry struct {
	value  any
	bytes  int64
	from   *Ran
	stored time.Time
}

// cache holds answers to one version of the data, the least recently used
// given up first, bounded in bytes. Where the version cannot be seen, answers
// age out after a time to live.
type cache struct {
	mu      sync.Mutex
	lru     *simplelru.LRU[string, entry]
	bytes   int64
	max     int64
	version string
	ttl     time.Duration
	now     func() time.Time
}

// maxEntries bounds the cache's own bookkeeping; the bytes are the real bound.
const maxEntries = 1 << 22

// entryOverhead is about what an entry costs beside its key and value: list
// element, map slot, headers, its share of the query it came from.
const entryOverhead = 600

func newCache(maxBytes int64, ttl time.Duration, now func() time.Time) *cache {
	c := &cache{max: maxBytes, ttl: ttl, now: now}
	c.lru, _ = simplelru.NewLRU(maxEntries, func(_ string, e entry) { c.bytes -= e.bytes }) // fails for a size of 0 only
	return c
}

// get finds an answer that is of the version, and not too old where there is
// none.
func (c *cache) get(version, key string) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version != c.version {
		return entry{}, false
	}
	e, ok := c.lru.Get(key)
	if ok && version == "" && c.now().Sub(e.stored) >= c.ttl {
		c.lru.Remove(key)
		return entry{}, false
	}
	return e, ok
}

// put keeps an answer, unless the cache has moved on to another version.
func (c *cache) put(version, key string, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.bytes += int64(len(key)) + entryOverhead
	if version != c.version || e.bytes > c.max {
		return
	}
	e.stored = c.now()
	c.lru.Remove(key)
	c.lru.Add(key, e)
	c.bytes += e.bytes
	for c.bytes > c.max {
		c.lru.RemoveOldest()
	}
}

// use moves on to a version of the data: answers to another are never asked
// for again.
func (c *cache) use(version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version != c.version {
		c.lru.Purge()
		c.bytes, c.version = 0, version
	}
}

// size is the bytes held and the number of answers.
func (c *cache) size() (bytes int64, entries int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes, c.lru.Len()
}

// bytesOf is about what a value occupies.
func bytesOf(value any) int64 {
	switch v := value.(type) {
	case *query.Result:
		n := int64(160 + 4*cap(v.Days) + 8*cap(v.Totals))
		for _, g := range v.Groups {
			n += int64(24 + len(g.Value))
		}
		return n
	case *Metadata:
		if v == nil {
			return 16
		}
		n := int64(200 + len(v.Summary) + len(v.Author) + len(v.License) + len(v.HomePage))
		for _, s := range v.Versions {
			n += int64(16 + len(s))
		}
		return n
	case sized:
		return v.bytes()
	}
	return 64
}
