package telemetry

import "context"

type (
	requestKey   struct{}
	operationKey struct{}
)

// WithRequest gives a context the id of the request that it belongs to.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID is the id of the request that ctx belongs to, empty outside one. It is
// what log lines, the response's X-Request-Id and system.query_log have in common.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// maxOperation is the most bytes of an operation's name that are told on.
const maxOperation = 100

// WithOperation gives a context the name of what is being answered; a long one is
// cut, since clients choose it.
func WithOperation(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, operationKey{}, name[:min(len(name), maxOperation)])
}

// Operation is the name that WithOperation gave, empty without one.
func Operation(ctx context.Context) string {
	name, _ := ctx.Value(operationKey{}).(string)
	return name
}
