package chconn

import (
	"context"
	"maps"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Hears reports that Listen has something to hear: the server's log comes over the
// native protocol, to an account that may ask for it.
func (c *Conn) Hears(ctx context.Context) bool {
	s, err := c.session(undated{ctx})
	return err == nil && c.opts.Protocol == clickhouse.Native && s.account.taken["send_logs_level"] && s.account.taken["send_logs_source_regexp"]
}

// Listen gives a context whose queries tell what the server logs of them, by the log's
// sources that match a regular expression of ClickHouse's. All has been heard once the
// rows have ended. It comes with the hints of ctx, so that it is called after WithHints.
func Listen(ctx context.Context, sources string, hear func(source string)) context.Context {
	hints, _ := ctx.Value(hintsKey{}).(clickhouse.Settings)
	all := LogSettings(sources)
	maps.Copy(all, hints)
	return clickhouse.Context(WithHints(ctx, all), clickhouse.WithLogs(func(l *clickhouse.Log) { hear(l.Source) }))
}

// LogSettings are those that have the server send its log of a query, from the sources
// that match.
func LogSettings(sources string) clickhouse.Settings {
	return clickhouse.Settings{"send_logs_level": "debug", "send_logs_source_regexp": sources}
}
