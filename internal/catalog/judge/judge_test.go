package judge

import (
	"testing"

	"clickql/internal/cube"
)

// TestJudge holds totals against a sample and against tables that disagree.
func TestJudge(t *testing.T) {
	want := Totals{10: 1, 12: 2, 13: 3}
	sampled := Reference{ByDay: want, Days: cube.Range{From: 8, To: 15}, Name: "the raw table", Sampled: true}
	if v := sampled.Judge(cube.GrainDay, want); v.Covers != (cube.Range{From: 10, To: 13}) || v.Reason == "" {
		t.Errorf("without proof at the edges: %+v", v)
	}
	if v := sampled.Judge(cube.GrainDay, Totals{12: 2, 13: 3}); v.Covers != (cube.Range{From: 12, To: 13}) {
		t.Errorf("a day lacks: %+v", v)
	}
	byDay, disputed := Majority([]Totals{{1: 5, 2: 5}, {1: 5, 2: 6}, {1: 4}})
	if byDay[1] != 5 || disputed[1] || !disputed[2] {
		t.Errorf("agreed on %v, disputed %v", byDay, disputed)
	}
	ref := Reference{ByDay: byDay, Days: cube.Range{From: 1, To: 2}, Name: "most", Disputed: disputed}
	if v := ref.Judge(cube.GrainDay, Totals{1: 5, 2: 5}); v.Covers != (cube.Range{From: 1, To: 1}) {
		t.Errorf("a disputed day is covered: %+v", v)
	}
	if v := ref.Judge(cube.GrainNone, Totals{0: 10}); !v.Covers.Empty() {
		t.Errorf("a total over a disputed day is covered: %+v", v)
	}
}
