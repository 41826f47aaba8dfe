package ledger

import (
	"testing"
)

func TestJudgeBatch(t *testing.T) {
	for state, want := range map[State]recovery{Planned: GiveUp, Staging: GiveUp, Staged: GiveUp, Publishing: RollForward, Done: LeaveAlone, Failed: LeaveAlone} {
		if got := JudgeBatch(state); got != want {
			t.Errorf("%v: %v, want %v", state, got, want)
		}
		if state.Final() != (want == LeaveAlone) {
			t.Errorf("%v: final is %v", state, state.Final())
		}
	}
	if Failed < Publishing || Failed < Done {
		t.Error("a batch that was given up could be revived by a later line")
	}
}
