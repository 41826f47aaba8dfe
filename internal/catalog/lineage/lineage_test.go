package lineage

import (
	"testing"

	"clickql/internal/chschema"
)

// TestMeanings reads views' SELECTs as the server writes them.
func TestMeanings(t *testing.T) {
	raw := map[string]Meaning{"project": {Column, "project"}, "version": {Column, "version"}, "date": {Kind: Day}}
	for _, test := range []struct {
		query, column string
		want          Meaning
		partial, ok   bool
	}{
		{"SELECT project, count() AS n FROM db.pypi GROUP BY project", "n", Meaning{Kind: Count}, false, true},
		{"SELECT toInt64(count(*)) AS n FROM db.pypi", "n", Meaning{Kind: Count}, false, true},
		{"SELECT CAST(count(1), 'UInt64') AS n FROM db.pypi", "n", Meaning{Kind: Count}, false, true},
		{"SELECT CAST(count(1), 'UInt8') AS n FROM db.pypi", "n", Meaning{}, false, true},
		{"SELECT sum(1) AS n FROM db.pypi", "n", Meaning{Kind: Count}, false, true},
		{"SELECT count(version) AS n FROM db.pypi", "n", Meaning{}, false, true},
		{"SELECT count() + 1 AS n FROM db.pypi", "n", Meaning{}, false, true},
		{"SELECT 2 * count() AS n FROM db.pypi", "n", Meaning{}, false, true},
		{"SELECT toStartOfMonth(date) AS date FROM db.pypi", "date", Meaning{Kind: Month}, false, true},
		{"SELECT toStartOfInterval(date, toIntervalMonth(1)) AS m FROM db.pypi", "m", Meaning{Kind: Month}, false, true},
		{"SELECT toStartOfInterval(date, toIntervalMonth(3)) AS m FROM db.pypi", "m", Meaning{}, false, true},
		{"SELECT dateTrunc('month', date) AS m FROM db.pypi", "m", Meaning{Kind: Month}, false, true},
		{"SELECT toMonday(date) AS w FROM db.pypi", "w", Meaning{}, false, true},
		{"SELECT addDays(date, 40) AS date, toStartOfMonth(date) AS m FROM db.pypi", "m", Meaning{}, false, true},
		{"SELECT version AS project, project AS p FROM db.pypi", "p", Meaning{}, false, true},
		{"SELECT p.`project` FROM db.pypi AS p", "project", Meaning{Column, "project"}, false, true},
		{"SELECT any(version) AS version FROM db.pypi", "version", Meaning{}, false, true},
		{"SELECT toLowCardinality(version) AS version FROM db.pypi", "version", Meaning{Column, "version"}, false, true},
		{"SELECT project, count() AS n FROM db.pypi WHERE (date > '2026-01-01') AND (date < (today() - toIntervalDay(3))) GROUP BY ALL", "n", Meaning{Kind: Count}, true, true},
		{"SELECT count() AS n FROM db.pypi WHERE version = '1'", "n", Meaning{}, false, false},
		{"SELECT lower(version) AS date, count() AS n FROM db.pypi WHERE date = '1'", "n", Meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi WHERE rand() % 2", "n", Meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi WHERE date IN (SELECT day FROM db.days)", "n", Meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi ARRAY JOIN [1, 2] AS x", "n", Meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi AS a CROSS JOIN db.b", "n", Meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi SAMPLE 1 / 10", "n", Meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi GROUP BY GROUPING SETS ((project), (version))", "n", Meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi GROUP BY project LIMIT 1 BY project", "n", Meaning{}, false, false},
	} {
		s := chschema.ParseSelect(test.query)
		_, alias, isTable := s.Source("db")
		f, err := yields(s, alias, raw, true)
		if ok := err == nil && isTable; ok != test.ok {
			t.Errorf("%s: usable %v (%v), want %v", test.query, ok, err, test.ok)
		} else if ok && (f.Columns[test.column] != test.want || (f.Partial != "") != test.partial) {
			t.Errorf("%s: %s is %v, partial %q", test.query, test.column, f.Columns[test.column], f.Partial)
		}
	}
}
