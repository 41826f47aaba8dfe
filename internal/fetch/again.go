package fetch

import (
	"context"
	"errors"

	"clickql/internal/cache"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// A statement is bound to the version of the data that its operation was begun on
// (catalog.Snapshot.Guard): a server that has another one, such as a replica that
// lags, refuses it, and it is sent again. The driver closes the connection that it
// came by, so that the next one may lead elsewhere. In the same way a statement
// whose server is lost is sent to another one.

const (
	// lookAfter is how many servers may refuse a statement before the catalog looks
	// whether any still has the version, and mostRefusals how many before it is
	// given up: there may be as many idle connections to a replica that lags as the
	// pool has.
	lookAfter, mostRefusals = 3, 64
	// mostLost is how many servers may be lost under one statement, and mostBroken how
	// many connections to one where there is but one, which may have been started again.
	mostLost, mostBroken = 3, 2
)

// errMoved is the failure of a statement whose version no server has any more.
var errMoved = errors.New("no server that answers has the version of the data that was asked for")

// looker is a Catalog that can be told to look at once.
type looker interface {
	Look(ctx context.Context) error
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
			if refused == mostRefusals || refused == lookAfter && l.moved(ctx, s.snap) {
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

// moved reports that the data has gone on since a snapshot was taken.
func (l *Loader) moved(ctx context.Context, snap *catalog.Snapshot) bool {
	c, ok := l.cfg.Catalog.(looker)
	if !ok {
		return false
	}
	if err := c.Look(ctx); err != nil {
		l.cfg.Log.WarnContext(ctx, "whether the data has changed cannot be seen", "error", err)
		return false
	}
	now := l.cfg.Catalog.Snapshot()
	return now.Version != snap.Version || now.Server != snap.Server && snap.Version == ""
}

// version is the name under which answers on a snapshot are kept and shared: where
// its version cannot be seen, that of the server that gave them.
func version(snap *catalog.Snapshot) string {
	if snap.Version == "" && snap.Server != "" {
		return cache.Unseen + snap.Server
	}
	return snap.Version
}

// BeginPinned starts an operation all of whose statements one server answers, at
// whatever version it has then, and of which nothing is kept: for data that changes
// faster than an operation runs. Where there is but one server, that is Begin.
func (l *Loader) BeginPinned(ctx context.Context) *Operation {
	o := l.Begin(ctx)
	if pinned, ok := o.snap.Pinned(); ok {
		l.lost.Store(&o.snap.Version)
		o.snap = pinned
	}
	return o
}

// Moved reports that an answer of the operation failed since its version of the
// data was nowhere to be had any more: begun anew, the operation may succeed.
func (o *Operation) Moved() bool { return o.moved.Load() }
