package chconn

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// hintsKey is the key of a context's hints.
type hintsKey struct{}

// WithHints gives a context whose queries carry settings that change no result
// and only what it costs: they are sent where the account may change settings
// and the server knows them, and left out otherwise.
func WithHints(ctx context.Context, hints clickhouse.Settings) context.Context {
	return context.WithValue(ctx, hintsKey{}, hints)
}

// hinted adds the hints of ctx, those that may be sent.
func (a *account) hinted(ctx context.Context) context.Context {
	hints, _ := ctx.Value(hintsKey{}).(clickhouse.Settings)
	send := clickhouse.Settings{}
	for name, value := range hints {
		if a.taken[name] {
			send[name] = value
		}
	}
	if len(send) == 0 {
		return ctx
	}
	return clickhouse.Context(ctx, clickhouse.WithSettings(send))
}

// valueless is a context without its values: whoever follows a query's progress
// is not told of another.
type valueless struct{ context.Context }

// Value is nil.
func (valueless) Value(any) any { return nil }
