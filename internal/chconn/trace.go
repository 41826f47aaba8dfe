package chconn

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"time"
)

// LevelTrace is the level of what the driver has to say of its connections,
// below slog.LevelDebug, at which a Conn tells what it runs.
const LevelTrace = slog.LevelDebug - 4

// traced logs everything at LevelTrace, and statements in outline.
type traced struct{ slog.Handler }

// Enabled reports whether that level is logged.
func (t traced) Enabled(ctx context.Context, _ slog.Level) bool {
	return t.Handler.Enabled(ctx, LevelTrace)
}

// Handle logs at that level.
func (t traced) Handle(ctx context.Context, r slog.Record) error {
	line := slog.NewRecord(r.Time, LevelTrace, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "sql" || a.Key == "query" {
			a.Value = slog.StringValue(outline(a.Value.String()))
		}
		line.AddAttrs(a)
		return true
	})
	return t.Handler.Handle(ctx, line)
}

// WithAttrs keeps the level.
func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{t.Handler.WithAttrs(attrs)} }

// WithGroup keeps the level.
func (t traced) WithGroup(name string) slog.Handler { return traced{t.Handler.WithGroup(name)} }

// Ended logs a statement at slog.LevelDebug, in outline and when it has ended. Exec does so
// by itself. Who reads says so of its queries, as those that come by the clock, such as
// looks for what is new, would hide the others.
func (c *Conn) Ended(ctx context.Context, query string, began time.Time, err error) {
	if c.log == nil || query == ping || !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	args := []any{"sql", outline(query), "took", time.Since(began).Round(time.Millisecond)}
	if err != nil {
		args = append(args, "failed", Classify(err).String())
	}
	c.log.DebugContext(ctx, "statement", args...)
}

// texts are string literals, which may hold keys of buckets.
var texts = regexp.MustCompile(`'(?:[^'\\]|\\.|'')*'`)

// outlineLength bounds a statement in the log.
const outlineLength = 300

// outline is a statement in one line, shortened, without its texts.
func outline(query string) string {
	query = strings.Join(strings.Fields(texts.ReplaceAllString(query, "'…'")), " ")
	if short := []rune(query); len(short) > outlineLength {
		return string(short[:outlineLength]) + "…"
	}
	return query
}
