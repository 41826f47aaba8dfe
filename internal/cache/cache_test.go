package cache

import (
	"fmt"
	"testing"
	"time"
)

// newCache makes a cache of int values.
func newCache(bytes int64, now func() time.Time) *Cache[int] {
	return New[int](Config{Bytes: bytes, TTL: time.Minute, Now: now})
}

// TestStaysInBounds: the bytes held never exceed the bound, whatever is put in,
// and the least recently used goes first.
func TestStaysInBounds(t *testing.T) {
	const limit = 30_000
	c := newCache(limit, time.Now)
	c.Use("1")
	for i := range 1000 {
		c.Put("1", fmt.Sprint(i), i, int64(i%50*20))
		c.Get("1", "0") // stays in use
		if n, _ := c.Size(); n > limit {
			t.Fatalf("%d bytes held, the bound is %d", n, limit)
		}
	}
	if _, _, ok := c.Get("1", "0"); !ok {
		t.Error("the value in constant use was given up")
	}
	if _, _, ok := c.Get("1", "1"); ok {
		t.Error("the least recently used value was kept")
	}
	c.Put("1", "huge", 1, limit)
	if _, _, ok := c.Get("1", "huge"); ok {
		t.Error("a value larger than the bound was kept")
	}
	before, _ := c.Size()
	c.Put("1", "0", 2, 0) // replaces, does not add up
	if after, _ := c.Size(); after != before {
		t.Errorf("%d bytes after a value was replaced by one as large, %d before", after, before)
	}
	c.Use("2")
	if n, entries := c.Size(); n != 0 || entries != 0 {
		t.Errorf("%d bytes in %d entries of an old version", n, entries)
	}
}

// TestVersions: a value is for one version; one that comes late, for a version
// left behind, is not kept.
func TestVersions(t *testing.T) {
	c := newCache(1<<20, time.Now)
	c.Use("1")
	c.Put("1", "k", 1, 0)
	c.Use("2")
	c.Put("1", "k", 1, 0)
	for _, v := range []string{"1", "2"} {
		if _, _, ok := c.Get(v, "k"); ok {
			t.Errorf("found a value for version %s", v)
		}
	}
}

// TestTTL: without a version values age out.
func TestTTL(t *testing.T) {
	now := time.Unix(0, 0)
	c := newCache(1<<20, func() time.Time { return now })
	c.Put("", "k", 1, 0)
	now = now.Add(59 * time.Second)
	if _, age, ok := c.Get("", "k"); !ok || age != 59*time.Second {
		t.Errorf("after 59 s: found %v, age %s", ok, age)
	}
	now = now.Add(time.Second)
	if _, _, ok := c.Get("", "k"); ok {
		t.Error("too late")
	}
}

// TestNothingKept: a bound of 0 or less keeps nothing.
func TestNothingKept(t *testing.T) {
	for _, bound := range []int64{0, -1} {
		c := newCache(bound, time.Now)
		c.Put("", "k", 1, 0)
		if _, _, ok := c.Get("", "k"); ok {
			t.Errorf("a cache of %d bytes kept a value", bound)
		}
	}
}

// TestAny: values of versions left behind are found by who asks for any, with when
// that was, for so long and never by Get.
func TestAny(t *testing.T) {
	now := time.Unix(1000, 0)
	c := New[int](Config{Bytes: 1 << 20, Keep: time.Hour, Now: func() time.Time { return now }})
	c.Use("1")
	c.Put("1", "a", 1, 0)
	if v, until, ok := c.Any("a"); !ok || v != 1 || !until.IsZero() {
		t.Errorf("of the version in use: %d until %s, %v", v, until, ok)
	}
	now = now.Add(time.Minute)
	c.Use("2")
	if _, _, ok := c.Get("2", "a"); ok {
		t.Error("Get found a value of another version")
	}
	if v, until, ok := c.Any("a"); !ok || v != 1 || !until.Equal(now) {
		t.Errorf("left behind: %d until %s, %v", v, until, ok)
	}
	c.Put("2", "a", 2, 0)
	if v, until, ok := c.Any("a"); !ok || v != 2 || !until.IsZero() {
		t.Errorf("asked again: %d until %s, %v", v, until, ok)
	}
	for version := range 100 {
		now = now.Add(30 * time.Minute)
		c.Use(fmt.Sprint(3 + version))
	}
	if _, _, ok := c.Any("a"); ok {
		t.Error("a value left behind long ago was found")
	}
	if n := len(c.left); n > 4 {
		t.Errorf("%d versions are remembered", n)
	}
	if n, entries := c.Size(); n != 0 || entries != 0 {
		t.Errorf("%d bytes in %d entries", n, entries)
	}
	c.Use("")
	c.Put("", "b", 3, 0)
	stored := now
	now = now.Add(time.Minute)
	if _, _, ok := c.Get("", "b"); ok {
		t.Error("a value without a version outlived its time")
	}
	if v, until, ok := c.Any("b"); !ok || v != 3 || !until.Equal(stored) {
		t.Errorf("without a version: %d until %s, %v", v, until, ok)
	}
}
