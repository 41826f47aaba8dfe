package server

import (
	"context"
	"log/slog"
	"slices"

	"clickql/internal/gqlhttp"
	"clickql/internal/telemetry"
)

// LogHandler adds the id of the request that a line belongs to, so that what
// other packages log can be found from the access log and from a response's
// X-Request-Id. Failures in a request are part of its one line of the access log: the
// worst of them, and how many there were. Long values are cut.
func LogHandler(next slog.Handler) slog.Handler { return requestLog{next, nil} }

type requestLog struct {
	slog.Handler
	with []slog.Attr
}

// longestValue is how many bytes of a value are logged.
const longestValue = 4000

func (h requestLog) Handle(ctx context.Context, line slog.Record) error {
	whole := slog.NewRecord(line.Time, line.Level, line.Message, line.PC)
	line.Attrs(func(a slog.Attr) bool {
		whole.AddAttrs(shortened(a))
		return true
	})
	if of, ok := ctx.Value(lineKey{}).(*requestLine); ok && of.take(whole, h.with) {
		return nil
	}
	if id := telemetry.RequestID(ctx); id != "" {
		whole.AddAttrs(slog.String("id", id))
	}
	return h.Handler.Handle(ctx, whole)
}

// shortened is an attribute whose text, or that of an error, is cut where it is long.
func shortened(a slog.Attr) slog.Attr {
	var text string
	switch value := a.Value.Any().(type) {
	case string:
		text = value
	case error:
		text = value.Error()
	case []slog.Attr:
		value = slices.Clone(value)
		for i := range value {
			value[i] = shortened(value[i])
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(value...)}
	default:
		return a
	}
	if len(text) <= longestValue {
		return a
	}
	return slog.String(a.Key, gqlhttp.Cut(text, longestValue))
}

func (h requestLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLog{h.Handler.WithAttrs(attrs), append(slices.Clone(h.with), attrs...)}
}

func (h requestLog) WithGroup(name string) slog.Handler {
	return requestLog{h.Handler.WithGroup(name), h.with}
}
