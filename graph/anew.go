package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
)

// All parts of an answer are of one version of the data. Where no server has that
// any more before all parts are there, the operation begins anew on the next one.

const (
	// mostAnew is how often an operation begins anew; the last time one server
	// answers all of it, at whatever version that has, since data that changes so
	// often has none that lasts.
	mostAnew = 3
	// settleTime is how long the next version is waited for: tables of one load
	// become public one after the other.
	settleTime = 5 * time.Second
)

// anew is a handler that begins a query again where its version is lost.
func (o *operations) anew(next graphql.OperationHandler, op *operation, handler graphql.ResponseHandler) graphql.ResponseHandler {
	return func(ctx context.Context) *graphql.Response {
		resp := handler(ctx)
		for try := 1; resp != nil && op.Moved() && try <= mostAnew && ctx.Err() == nil; try++ {
			o.cfg.settled(ctx, op.Snap)
			loads := o.cfg.Loader.Begin(ctx)
			if try == mostAnew {
				loads = o.cfg.Loader.BeginPinned(ctx)
			}
			op = o.cfg.beginWith(loads, false)
			of := withOperation(ctx, op)
			handler = o.start(of, next, op, false)
			resp = handler(of)
		}
		return resp
	}
}

// settled waits until there is another version of the data than a snapshot's, as
// long as that may take.
func (c *HandlerConfig) settled(ctx context.Context, snap *catalog.Snapshot) {
	if c.Changes == nil {
		return
	}
	changed := c.Changes.Changed() // before looking, so that nothing is missed
	if now := c.Changes.Snapshot(); now.Version != snap.Version || now.Server != snap.Server {
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
