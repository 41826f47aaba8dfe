package server

import (
	"context"
	"log/slog"

	"clickql/internal/telemetry"
)

// LogHandler adds the id of the request that a line belongs to, so that what
// other packages log can be found from the access log and from a response's
// X-Request-Id.
func LogHandler(next slog.Handler) slog.Handler { return requestLog{next} }

type requestLog struct{ slog.Handler }

func (h requestLog) Handle(ctx context.Context, line slog.Record) error {
	if id := telemetry.RequestID(ctx); id != "" {
		line = line.Clone()
		line.AddAttrs(slog.String("id", id))
	}
	return h.Handler.Handle(ctx, line)
}

func (h requestLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLog{h.Handler.WithAttrs(attrs)}
}

func (h requestLog) WithGroup(name string) slog.Handler {
	return requestLog{h.Handler.WithGroup(name)}
}
