package publish

import (
	"testing"
)

// TestJudgeMove goes through every instant at which a move of one part can be
// interrupted, and the totals that only somebody else can have made.
func TestJudgeMove(t *testing.T) {
	for _, c := range []struct {
		what                 string
		before, delta, found int64
		staged               bool
		want                 landing
	}{
		{"before the target's rename", 100, 7, 100, true, notLanded},
		{"between the target's rename and the source's", 100, 7, 107, true, landed},
		{"after the source's rename", 100, 7, 107, false, landed},
		{"into an empty partition, before", 0, 7, 0, true, notLanded},
		{"into an empty partition, after", 0, 7, 7, false, landed},
		{"a private table dropped by hand", 100, 7, 100, false, vanished},
		{"somebody added", 100, 7, 103, true, foreign},
		{"somebody added after it landed", 100, 7, 110, false, foreign},
		{"somebody removed", 100, 7, 0, true, foreign},
		{"it landed twice", 100, 7, 114, false, foreign},
	} {
		if got := judgeMove(c.before, c.delta, c.found, c.staged); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	if judgeIdempotent(true) != notLanded || judgeIdempotent(false) != landed {
		t.Error("an idempotent table is moved again exactly while something is staged")
	}
}
