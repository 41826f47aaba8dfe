package catalog

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Options say which tables to look at and how often.
type Options struct {
	// Database holds the tables.
	Database string
	// RawTable is the table of single downloads; "pypi" where empty. It may be
	// missing: aggregates are then compared among themselves.
	RawTable string
	// PollEvery is the time between two looks at the data's version; 1 s where
	// 0. It is stretched where looking takes long, and while the server is away.
	PollEvery time.Duration
	// TTL is the age at which a snapshot without a version is replaced; 1 min
	// where 0.
	TTL time.Duration
	// Settle is how long a table that stops agreeing with the raw table is held
	// to be in the middle of a publish, during which the last snapshot stands;
	// 5 s where 0.
	Settle time.Duration
	// WholeRows is the size up to which tables are compared row by row with
	// the raw table; above it a sample of projects is. 50 million where 0.
	WholeRows uint64
	// Log takes what happens; nil for none.
	Log *slog.Logger
	// Now is the clock; nil for the system's.
	Now func() time.Time
}

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	o.Database = cmp.Or(o.Database, "pypi")
	o.RawTable = cmp.Or(o.RawTable, "pypi")
	o.PollEvery = cmp.Or(o.PollEvery, time.Second)
	o.TTL = cmp.Or(o.TTL, time.Minute)
	o.Settle = cmp.Or(o.Settle, 5*time.Second)
	o.WholeRows = cmp.Or(o.WholeRows, 50_000_000)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Catalog keeps the newest Snapshot of a database. Snapshot costs no more than
// an atomic load; Run keeps it new.
type Catalog struct {
	opts    Options
	current atomic.Pointer[Snapshot]

	working sync.Mutex // held by whoever reads the database
	reader  reader

	notify  sync.Mutex
	changed chan struct{}
}

// Open reads the database once. It succeeds with the server down or the
// database missing: Snapshot then tells what is wrong, and Run mends it as soon
// as it can. An error means that ctx is done.
func Open(ctx context.Context, conn Conn, opts Options) (*Catalog, error) {
	opts = opts.withDefaults()
	c := &Catalog{opts: opts, changed: make(chan struct{}), reader: newReader(conn, opts)}
	c.current.Store(&Snapshot{Database: opts.Database, ReadAt: opts.Now(), Days: noDays})
	if err := c.Refresh(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		opts.Log.Warn("the database cannot be read yet", "database", opts.Database, "err", err)
	}
	return c, nil
}

// Snapshot is the newest snapshot, never nil.
func (c *Catalog) Snapshot() *Snapshot { return c.current.Load() }

// Ready is nil while the database can be read and has what answers need.
func (c *Catalog) Ready() error { return c.Snapshot().Err }

// Changed is closed when the next snapshot that differs is there. Ask for it
// before looking at Snapshot, so that no change is missed.
func (c *Catalog) Changed() <-chan struct{} {
	c.notify.Lock()
	defer c.notify.Unlock()
	return c.changed
}

// Refresh reads the database again, whether it changed or not.
func (c *Catalog) Refresh(ctx context.Context) error { return c.look(ctx, true) }

// look takes a new snapshot where the database changed, or always.
func (c *Catalog) look(ctx context.Context, always bool) error {
	c.working.Lock()
	defer c.working.Unlock()
	next, err := c.reader.next(ctx, c.Snapshot(), always)
	switch {
	case err != nil && ctx.Err() != nil:
		return err // interrupted: says nothing of the database
	case err != nil:
		failed := *c.Snapshot()
		failed.Err = err
		c.store(&failed)
		return err
	case next != nil:
		c.store(next)
	}
	return nil
}

// store makes a snapshot the current one and wakes whoever waits for a change.
func (c *Catalog) store(next *Snapshot) {
	before := c.current.Swap(next)
	if before.Version == next.Version && next.Version != "" && (before.Err == nil) == (next.Err == nil) {
		return
	}
	c.notify.Lock()
	defer c.notify.Unlock()
	close(c.changed)
	c.changed = make(chan struct{})
}
