package graph

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMissing announces the days that nobody loaded, within the range asked for, also
// those beside the data.
func TestMissing(t *testing.T) {
	d := newData(t, `INSERT INTO pypi (date, project, version) SELECT day, 'a', '1' FROM
		(SELECT toDate('2024-01-01') + number AS day FROM numbers(40)) WHERE day NOT IN ('2024-01-10', '2024-01-31', '2024-02-01')`)
	got := post(t, d.handler(Limits{}), `{
		dataset { missing }
		downloads { series { missing } }
		week: downloads(range: {from: "2024-01-08", to: "2024-01-31"}) { series(interval: WEEK) { missing totals } }
		none: downloads(range: {from: "2024-02-02", to: "2024-02-09"}) { missing series(interval: MONTH) { missing } }
		after: downloads(range: {from: "2024-02-08", to: "2024-02-11"}) { missing series { missing complete totals } previous { missing } }
		project(name: "a") { downloads(range: {from: "2023-12-30", to: "2024-01-10"}) { missing series(interval: WEEK) { missing complete } } }
	}`, nil, nil)
	want := `{"dataset": {"missing": ["2024-01-10", "2024-01-31", "2024-02-01"]},
		"downloads": {"series": {"missing": ["2024-01-10", "2024-01-31", "2024-02-01"]}},
		"week": {"series": {"missing": ["2024-01-10", "2024-01-31"], "totals": [6, 7, 7, 2]}},
		"none": {"missing": [], "series": {"missing": []}},
		"after": {"missing": ["2024-02-10", "2024-02-11"], "series": {"missing": ["2024-02-10", "2024-02-11"], "complete": [true, true, false, false], "totals": [1, 1, 0, 0]},
			"previous": {"missing": []}},
		"project": {"downloads": {"missing": ["2023-12-30", "2023-12-31", "2024-01-10"], "series": {"missing": ["2023-12-30", "2023-12-31", "2024-01-10"], "complete": [false, true, false]}}}}`
	if diff := cmp.Diff(decoded(t, want), plain(got.Data)); diff != "" || len(got.Errors) > 0 {
		t.Errorf("%s\n%s", got.body, diff)
	}
}

// TestChangeOfAFlatProject: ten downloads a day are no rise and no fall, whatever days
// are missing.
func TestChangeOfAFlatProject(t *testing.T) {
	d := newData(t, `INSERT INTO pypi (date, project, version) SELECT toDate('2024-01-01') + intDiv(number, 10) AS day, 'a', '1' FROM numbers(400)
		WHERE day NOT IN ('2024-01-10', '2024-01-24')`)
	h := d.handler(Limits{})
	for name, c := range map[string]struct{ days, want string }{
		"whole":                               {`{from: "2024-01-17", to: "2024-01-20"}`, "0 0"},
		"a day is missing":                    {`{from: "2024-01-22", to: "2024-01-26"}`, "<nil> 0"},
		"a day is missing before":             {`{from: "2024-01-25", to: "2024-01-30"}`, "<nil> 0"},
		"days are missing in both":            {`{from: "2024-01-23", to: "2024-02-09"}`, "<nil> 0"},
		"it ends behind the data":             {`{from: "2024-02-05", to: "2024-02-14"}`, "<nil> 0"},
		"the one before begins before it":     {`{from: "2024-01-12", to: "2024-01-31"}`, "<nil> 0"},
		"no day of both":                      {`{from: "2024-01-01", to: "2024-01-04"}`, "<nil> <nil>"},
		"the only day is missing":             {`{from: "2024-01-24", to: "2024-01-24"}`, "<nil> <nil>"},
		"longer than the data, twice as long": {`{last: 12, unit: MONTH}`, "<nil> <nil>"},
		"all time":                            {`{}`, "<nil> <nil>"},
	} {
		got := post(t, h, `{ project(name: "a") { downloads(range: `+c.days+`) { change alike: change(likeForLike: true) } } }`, nil, nil)
		it := got.Data["project"].(map[string]any)["downloads"].(map[string]any)
		if text := fmt.Sprintf("%v %v", it["change"], it["alike"]); text != c.want || len(got.Errors) > 0 {
			t.Errorf("%s: %s, want %s\n%s", name, text, c.want, got.body)
		}
	}
}

// TestLastEndsOnTheSettledDay: the newest day is partial, and what counts back from
// it leaves it out.
func TestLastEndsOnTheSettledDay(t *testing.T) {
	d := newData(t, `INSERT INTO pypi (date, project, version) SELECT toDate('2024-01-01') + intDiv(number, 40) AS day, 'a', '1' FROM numbers(1610)`)
	got := post(t, d.handler(Limits{}), `{
		dataset { lastDay settledDay settledBy missing }
		last: downloads(range: {last: 3}) { total change missing series { dates totals complete } }
		open: downloads(range: {from: "2024-02-08"}) { total change missing series { totals complete missing movingAverage(days: 1) weekdayChange(weeks: 1) indexed } }
		month: downloads(range: {last: 1, unit: MONTH}) { series(interval: MONTH) { dates complete } } }`, nil, nil)
	want := `{"dataset": {"lastDay": "2024-02-10", "settledDay": "2024-02-09", "settledBy": "TOTALS", "missing": ["2024-02-10"]},
		"last": {"total": 120, "change": 0, "missing": [], "series": {"dates": ["2024-02-07", "2024-02-08", "2024-02-09"], "totals": [40, 40, 40], "complete": [true, true, true]}},
		"open": {"total": 90, "change": null, "missing": ["2024-02-10"], "series": {"totals": [40, 40, 10], "complete": [true, true, false], "missing": ["2024-02-10"],
			"movingAverage": [40, 40, null], "weekdayChange": [0, 0, null], "indexed": [100, 100, 25]}},
		"month": {"series": {"dates": ["2024-01-01", "2024-02-01"], "complete": [false, false]}}}`
	if diff := cmp.Diff(decoded(t, want), plain(got.Data)); diff != "" || len(got.Errors) > 0 {
		t.Errorf("%s\n%s", got.body, diff)
	}
	for _, days := range []string{`{unit: MONTH}`, `{from: "2024-01-01", unit: DAY}`, `{unit: DAY, to: "2024-01-01"}`} {
		got := post(t, d.handler(Limits{}), `{ lit: downloads(range: `+days+`) { total } }`, nil, nil)
		if len(got.Errors) != 1 || got.Errors[0].code() != "BAD_USER_INPUT" || got.Errors[0].path() != `["lit"]` {
			t.Errorf("%s: %s", days, got.body)
		}
	}
	unit := post(t, d.handler(Limits{}), `query($r: DateRange) { downloads(range: $r) { total } }`, map[string]any{"r": map[string]any{"unit": "DAY"}}, nil)
	if len(unit.Errors) != 1 || unit.Errors[0].code() != "BAD_USER_INPUT" {
		t.Errorf("a unit as a variable: %s", unit.body)
	}
}
