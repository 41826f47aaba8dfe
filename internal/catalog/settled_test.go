package catalog

import (
	"fmt"
	"testing"

	"clickql/internal/catalog/judge"
	"clickql/internal/cube"
)

// monday is a day, so that weekdays can be counted from it.
const monday cube.Day = 20002

// weeks are totals of so many weeks from monday on: 1000 on weekdays, 600 on
// Saturdays and Sundays, each a little other than the one before.
func weeks(n int) judge.Totals {
	t := judge.Totals{}
	for i := range cube.Day(7 * n) {
		if t[monday+i] = 1000 + int64(i*37%41); i%7 >= 5 {
			t[monday+i] = 600 + int64(i*37%41)
		}
	}
	return t
}

// TestNewestDayByItsTotal: the newest day is settled where its total is like that of
// the same weekday in the weeks before.
func TestNewestDayByItsTotal(t *testing.T) {
	for name, c := range map[string]struct {
		weeks   int
		newest  int64        // total of the day behind the weeks, which is a Monday
		change  judge.Totals // of days before
		settled bool
	}{
		"as always":                    {weeks: 10, newest: 1010, settled: true},
		"a bad Monday":                 {weeks: 10, newest: 890, settled: true},
		"half a Monday":                {weeks: 10, newest: 500},
		"a Monday as large as Sundays": {weeks: 10, newest: 640},
		"more than ever":               {weeks: 10, newest: 9000, settled: true},
		"after a holiday and a gap":    {weeks: 10, newest: 500, change: judge.Totals{monday + 63: 200, monday + 56: 0, monday + 49: 150}},
		"three Mondays":                {weeks: 3, newest: 500},
		"two Mondays, and all days":    {weeks: 2, newest: 300},
		"nothing before":               {weeks: 0, newest: 1, settled: true},
	} {
		totals := weeks(c.weeks)
		for d, n := range c.change {
			totals[d] = n
		}
		newest := monday + cube.Day(7*c.weeks)
		totals[newest] = c.newest
		got, by := settle(cube.Range{From: monday, To: newest}, nil, totals, nil)
		if settled := len(got) == 0; settled != c.settled || by != ByTotals {
			t.Errorf("%s: unsettled %v by %s", name, got, by)
		}
	}
}

// TestFewDownloads: chance is no lack. Of about fifty downloads a day some days have
// thirty-five.
func TestFewDownloads(t *testing.T) {
	totals := judge.Totals{}
	for i := range cube.Day(60) {
		totals[monday+i] = 50
	}
	for total, settled := range map[int64]bool{50: true, 35: true, 20: false} {
		totals[monday+60] = total
		if got, _ := settle(cube.Range{From: monday, To: monday + 60}, nil, totals, nil); (len(got) == 0) != settled {
			t.Errorf("%d: unsettled %v", total, got)
		}
	}
}

// TestLedgerOutranksTotals: where the ledger has files of a day it alone tells; of
// the other days totals do.
func TestLedgerOutranksTotals(t *testing.T) {
	totals, days := weeks(10), cube.Range{From: monday, To: monday + 70}
	gap := []cube.Day{monday + 9}
	for name, c := range map[string]struct {
		named  ledgerDays
		newest int64
		want   string
		by     SettledBy
	}{
		"all done, though few":     {ledgerDays{monday + 70: true}, 5, "[9]", ByLedger},
		"not done, though as many": {ledgerDays{monday + 70: false}, 1010, "[9 70]", ByLedger},
		"an older day is open":     {ledgerDays{monday + 20: false, monday + 70: true}, 5, "[9 20]", ByLedger},
		"of older days only":       {ledgerDays{monday + 20: false, monday + 69: true}, 5, "[9 20 70]", ByTotals},
		"of days without data":     {ledgerDays{monday - 1: false, monday + 71: false, monday + 9: true}, 1010, "[9]", ByTotals},
	} {
		totals[days.To] = c.newest
		got, by := settle(days, gap, totals, c.named)
		places := []int{}
		for _, d := range got {
			places = append(places, int(d-monday))
		}
		if fmt.Sprint(places) != c.want || by != c.by {
			t.Errorf("%s: %v by %s, want %s by %s", name, places, by, c.want, c.by)
		}
	}
}
