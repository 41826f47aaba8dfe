package find

import (
	"testing"
	"time"

	"clickql/ingest/config"
)

// TestJudgeFailures tries a file ever more seldom, then not at all.
func TestJudgeFailures(t *testing.T) {
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	watch := config.Config{Tries: 3, RetryAfter: time.Hour}
	for _, c := range []struct {
		cfg   config.Config
		times int
		last  time.Time
		want  patience
	}{
		{watch, 0, time.Time{}, tryNow},
		{watch, 1, ago(50 * time.Minute), tryLater},
		{watch, 1, ago(70 * time.Minute), tryNow},
		{watch, 2, ago(100 * time.Minute), tryLater},
		{watch, 2, ago(140 * time.Minute), tryNow},
		{watch, 2, now.Add(time.Minute), tryNow}, // the clock was put back
		{watch, 3, ago(1000 * time.Hour), setAside},
		{config.Config{Tries: 3}, 2, now, tryNow},
		{config.Config{Tries: 3}, 3, now, setAside},
		{config.Config{Tries: 3, RetryAfter: time.Hour, RetryAll: true}, 9, now, tryNow},
	} {
		if got := judgeFailures(c.cfg, "f", failures{Times: uint64(c.times), Last: c.last}, now); got != c.want {
			t.Errorf("%d failures, the last at %s, after %s: %d, want %d", c.times, c.last, c.cfg.RetryAfter, got, c.want)
		}
	}
	waits := map[time.Duration]bool{}
	for _, file := range []string{"a", "b", "c"} {
		w := config.Spread(time.Hour, fraction(file, 1))
		if waits[w] = true; w < 54*time.Minute || w > 66*time.Minute {
			t.Errorf("%s waits %s", file, w)
		}
	}
	if len(waits) != 3 {
		t.Errorf("files come back together: %v", waits)
	}
}
