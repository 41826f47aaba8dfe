package graph

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMissing announces the days that nobody loaded, within the range asked for
// and within the data.
func TestMissing(t *testing.T) {
	d := newData(t, `INSERT INTO pypi (date, project, version) SELECT day, 'a', '1' FROM
		(SELECT toDate('2024-01-01') + number AS day FROM numbers(40)) WHERE day NOT IN ('2024-01-10', '2024-01-31', '2024-02-01')`)
	got := post(t, d.handler(Limits{}), `{
		dataset { missing }
		downloads { series { missing } }
		week: downloads(range: {from: "2024-01-08", to: "2024-01-31"}) { series(interval: WEEK) { missing totals } }
		none: downloads(range: {from: "2024-02-02", to: "2025-01-01"}) { series(interval: MONTH) { missing } }
		project(name: "a") { downloads(range: {from: "2023-01-01", to: "2024-01-10"}) { series { missing } } }
	}`, nil, nil)
	want := `{"dataset": {"missing": ["2024-01-10", "2024-01-31", "2024-02-01"]},
		"downloads": {"series": {"missing": ["2024-01-10", "2024-01-31", "2024-02-01"]}},
		"week": {"series": {"missing": ["2024-01-10", "2024-01-31"], "totals": [6, 7, 7, 2]}},
		"none": {"series": {"missing": []}},
		"project": {"downloads": {"series": {"missing": ["2024-01-10"]}}}}`
	if diff := cmp.Diff(decoded(t, want), plain(got.Data)); diff != "" || len(got.Errors) > 0 {
		t.Errorf("%s\n%s", got.body, diff)
	}
}
