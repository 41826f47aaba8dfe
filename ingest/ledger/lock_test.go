package ledger

import (
	"testing"
)

func TestJudgeHolder(t *testing.T) {
	me := Holder{Machine: "m", PID: 1, Token: "mine"}
	alive := func(pid int) bool { return pid == 7 }
	for _, c := range []struct {
		what  string
		state LockState
		me    Holder
		want  verdict
	}{
		{"no lock", LockState{}, me, takeFree},
		{"given back", LockState{Epoch: 3, Holder: Holder{Released: true, PID: 7, Machine: "m"}}, me, takeFree},
		{"alive here", LockState{Epoch: 3, Holder: Holder{PID: 7, Machine: "m"}}, me, WatchLease},
		{"dead here", LockState{Epoch: 3, Holder: Holder{PID: 8, Machine: "m"}}, me, TakeDead},
		{"elsewhere", LockState{Epoch: 3, Holder: Holder{PID: 8, Machine: "n"}}, me, WatchLease},
		{"a machine that does not tell", LockState{Epoch: 3, Holder: Holder{PID: 8}}, Holder{}, WatchLease},
	} {
		if got := JudgeHolder(c.state, c.me, alive); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
