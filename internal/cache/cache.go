// Package cache keeps answers in memory, bounded in bytes, for one version of
// the data at a time: an answer to another version is never found, but by who asks
// for one of any version.
package cache

import (
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// maxEntries bounds the bookkeeping; the bytes are the real bound.
	maxEntries = 1 << 22
	// overhead is about what an entry costs beside its key and value: list
	// element, map slot, headers.
	overhead = 250
)

// Config bounds a Cache.
type Config struct {
	// Bytes bounds keys and values together; 0 and less keep nothing.
	Bytes int64
	// TTL is how long a value is kept where the data's version cannot be seen:
	// versions that are empty or begin with Unseen.
	TTL time.Duration
	// Keep is how long values of a version that was left behind are kept for Any;
	// 0 gives them up at once.
	Keep time.Duration
	// Now is the clock that TTL is measured on.
	Now func() time.Time
}

// Unseen begins a version that is none, and tells only whose data it is.
const Unseen = "\x00"

// unseen reports that a version does not change with the data.
func unseen(version string) bool { return version == "" || strings.HasPrefix(version, Unseen) }

// entry is one kept value.
type entry[V any] struct {
	value   V
	version string
	bytes   int64
	stored  time.Time
}

// Cache holds values by key, the least recently used given up first. It is safe
// for concurrent use.
type Cache[V any] struct {
	cfg     Config
	mu      sync.Mutex
	lru     *simplelru.LRU[string, entry[V]]
	bytes   int64
	version string
	left    map[string]time.Time // when versions were left behind, for as long as Keep
}

// New makes an empty cache for version "".
func New[V any](cfg Config) *Cache[V] {
	c := &Cache[V]{cfg: cfg}
	c.lru, _ = simplelru.NewLRU(maxEntries, func(_ string, e entry[V]) { c.bytes -= e.bytes }) // fails for a size of 0 only
	return c
}

// Get finds a value of the version; where there is no version, one that is not
// too old. age is how long ago it was put in.
func (c *Cache[V]) Get(version, key string) (value V, age time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version != c.version {
		return value, 0, false
	}
	e, ok := c.lru.Get(key)
	if !ok || e.version != version {
		return value, 0, false
	}
	age = c.cfg.Now().Sub(e.stored)
	if unseen(version) && age >= c.cfg.TTL {
		if c.cfg.Keep <= 0 {
			c.lru.Remove(key)
		}
		return value, 0, false
	}
	return e.value, age, true
}

// Any finds a value of whatever version, as long as versions left behind are kept.
// until is when its version was left behind, or, without a version, when it was put in;
// zero for a value of the version in use.
func (c *Cache[V]) Any(key string) (value V, until time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.lru.Get(key)
	switch {
	case !ok:
		return value, until, false
	case unseen(e.version):
		until = e.stored
	case e.version != c.version:
		if until, ok = c.left[e.version]; !ok {
			c.lru.Remove(key)
			return value, until, false
		}
	}
	return e.value, until, true
}

// Put keeps a value of that many bytes, unless it is too large to keep at all or
// the cache has moved on to another version.
func (c *Cache[V]) Put(version, key string, value V, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	bytes += int64(len(key)) + overhead
	if version != c.version || bytes > c.cfg.Bytes {
		return
	}
	c.lru.Remove(key)
	c.lru.Add(key, entry[V]{value, version, bytes, c.cfg.Now()})
	c.bytes += bytes
	for c.bytes > c.cfg.Bytes {
		c.lru.RemoveOldest()
	}
}

// Use moves on to a version of the data: values of another are never found by Get
// again, and given up where they are not kept for Any.
func (c *Cache[V]) Use(version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version == c.version {
		return
	}
	if c.cfg.Keep <= 0 {
		c.lru.Purge()
		c.bytes, c.version = 0, version
		return
	}
	now := c.cfg.Now()
	if c.left == nil {
		c.left = map[string]time.Time{}
	}
	maps.DeleteFunc(c.left, func(_ string, at time.Time) bool { return now.Sub(at) > c.cfg.Keep })
	c.left[c.version] = now
	delete(c.left, version)
	c.version = version
}

// Size is the bytes held and the number of values.
func (c *Cache[V]) Size() (bytes int64, entries int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes, c.lru.Len()
}
