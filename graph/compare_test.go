package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"clickql/internal/oracle"
)

// A comparison's lines are what the raw table has for each project, on one time
// axis.
func TestComparisonsEqualTheRawTable(t *testing.T) {
	d := newData(t)
	for name, h := range d.withAndWithoutIndex() {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			names := rapid.SliceOfN(rapid.SampledFrom(append(projectNames, "unknown")), 0, 5).Draw(t, "projects")
			q, fields := d.DrawQuestion(t), d.DrawFields(t, 0)
			interval, derived := rapid.SampledFrom([]string{"DAY", "WEEK", "MONTH"}).Draw(t, "interval"), oracle.Derived{Indexed: true}
			if interval == "DAY" {
				derived.Days, derived.Weeks = 7, 2
			}
			lines := []any{}
			for _, name := range names {
				if name == "unknown" {
					lines = append(lines, nil)
					continue
				}
				s := q.Of(d.Data, []string{name})
				series := derived.Add(d.Data, s, interval, map[string]any{"totals": s.Series(d.Data, interval)["totals"]})
				lines = append(lines, map[string]any{"project": map[string]any{"name": name}, "total": s.Total(), "series": series,
					"downloads": d.Answers(s, fields)})
			}
			args := append([]string{"projects: " + quoted(names), "interval: " + interval}, q.Args...)
			check(t, h, fmt.Sprintf(`{ compare(%s) { interval dates lines { project { name } total series { totals%s } downloads {%s } } } }`,
				strings.Join(args, ", "), derived, fields),
				map[string]any{"compare": map[string]any{"interval": interval, "dates": q.Of(d.Data, nil).Series(d.Data, interval)["dates"], "lines": lines}})
		}))
	}
}

// What averages and changes are of is in the data, whole: nothing is made of days
// that were never loaded.
func TestAveragesOfMissingDays(t *testing.T) {
	d := newData(t, `INSERT INTO pypi (date, project, version) SELECT toDate('2024-01-01') + number, 'a', '1' FROM numbers(20) WHERE number != 9`)
	h := d.handler(Limits{})
	got := post(t, h, `{ project(name: "a") { downloads(range: {from: "2024-01-08", to: "2024-01-22"}) {
		series { missing movingAverage(days: 2) weekdayChange(weeks: 1) indexed } } } }`, nil, nil)
	series := got.Data["project"].(map[string]any)["downloads"].(map[string]any)["series"]
	want := decoded(t, `{"missing": ["2024-01-10", "2024-01-21", "2024-01-22"],
		"movingAverage": [1, 1, null, null, 1, 1, 1, 1, 1, 1, 1, 1, 1, null, null],
		"weekdayChange": [0, 0, null, 0, 0, 0, 0, 0, 0, null, 0, 0, 0, null, null],
		"indexed": [100, 100, 0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0, 0]}`)
	if diff := cmp.Diff(want, plain(series)); diff != "" {
		t.Errorf("want (-), got (+):\n%s\n%s", diff, got.body)
	}
}

// What cannot be computed is told at its place, and the rest is there.
func TestMistakesOfSeriesAndComparisons(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{Compared: 100})
	for _, c := range []struct{ query, path, code string }{
		{`{ downloads { series(interval: WEEK) { totals movingAverage } } }`, `["downloads","series","movingAverage"]`, "BAD_USER_INPUT"},
		{`{ downloads { series(interval: MONTH) { totals weekdayChange } } }`, `["downloads","series","weekdayChange"]`, "BAD_USER_INPUT"},
		{`{ downloads { series { totals movingAverage(days: 0) } } }`, `["downloads","series","movingAverage"]`, "BAD_USER_INPUT"},
		{`{ downloads { series { totals movingAverage(days: 367) } } }`, `["downloads","series","movingAverage"]`, "BAD_USER_INPUT"},
		{`{ downloads { series { totals weekdayChange(weeks: 53) } } }`, `["downloads","series","weekdayChange"]`, "BAD_USER_INPUT"},
		{`{ compare(projects: ["numpy", "pandas"]) { dates } }`, `["compare"]`, "COST_LIMIT"},
		{`{ downloads { total byRelease(first: 1001) { total } } }`, `["downloads","byRelease"]`, "BAD_USER_INPUT"},
	} {
		got := post(t, h, c.query, nil, nil)
		if len(got.Errors) != 1 || got.Errors[0].path() != c.path || got.Errors[0].code() != c.code {
			t.Errorf("%s: %s", c.query, got.body)
		}
		if strings.Contains(c.query, "series") && !strings.Contains(got.body, `"totals":[`) {
			t.Errorf("%s: totals are gone: %s", c.query, got.body)
		}
	}
	few := post(t, d.handler(Limits{Versions: 3}), `{ downloads { byRelease { total } } }`, nil, nil)
	if len(few.Errors) != 1 || few.Errors[0].code() != "BAD_USER_INPUT" || few.Errors[0].Extensions["limit"] == nil {
		t.Errorf("more versions than allowed: %s", few.body)
	}
}

// Beside every series stands what it was computed from.
func TestFreshnessIsBesideEverySeries(t *testing.T) {
	h := newData(t).handler(Limits{})
	got := post(t, h, `{ dataset { updatedAt } downloads { asOf series { asOf } } compare(projects: []) { asOf } }`, nil, nil)
	at := got.Data["dataset"].(map[string]any)["updatedAt"]
	want := map[string]any{"dataset": map[string]any{"updatedAt": at}, "downloads": map[string]any{"asOf": at, "series": map[string]any{"asOf": at}},
		"compare": map[string]any{"asOf": at}}
	if diff := cmp.Diff(plain(want), plain(got.Data)); diff != "" || at == nil {
		t.Errorf("%s\n%s", diff, got.body)
	}
}
