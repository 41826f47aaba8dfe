package chconn_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// TestDebugTellsWhatIsRun: and leaves what the driver says to a lower level.
func TestDebugTellsWhatIsRun(t *testing.T) {
	db := chtest.New(t)
	for level, driver := range map[slog.Level]bool{slog.LevelDebug: false, chconn.LevelTrace: true} {
		var log bytes.Buffer
		c, err := chconn.Open(t.Context(), chconn.Config{DSN: db.DSN, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Exec(t.Context(), "CREATE TABLE traced"+map[bool]string{true: "2", false: "1"}[driver]+" (x String DEFAULT 'it''s se\\'cret') ENGINE = Memory -- "+strings.Repeat("long ", 100)); err != nil {
			t.Fatal(err)
		}
		if err := c.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		text := log.String()
		if strings.Count(text, "msg=statement") != 1 || !strings.Contains(text, "CREATE TABLE traced") || strings.Contains(text, "cret") || strings.Contains(text, strings.Repeat("long ", 80)) {
			t.Errorf("at %s: %s", level, text)
		}
		if said := strings.Contains(text, "DEBUG-4"); said != driver {
			t.Errorf("at %s the driver says something: %v\n%s", level, said, text)
		}
	}
}
