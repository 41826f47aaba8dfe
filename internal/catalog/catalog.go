// Package catalog knows what a ClickHouse database of PyPI downloads can
// answer: which tables there are, which columns each one's grouping key really
// keeps apart, which days each covers and how large it is. It is read from the
// database, never from our own DDL, so that a foreign deployment, or one that
// may only be read, is served by the same rules.
//
// What a table covers is found out by comparing data. Up to Options.WholeRows
// rows of the raw table everything is compared by day, after the first time only
// what is new. Above that the raw table is never read as a whole, however large:
//
//	raw table         its size and days from the parts; the rows of some twenty
//	                  projects by the key; not read at all where its key does not
//	                  begin with the project
//	project first in  the same projects' rows, day by day, against the raw table's
//	  the key           or what most such tables agree on
//	no project, or    all days' totals against the smallest complete table of days;
//	  not first         of both, after the first time, only new parts are read
//
// A Snapshot is immutable. Catalog swaps in a newer one when the data changes.
//
// One look goes through these steps, each in a file named for it: the reader asks
// chschema for the tables; classify makes an inventory of them, package lineage
// saying what their columns hold; verify (whole, or sampled) adds up totals, and
// package judge says which days agree; values are compared where no view is seen;
// what is left gives the Snapshot, with the index of projects.
package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// Conn is what the catalog needs of a connection to ClickHouse.
type Conn = chschema.Conn

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
	// the raw table; above it a sample of projects is. 50 million where 0, and at
	// the most a million for an account with an Allowance: a guest does not read
	// another's tables from end to end.
	WholeRows uint64
	// State is a file in which what was learnt is kept, so that the next process
	// need not learn it again; empty for none.
	State string
	// Mirrors are the tools whose downloads are a mirror's; cube.MirrorInstallers where
	// there are none.
	Mirrors []string
	// Allowance is how many statements the account may send in an interval, 0 for
	// any number: looking for news takes a small part of them. Nil for any number.
	Allowance func() (queries uint64, interval time.Duration)
	// Pulse tells when the server goes away and comes back; nil for one that tells
	// nothing.
	Pulse Pulse
	// Log takes what happens; nil for none.
	Log *slog.Logger
	// Now is the clock; nil for the system's.
	Now func() time.Time
}

// Pulse tells whether the server answers.
type Pulse interface {
	// Changed is closed when it ceases or begins again to answer.
	Changed() <-chan struct{}
	// Watch is ctx until the server has gone; done must be called at the end.
	Watch(ctx context.Context) (watched context.Context, done func())
}

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	o.Database = cmp.Or(o.Database, "pypi")
	o.RawTable = cmp.Or(o.RawTable, "pypi")
	o.PollEvery = cmp.Or(o.PollEvery, time.Second)
	o.TTL = cmp.Or(o.TTL, time.Minute)
	o.Settle = cmp.Or(o.Settle, 5*time.Second)
	o.WholeRows = cmp.Or(o.WholeRows, 50_000_000)
	if o.Allowance != nil {
		if queries, _ := o.Allowance(); queries > 0 {
			o.WholeRows = min(o.WholeRows, 1_000_000)
		}
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
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
	rest    atomic.Int64 // how long a spent quota forbids to ask, in nanoseconds
}

// Open reads the database once. It succeeds with the server down or the
// database missing: Snapshot then tells what is wrong, and Run mends it as soon
// as it can. An error means that ctx is done.
func Open(ctx context.Context, conn Conn, opts Options) (*Catalog, error) {
	opts = opts.withDefaults()
	c := &Catalog{opts: opts, changed: make(chan struct{}), reader: newReader(conn, opts)}
	c.current.Store(&Snapshot{Database: opts.Database, ReadAt: opts.Now(), Days: cube.NoDays, SettledBy: ByTotals, Mirrors: opts.Mirrors})
	if before := c.reader.recall(ctx); before != nil {
		c.store(before)
		return c, nil
	}
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

// Look takes a new snapshot at once where the database changed, instead of when
// its turn comes, and reports whether the last one holds as it is. Where somebody is
// looking already it does nothing.
func (c *Catalog) Look(ctx context.Context) (holds bool, err error) {
	if !c.working.TryLock() {
		return false, nil
	}
	defer c.working.Unlock()
	before := c.Snapshot()
	err = c.lookNow(ctx, false)
	return err == nil && c.Snapshot() == before && !c.reader.unsettled(), err
}

// look takes a new snapshot where the database changed, or always.
func (c *Catalog) look(ctx context.Context, always bool) error {
	c.working.Lock()
	defer c.working.Unlock()
	return c.lookNow(ctx, always)
}

// lookNow is look for whoever holds working.
func (c *Catalog) lookNow(ctx context.Context, always bool) error {
	next, err := c.reader.next(ctx, c.Snapshot(), always)
	if err != nil && c.reader.lead.all != nil && ctx.Err() == nil {
		next, err = c.reader.next(ctx, c.Snapshot(), always) // the lead is gone: of another one
	}
	if why := context.Cause(ctx); err != nil && why != nil && !errors.Is(why, ctx.Err()) {
		err = why // the server has gone
	} else if err != nil && why != nil {
		return err // interrupted: says nothing of the database
	}
	switch {
	case err != nil && c.outlasts(err):
		return err
	case err != nil:
		failed := *c.Snapshot()
		failed.Err = err
		c.store(&failed)
		return err
	case next != nil:
		c.store(next)
		c.reader.keep(next)
	}
	return nil
}

// outlasts reports that the last snapshot stands although looking failed: the
// account's quota is spent, which says nothing of the database. Nothing is asked
// until it is renewed.
func (c *Catalog) outlasts(err error) bool {
	until, spent := chschema.SpentUntil(err)
	if !spent {
		return false
	}
	c.rest.Store(until.Sub(c.opts.Now()).Nanoseconds())
	now := c.Snapshot()
	return now.Err == nil && len(now.Tables) > 0
}

// store makes a snapshot the current one and wakes whoever waits for a change.
func (c *Catalog) store(next *Snapshot) {
	next.widths = next.Widths() // each plan asks for them
	before := c.current.Swap(next)
	if before.Version == next.Version && next.Version != "" && (before.Err == nil) == (next.Err == nil) {
		return
	}
	c.notify.Lock()
	defer c.notify.Unlock()
	close(c.changed)
	c.changed = make(chan struct{})
	c.opts.Log.Debug("the data is another", "database", next.Database, "version", next.Version, "tables", len(next.Tables), "days", next.Days)
}

// Unchanged reports that the table, one of a snapshot with a LastBlock, has got
// no rows since the snapshot was taken. Block numbers only grow: where none is
// new now, none was at any time before, and what was read by then is what the
// snapshot tells of.
func (c *Catalog) Unchanged(ctx context.Context, t *Table) (bool, error) {
	last, uuid, err := chschema.ReadLastBlock(ctx, chschema.DB{Conn: c.reader.conn}, t.at())
	if err != nil {
		return false, fmt.Errorf("look whether %s has changed: %w", t.FullName(), err)
	}
	return t.LastBlock > 0 && last <= t.LastBlock && uuid == t.UUID, nil
}

const (
	// restFactor keeps looking at the version below a twentieth of the time,
	// however many parts there are.
	restFactor = 20
	// longestPause bounds the pause between looks while the server is away, and
	// so how long it takes to notice that it is back.
	longestPause = 5 * time.Second
)

// Run keeps the snapshot new until ctx is done, and returns nil then.
func (c *Catalog) Run(ctx context.Context) error {
	timer := time.NewTimer(c.opts.PollEvery)
	defer timer.Stop()
	failures := 0
	for {
		var changed <-chan struct{}
		if c.opts.Pulse != nil {
			changed = c.opts.Pulse.Changed()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-changed: // it may be back, and is waited for
		}
		failures = c.report(c.watchedLook(ctx), failures)
		timer.Reset(c.pause(failures))
	}
}

// watchedLook looks once, until the server has gone.
func (c *Catalog) watchedLook(ctx context.Context) error {
	if c.opts.Pulse != nil {
		watched, done := c.opts.Pulse.Watch(ctx)
		defer done()
		ctx = watched
	}
	return c.look(ctx, false)
}

// report logs the first of a run of failures, and its end; it counts them.
func (c *Catalog) report(err error, failures int) int {
	switch {
	case err != nil && failures == 0:
		c.opts.Log.Warn("the database cannot be read", "database", c.opts.Database, "err", err)
	case err == nil && failures > 0:
		c.opts.Log.Info("the database can be read again", "database", c.opts.Database)
	}
	if err == nil {
		return 0
	}
	return failures + 1
}

// pause is the time until the next look.
func (c *Catalog) pause(failures int) time.Duration {
	if rest := c.rest.Swap(0); rest > 0 {
		return max(time.Duration(rest), c.opts.PollEvery)
	}
	return max(c.usualPause(failures), c.reader.bearable(c.reader.lead.statements()))
}

// usualPause is the pause for an account that may ask as it likes.
func (c *Catalog) usualPause(failures int) time.Duration {
	switch {
	case failures > 0:
		return min(max(longestPause, c.opts.PollEvery), c.opts.PollEvery<<min(failures-1, 4))
	case c.reader.unsettled():
		return c.opts.PollEvery / 4
	}
	took := time.Duration(c.reader.cost.Load())
	return max(c.opts.PollEvery, min(took*restFactor, c.opts.TTL))
}
