package graph

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"clickql/internal/fault"
)

// CodeTooLarge is the code of an answer that was given up while it was written, as
// it had come to its largest size.
const CodeTooLarge fault.Code = "RESPONSE_TOO_LARGE"

// cutter gives answers up that become too large, while they are written: what
// they hold is only known then. It is a gqlgen extension.
type cutter struct {
	most int
	tell presenter
}

// ExtensionName names the extension to gqlgen.
func (cutter) ExtensionName() string { return "Cutter" }

// Validate finds nothing wrong.
func (cutter) Validate(graphql.ExecutableSchema) error { return nil }

type lengthKey struct{}

// length counts the bytes of one answer. It is written by one goroutine.
type length struct{ bytes int64 }

// abandoned ends writing, through code that cannot return an error.
type abandoned struct{ err error }

// InterceptResponse answers in place of an answer that was given up.
func (c cutter) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) (resp *graphql.Response) {
	defer func() {
		if cause := recover(); cause != nil {
			up, ok := cause.(abandoned)
			if !ok {
				panic(cause)
			}
			resp = &graphql.Response{Data: []byte("null"), Errors: gqlerror.List{c.tell.shown(ctx, up.err)}}
		}
	}()
	return next(context.WithValue(ctx, lengthKey{}, &length{}))
}

// InterceptRootField has what is written of the field counted.
func (c cutter) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	res := next(ctx)
	sum, ok := ctx.Value(lengthKey{}).(*length)
	if !ok || res == nil || res == graphql.Null || res == graphql.RequiredNull {
		return res
	}
	return graphql.WriterFunc(func(w io.Writer) { res.MarshalGQL(&counting{ctx, w, sum, int64(c.most)}) })
}

// counting is a writer that gives up beyond a number of bytes, or when nobody
// waits any more.
type counting struct {
	ctx  context.Context
	to   io.Writer
	sum  *length
	most int64
}

// Write passes p on.
func (c *counting) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		panic(abandoned{err})
	}
	if c.sum.bytes += int64(len(p)); c.sum.bytes > c.most {
		panic(abandoned{fault.OverLimit(CodeTooLarge, c.sum.bytes, c.most,
			"the answer is larger than %d bytes: ask for fewer elements, a longer interval or a shorter range", c.most)})
	}
	return c.to.Write(p)
}
