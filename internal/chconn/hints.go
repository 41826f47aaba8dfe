package chconn

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
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
func (c *Conn) hinted(ctx context.Context, p driver.Conn) (context.Context, error) {
	hints, _ := ctx.Value(hintsKey{}).(clickhouse.Settings)
	if len(hints) == 0 {
		return ctx, nil
	}
	taken := c.taken.Load()
	if taken == nil {
		found, err := takenBy(valueless{ctx}, p)
		if err != nil {
			return nil, err
		}
		taken = &found
		c.taken.Store(taken)
	}
	send := clickhouse.Settings{}
	for name, value := range hints {
		if (*taken)[name] {
			send[name] = value
		}
	}
	if len(send) == 0 {
		return ctx, nil
	}
	return clickhouse.Context(ctx, clickhouse.WithSettings(send)), nil
}

// valueless is a context without its values: whoever follows a query's progress
// is not told of another.
type valueless struct{ context.Context }

// Value is nil.
func (valueless) Value(any) any { return nil }

// takenBy are the settings that the server takes from the account: none where it
// may change none, or may not see which there are.
func takenBy(ctx context.Context, p driver.Conn) (map[string]bool, error) {
	var readonly uint64
	if err := p.QueryRow(ctx, "SELECT toUInt64(getSetting('readonly'))").Scan(&readonly); err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	if readonly == 1 {
		return taken, nil
	}
	var names []string
	err := p.QueryRow(ctx, "SELECT groupArray(name) FROM system.settings WHERE NOT readonly").Scan(&names)
	if Classify(err) == Denied {
		return taken, nil
	}
	for _, name := range names {
		taken[name] = true
	}
	return taken, err
}
