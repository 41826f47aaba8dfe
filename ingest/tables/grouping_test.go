package tables

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseShape(t *testing.T) {
	source := ID{"pypi", "pypi"}
	for _, c := range []struct {
		sql  string
		want *Grouping
	}{
		{"SELECT project, date, count() AS count FROM pypi.pypi GROUP BY project, date",
			&Grouping{Keys: []Item{{Name: "project", Column: "project"}, {Name: "date", Column: "date"}}, Counts: []string{"count"}}},
		{"SELECT toStartOfMonth(date) AS month, project, count() AS count FROM pypi.pypi GROUP BY month, project",
			&Grouping{Keys: []Item{{Name: "month", Func: "toStartOfMonth", Column: "date"}, {Name: "project", Column: "project"}}, Counts: []string{"count"}}},
		{"SELECT project, max(date) AS max_date, min(date) AS min_date FROM pypi.pypi GROUP BY project",
			&Grouping{Keys: []Item{{Name: "project", Column: "project"}}, Ends: []Item{{Name: "max_date", Func: "max", Column: "date"}, {Name: "min_date", Func: "min", Column: "date"}}}},
		{"SELECT project, count() AS count FROM pypi.other GROUP BY project", nil},
		{"SELECT project, count() AS count FROM pypi.pypi WHERE ci = 'true' GROUP BY project", nil},
		{"SELECT project, count() AS count FROM pypi.pypi GROUP BY project HAVING count > 1", nil},
		{"SELECT project, date, count() AS count FROM pypi.pypi GROUP BY project", nil},
		{"SELECT project, sum(n) AS count FROM pypi.pypi GROUP BY project", nil},
		{"SELECT DISTINCT project, count() AS count FROM pypi.pypi GROUP BY project", nil},
		{"SELECT project, rand(date) AS r, count() AS count FROM pypi.pypi GROUP BY project, r", nil},
		{"SELECT lower(project) AS project, count() AS count FROM pypi.pypi GROUP BY project", nil},
		{"SELECT lower(system) AS project, project AS p, count() AS count FROM pypi.pypi GROUP BY project, p", nil},
		{"SELECT lower(system) AS project, max(project) AS last, count() AS count FROM pypi.pypi GROUP BY project", nil},
		{"WITH 1 AS x SELECT project, count() AS count FROM pypi.pypi GROUP BY project", nil},
	} {
		if diff := cmp.Diff(c.want, parseGrouping(c.sql, source)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.sql, diff)
		}
	}
}
