package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"clickql/internal/fault"
	"clickql/internal/gqlhttp"
)

// The bounds of a response's errors: a field that fails may be in each of a
// thousand elements of a list.
const (
	maxErrors     = 250
	maxErrorBytes = 256 << 10
)

type errorBudgetKey struct{}

// errorBudget counts the errors of a response.
type errorBudget struct {
	mu           sync.Mutex
	count, bytes int
}

// admit is the error, as long as there is room; then once an error that says so,
// and then nil.
func (b *errorBudget) admit(err *gqlerror.Error) *gqlerror.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count > maxErrors {
		return nil
	}
	b.count++
	b.bytes += len(err.Message) + 100
	for _, element := range err.Path {
		name, _ := element.(ast.PathName)
		b.bytes += len(name) + 4
	}
	if b.count <= maxErrors && b.bytes <= maxErrorBytes {
		return err
	}
	b.count = maxErrors + 1
	return &gqlerror.Error{
		Message:    "there are more errors than are shown: fields that are null without an error of their own have failed too",
		Extensions: map[string]any{"code": gqlhttp.CodeLimit},
	}
}

// presenter tells clients what went wrong: always with a code, with the path
// of the field where there is one, never with SQL or the name of a host. What
// is not the client's doing is logged with its cause.
type presenter struct{ log *slog.Logger }

// present is the one place where an error becomes part of a response; nil leaves
// it out, where the response has too many already.
func (p presenter) present(ctx context.Context, err error) *gqlerror.Error {
	shown := p.shown(ctx, err)
	if room, ok := ctx.Value(errorBudgetKey{}).(*errorBudget); ok {
		return room.admit(shown)
	}
	return shown
}

// shown is the error as it is told.
func (p presenter) shown(ctx context.Context, err error) *gqlerror.Error {
	shown := &gqlerror.Error{}
	if given, ok := errors.AsType[*gqlerror.Error](err); ok {
		shown.Path, shown.Locations = given.Path, given.Locations
	}
	if field := graphql.GetFieldContext(ctx); field != nil {
		// Not the path into the arguments: clients know the response's keys.
		shown.Path = field.Path()
		if pos := field.Field.Position; shown.Locations == nil && pos != nil {
			shown.Locations = []gqlerror.Location{{Line: pos.Line, Column: pos.Column}}
		}
	}
	told := p.explain(err)
	shown.Message = gqlhttp.Shorten(told.Message)
	shown.Extensions = map[string]any{"code": told.Code}
	if told.Limit > 0 {
		shown.Extensions["limit"], shown.Extensions["given"] = told.Limit, told.Given
	}
	if told.Retry > 0 {
		shown.Extensions[gqlhttp.RetryAfter] = told.RetryAfter()
	}
	p.report(ctx, shown.Path, told)
	return shown
}

// explain is the error in the terms that clients rely on.
func (p presenter) explain(err error) *fault.Error {
	if told, ok := errors.AsType[*fault.Error](err); ok {
		return told
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &fault.Error{Code: fault.Timeout, Message: "the answer was not ready in time", Cause: err}
	}
	if given, ok := errors.AsType[*gqlerror.Error](err); ok && given.Extensions["code"] != nil {
		limit, _ := given.Extensions["limit"].(int)
		value, _ := given.Extensions["given"].(int)
		return &fault.Error{Code: fault.Code(fmt.Sprint(given.Extensions["code"])), Message: given.Message, Limit: int64(limit), Given: int64(value)}
	}
	return &fault.Error{Code: fault.Internal, Message: "something went wrong on our side; it has been logged", Cause: err}
}

// report logs what is not the client's doing.
func (p presenter) report(ctx context.Context, path ast.Path, told *fault.Error) {
	level := slog.LevelError
	switch told.Code {
	case fault.Unavailable, fault.Timeout, fault.Overloaded:
		level = slog.LevelWarn
	case fault.Internal:
	default:
		return
	}
	p.log.Log(ctx, level, "a field could not be answered",
		"path", path.String(), "code", string(told.Code), "error", told.Message, "cause", told.Cause)
}

// recovered makes an error of a panic.
func (p presenter) recovered(ctx context.Context, cause any) error {
	p.log.ErrorContext(ctx, "a resolver panicked", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	return &fault.Error{Code: fault.Internal, Message: "something went wrong on our side; it has been logged", Cause: fmt.Errorf("panic: %v", cause)}
}
