package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// anew is a handler that begins a query again where its version of the data is lost.
func (o *operations) anew(next graphql.OperationHandler, op *operation, handler graphql.ResponseHandler) graphql.ResponseHandler {
	return func(ctx context.Context) *graphql.Response {
		resp := handler(ctx)
		for try := 1; resp != nil; try++ {
			loads := o.cfg.Loader.Anew(ctx, op.Operation.Operation, try)
			if loads == nil {
				break
			}
			again := o.cfg.beginWith(o.cfg.asks(loads, false)) // a part of a batch by itself: others may be done
			again.member, op = op.member, again
			of := withOperation(ctx, op)
			handler = o.start(of, next, op, false)
			resp = handler(of)
		}
		return resp
	}
}
