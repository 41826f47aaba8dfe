package catalog_test

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clickql/internal/catalog"
)

const time10 = 10 * time.Second

// clock is a clock that the test moves.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.at.Store(time.Now().UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// run keeps the catalog new until the test ends.
func (w *world) run(c *catalog.Catalog) {
	done := make(chan error, 1)
	go func() { done <- c.Run(w.t.Context()) }()
	w.t.Cleanup(func() {
		if err := <-done; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
}

// TestServerAway opens without a server and recovers when it comes.
func TestServerAway(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	w.load(1000, "2026-01-01")
	door := newDoor(t, w.ReadOnlyDSN)
	c := w.openAs(door.dsn, catalog.Options{PollEvery: 20 * time.Millisecond})
	if err := c.Ready(); err == nil || len(c.Snapshot().Tables) != 0 {
		t.Fatalf("with the server away: %v, %+v", err, c.Snapshot())
	}
	w.run(c)
	door.open()
	w.until(c, "tables", func(s *catalog.Snapshot) bool { return s.Ready() == nil && s.Table("per_day") != nil })
	door.shut()
	s := w.until(c, "an error", func(s *catalog.Snapshot) bool { return s.Ready() != nil })
	if s.Table("per_day") == nil {
		t.Error("the tables known are forgotten while the server is away")
	}
	if s.Threads < 1 {
		t.Errorf("a query may use %d threads", s.Threads)
	}
	door.open()
	w.until(c, "no error", func(s *catalog.Snapshot) bool { return s.Ready() == nil })
}

// TestNothingThere has databases that cannot answer, each with its remedy.
func TestNothingThere(t *testing.T) {
	w := &world{chtestNew(t), t}
	check := func(c *catalog.Catalog, want ...string) {
		t.Helper()
		for _, text := range want {
			if err := c.Ready(); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("the error is %v, want it to say %q", err, text)
			}
		}
	}
	check(w.open(catalog.Options{}), w.Name, "pypi", "clickql schema apply")
	check(w.open(catalog.Options{Database: "nowhere"}), "database nowhere", "does not exist", "clickql schema apply")
	w.exec("CREATE TABLE pypi (timestamp DateTime, project String) ENGINE = MergeTree ORDER BY project")
	check(w.open(catalog.Options{}), w.Name+".pypi", "date")
}

// TestEmptyTables is a new database: ready, without a day.
func TestEmptyTables(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	c := w.open(catalog.Options{})
	s := w.ready(c)
	if !s.Days.Empty() || s.Version == "" || s.Table("per_day") == nil || s.Projects.Len() != 0 {
		t.Errorf("without rows: %+v", s)
	}
	w.load(1000, "2026-01-01")
	s = w.refreshed(c)
	w.covers(s, "per_day", hundred)
	w.covers(s, "pypi", hundred)
}

// TestMetadata tells the columns of the table of metadata.
func TestMetadata(t *testing.T) {
	w := newWorld(t)
	w.load(10, "2026-01-01")
	w.exec("CREATE TABLE projects (name String, upload_time DateTime64(3)) ENGINE = MergeTree ORDER BY name")
	s := w.snapshot()
	if !s.Metadata || s.MetadataColumns["upload_time"] != "DateTime64(3)" || len(s.MetadataColumns) != 2 {
		t.Errorf("metadata %v: %v", s.Metadata, s.MetadataColumns)
	}
}

// door is a TCP forwarder to a server, which can be shut.
type door struct {
	t      testing.TB
	dsn    string
	addr   string
	target string
	stop   func()
}

// newDoor makes a door, shut, to the server of a DSN.
func newDoor(t testing.TB, dsn string) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	rest := dsn[strings.LastIndex(dsn, "@")+1:]
	target := rest[:strings.Index(rest, "/")]
	d := &door{t: t, addr: addr, target: target, dsn: strings.Replace(dsn, target, addr, 1), stop: func() {}}
	t.Cleanup(func() { d.shut() })
	return d
}
