package cube_test

import (
	"testing"

	"clickql/internal/cube"
)

// weeks are 70 days of 100 downloads, of 50 on every seventh.
func weeks() *cube.Result {
	r := &cube.Result{}
	for i := range 70 {
		n := int64(100)
		if i%7 == 3 {
			n = 50
		}
		r.Days, r.Totals = append(r.Days, cube.Day(20000+i)), append(r.Totals, n)
	}
	return r
}

func TestSpikes(t *testing.T) {
	data := cube.Range{From: 20000, To: 20069}
	days := cube.Range{From: 20035, To: 20069}
	calendar := cube.Calendar{Days: data}
	everyone := &cube.Result{}
	for i, n := range weeks().Totals {
		everyone.Days, everyone.Totals = append(everyone.Days, cube.Day(20000+i)), append(everyone.Totals, 100*n)
	}
	own := weeks()
	own.Totals[46], own.Totals[66] = 300, 100 // 66 is a day of 50
	got := calendar.Spikes(days, own, everyone)
	if len(got) != 2 || got[0].Date != 20046 || got[0].Total != 300 || got[0].Expected != 100 || got[0].Deviation != 20 || got[1].Date != 20066 || got[1].Expected != 50 {
		t.Errorf("%+v", got)
	}
	// What everyone does too is none, what everyone alone does neither.
	both := &cube.Result{Days: everyone.Days, Totals: append([]int64{}, everyone.Totals...)}
	both.Totals[46] *= 3
	if got := calendar.Spikes(days, own, both); len(got) != 1 || got[0].Date != 20066 {
		t.Errorf("a day on which everyone rises: %+v", got)
	}
	if got := calendar.Spikes(days, weeks(), both); len(got) != 0 {
		t.Errorf("a day on which everyone else rises: %+v", got)
	}
	// All of PyPI is held against itself only.
	if got := calendar.Spikes(days, own, own); len(got) != 2 {
		t.Errorf("of everyone: %+v", got)
	}
	// A day that is not settled is none, and too few settled ones tell nothing.
	calendar.Unsettled = []cube.Day{20039, 20046, 20053}
	if got := calendar.Spikes(days, own, everyone); len(got) != 1 || got[0].Date != 20066 {
		t.Errorf("with days that are not settled: %+v", got)
	}
	if got := calendar.Spikes(cube.Range{From: 20020, To: 20025}, own, everyone); len(got) != 0 {
		t.Errorf("in the first weeks: %+v", got)
	}
}
