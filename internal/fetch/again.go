package fetch

import (
	"context"
	"errors"
	"time"

	"clickql/internal/cache"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// A statement is bound to the version of the data that its operation was begun on
// (catalog.Snapshot.Guard): a server that has another one, such as a replica that
// lags, refuses it, and it is sent again. The driver closes the connection that it
// came by, so that the next one may lead elsewhere. In the same way a statement
// whose server is lost is sent to another one. Where one server is all there is, a
// refusal is final: a table is another one than was looked at.
//
// All parts of an answer are of one version of the data. Where that is lost before all
// parts are there, the operation begins anew on the next one (Loader.Anew).

const (
	// lookAfter is how many servers may refuse a statement before the catalog looks
	// whether any still has the version, and mostRefusals how many before it is
	// given up: there may be as many idle connections to a replica that lags as the
	// pool has.
	lookAfter, mostRefusals = 3, 64
	// mostLost is how many servers may be lost under one statement, and mostBroken how
	// many connections to one where there is but one, which may have been started again.
	mostLost, mostBroken = 3, 2
	// mostAnew is how often an operation begins anew; the last time one server
	// answers all of it, at whatever version that has, since data that changes so
	// often has none that lasts.
	mostAnew = 3
	// settleTime is how long the next version is waited for: tables of one load
	// become public one after the other.
	settleTime = 5 * time.Second
)

// errMoved is the failure of a statement whose version no server has any more.
var errMoved = errors.New("no server that answers has the version of the data that was asked for")

// looker is a Catalog that can be told to look at once.
type looker interface {
	// Look reports whether what is known of the database was found to hold.
	Look(ctx context.Context) (holds bool, err error)
	// Changed is closed when a newer snapshot is there.
	Changed() <-chan struct{}
}

// again sends a statement until a server has answered it that may. started tells
// that some of its rows are in somebody's hands, so that it cannot be sent again.
func (l *Loader) again(ctx context.Context, s *statement, send func() (started bool, err error)) error {
	lost, refused := 0, 0
	for {
		started, err := send()
		switch {
		case err == nil || started || ctx.Err() != nil:
			return err
		case chschema.Elsewhere(err):
			refused++
			if s.snap.Server == "" || refused == mostRefusals || refused == lookAfter && l.moved(ctx, s.snap) {
				return errMoved
			}
		case errors.As(err, new(*chconn.AwayError)):
			return err
		case chconn.Classify(err) == chconn.Unavailable:
			l.cfg.Pulse.Doubt()
			if lost++; lost == mostLost || lost == mostBroken && s.snap.Server == "" {
				return err
			}
		default:
			return err
		}
	}
}

// moved has the catalog look, and reports that the data has gone on since a snapshot
// was taken.
func (l *Loader) moved(ctx context.Context, snap *catalog.Snapshot) bool {
	if c, ok := l.cfg.Catalog.(looker); ok {
		l.look(ctx, c)
	}
	now := l.cfg.Catalog.Snapshot()
	return now.Version != snap.Version || now.Server != snap.Server && snap.Version == ""
}

// look has the catalog look, and reports that what it knows was found to hold.
func (l *Loader) look(ctx context.Context, c looker) (holds bool) {
	holds, err := c.Look(ctx)
	if err != nil {
		l.cfg.Log.WarnContext(ctx, "whether the data has changed cannot be seen", "error", err)
	}
	return holds
}

// other reports that another snapshot than one has come, be it of the same data.
func (l *Loader) other(snap *catalog.Snapshot) bool {
	now := l.cfg.Catalog.Snapshot()
	return now.Version != snap.Version || now.Server != snap.Server || now.ReadAt != snap.ReadAt
}

// settle waits until there is another version of the data than a snapshot's, as long
// as that may take; or, where one server is all there is, until the snapshot has been
// found to hold after all, as where a table was exchanged and is back.
func (l *Loader) settle(ctx context.Context, snap *catalog.Snapshot) {
	c, ok := l.cfg.Catalog.(looker)
	if !ok {
		return
	}
	changed := c.Changed() // before looking, so that nothing is missed
	if l.other(snap) || l.look(ctx, c) && snap.Server == "" {
		return
	}
	timer := time.NewTimer(settleTime)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Anew is the operation to begin in place of one whose version of the data was lost
// before it had all its answers, when there is another version; nil where that is not
// so, or where it has been tried often enough. try counts from 1.
func (l *Loader) Anew(ctx context.Context, o *Operation, try int) *Operation {
	if !o.moved.Load() || try > mostAnew || ctx.Err() != nil {
		return nil
	}
	l.settle(ctx, o.snap)
	if try == mostAnew {
		return l.beginPinned(ctx)
	}
	return l.Begin(ctx)
}

// Answer has an operation answered, begun anew where its version of the data is lost,
// and gives the one that was answered in the end.
func (l *Loader) Answer(ctx context.Context, o *Operation, answer func(*Operation) error) (*Operation, error) {
	for try := 1; ; try++ {
		err := answer(o)
		if err == nil {
			return o, nil
		}
		next := l.Anew(ctx, o, try)
		if next == nil {
			return o, err
		}
		o = next
	}
}

// version is the name under which answers on a snapshot are kept and shared: where
// its version cannot be seen, that of the server that gave them.
func version(snap *catalog.Snapshot) string {
	if snap.Version == "" && snap.Server != "" {
		return cache.Unseen + snap.Server
	}
	return snap.Version
}

// beginPinned starts an operation all of whose statements one server answers, at
// whatever version it has then, and of which nothing is kept: for data that changes
// faster than an operation runs. Where there is but one server, that is Begin.
func (l *Loader) beginPinned(ctx context.Context) *Operation {
	o := l.Begin(ctx)
	if pinned, ok := o.snap.Pinned(); ok {
		l.lost.Store(&o.snap.Version)
		o.snap = pinned
	}
	return o
}
