package fetch

import (
	"fmt"
	"testing"
	"time"

	"clickql/internal/query"
)

// TestCacheStaysInBounds: the bytes held never exceed the bound, whatever is
// put in, and the least recently used goes first.
func TestCacheStaysInBounds(t *testing.T) {
	const limit = 30_000
	c := newCache(limit, time.Minute, time.Now)
	c.use("1")
	for i := range 1000 {
		res := &query.Result{Totals: make([]int64, i%50)}
		c.put("1", fmt.Sprint(i), entry{value: res, bytes: bytesOf(res)})
		c.get("1", "0") // stays in use
		if n, _ := c.size(); n > limit {
			t.Fatalf("%d bytes held, the bound is %d", n, limit)
		}
	}
	if _, ok := c.get("1", "0"); !ok {
		t.Error("the entry in constant use was given up")
	}
	if _, ok := c.get("1", "1"); ok {
		t.Error("the least recently used entry was kept")
	}
	huge := &query.Result{Totals: make([]int64, limit)}
	c.put("1", "huge", entry{value: huge, bytes: bytesOf(huge)})
	if _, ok := c.get("1", "huge"); ok {
		t.Error("an entry larger than the bound was kept")
	}
	c.put("1", "0", entry{value: &query.Result{}, bytes: 1}) // replaces, does not add up
	c.use("2")
	if n, entries := c.size(); n != 0 || entries != 0 {
		t.Errorf("%d bytes in %d entries of an old version", n, entries)
	}
}

// TestCacheVersions: an answer is for one version; one that comes late, for a
// version left behind, is not kept.
func TestCacheVersions(t *testing.T) {
	c := newCache(1<<20, time.Minute, time.Now)
	c.use("1")
	c.put("1", "k", entry{value: 1})
	c.use("2")
	c.put("1", "k", entry{value: 1})
	for _, v := range []string{"1", "2"} {
		if _, ok := c.get(v, "k"); ok {
			t.Errorf("found an answer for version %s", v)
		}
	}
}

// TestCacheTTL: without a version answers age out.
func TestCacheTTL(t *testing.T) {
	now := time.Unix(0, 0)
	c := newCache(1<<20, time.Minute, func() time.Time { return now })
	c.put("", "k", entry{value: 1})
	now = now.Add(59 * time.Second)
	if _, ok := c.get("", "k"); !ok {
		t.Error("too early")
	}
	now = now.Add(time.Second)
	if _, ok := c.get("", "k"); ok {
		t.Error("too late")
	}
}

// TestRepository: the repository among a project's links.
func TestRepository(t *testing.T) {
	for want, urls := range map[string][]string{
		"a/b": {"Homepage, https://github.com/x/y", "Source Code, https://github.com/a/b/"},
		"x/y": {"https://example.org", "Bugs, https://www.GitHub.com/x/y/issues"},
		"":    {"Sponsor, https://github.com/sponsors/x", "https://gitlab.com/a/b", "::", "https://github.com/", "Source,"},
		"p/q": {"https://github.com/p/q.git"},
	} {
		if got := repository(urls); got != want {
			t.Errorf("%v: %q, want %q", urls, got, want)
		}
	}
}
