package catalog

import "testing"

// TestMeanings reads views' SELECTs as the server writes them.
func TestMeanings(t *testing.T) {
	raw := map[string]meaning{"project": {isColumn, "project"}, "version": {isColumn, "version"}, "date": {kind: isDay}}
	for _, test := range []struct {
		query, column string
		want          meaning
		partial, ok   bool
	}{
		{"SELECT project, count() AS n FROM db.pypi GROUP BY project", "n", meaning{kind: isCount}, false, true},
		{"SELECT toInt64(count(*)) AS n FROM db.pypi", "n", meaning{kind: isCount}, false, true},
		{"SELECT CAST(count(1), 'UInt64') AS n FROM db.pypi", "n", meaning{kind: isCount}, false, true},
		{"SELECT CAST(count(1), 'UInt8') AS n FROM db.pypi", "n", meaning{}, false, true},
		{"SELECT sum(1) AS n FROM db.pypi", "n", meaning{kind: isCount}, false, true},
		{"SELECT count(version) AS n FROM db.pypi", "n", meaning{}, false, true},
		{"SELECT count() + 1 AS n FROM db.pypi", "n", meaning{}, false, true},
		{"SELECT 2 * count() AS n FROM db.pypi", "n", meaning{}, false, true},
		{"SELECT toStartOfMonth(date) AS date FROM db.pypi", "date", meaning{kind: isMonth}, false, true},
		{"SELECT toStartOfInterval(date, toIntervalMonth(1)) AS m FROM db.pypi", "m", meaning{kind: isMonth}, false, true},
		{"SELECT toStartOfInterval(date, toIntervalMonth(3)) AS m FROM db.pypi", "m", meaning{}, false, true},
		{"SELECT dateTrunc('month', date) AS m FROM db.pypi", "m", meaning{kind: isMonth}, false, true},
		{"SELECT toMonday(date) AS w FROM db.pypi", "w", meaning{}, false, true},
		{"SELECT addDays(date, 40) AS date, toStartOfMonth(date) AS m FROM db.pypi", "m", meaning{}, false, true},
		{"SELECT version AS project, project AS p FROM db.pypi", "p", meaning{}, false, true},
		{"SELECT p.`project` FROM db.pypi AS p", "project", meaning{isColumn, "project"}, false, true},
		{"SELECT any(version) AS version FROM db.pypi", "version", meaning{}, false, true},
		{"SELECT toLowCardinality(version) AS version FROM db.pypi", "version", meaning{isColumn, "version"}, false, true},
		{"SELECT project, count() AS n FROM db.pypi WHERE (date > '2026-01-01') AND (date < (today() - toIntervalDay(3))) GROUP BY ALL", "n", meaning{kind: isCount}, true, true},
		{"SELECT count() AS n FROM db.pypi WHERE version = '1'", "n", meaning{}, false, false},
		{"SELECT lower(version) AS date, count() AS n FROM db.pypi WHERE date = '1'", "n", meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi WHERE rand() % 2", "n", meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi WHERE date IN (SELECT day FROM db.days)", "n", meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi ARRAY JOIN [1, 2] AS x", "n", meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi AS a CROSS JOIN db.b", "n", meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi SAMPLE 1 / 10", "n", meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi GROUP BY GROUPING SETS ((project), (version))", "n", meaning{}, false, false},
		{"SELECT count() AS n FROM db.pypi GROUP BY project LIMIT 1 BY project", "n", meaning{}, false, false},
	} {
		s := cut(test.query)
		_, alias, isTable := s.source("db")
		f, err := s.feed(alias, raw, true)
		if ok := err == nil && isTable; ok != test.ok {
			t.Errorf("%s: usable %v (%v), want %v", test.query, ok, err, test.ok)
		} else if ok && (f.columns[test.column] != test.want || (f.partial != "") != test.partial) {
			t.Errorf("%s: %s is %v, partial %q", test.query, test.column, f.columns[test.column], f.partial)
		}
	}
}

// TestJudge holds totals against a sample and against tables that disagree.
func TestJudge(t *testing.T) {
	want := totals{10: 1, 12: 2, 13: 3}
	sampled := reference{byDay: want, days: Range{From: 8, To: 15}, name: "the raw table", sampled: true}
	if v := sampled.judge(GrainDay, want); v.covers != (Range{From: 10, To: 13}) || v.reason == "" {
		t.Errorf("without proof at the edges: %+v", v)
	}
	if v := sampled.judge(GrainDay, totals{12: 2, 13: 3}); v.covers != (Range{From: 12, To: 13}) {
		t.Errorf("a day lacks: %+v", v)
	}
	byDay, disputed := majority([]totals{{1: 5, 2: 5}, {1: 5, 2: 6}, {1: 4}})
	if byDay[1] != 5 || disputed[1] || !disputed[2] {
		t.Errorf("agreed on %v, disputed %v", byDay, disputed)
	}
	ref := reference{byDay: byDay, days: Range{From: 1, To: 2}, name: "most", disputed: disputed}
	if v := ref.judge(GrainDay, totals{1: 5, 2: 5}); v.covers != (Range{From: 1, To: 1}) {
		t.Errorf("a disputed day is covered: %+v", v)
	}
	if v := ref.judge(GrainNone, totals{0: 10}); !v.covers.Empty() {
		t.Errorf("a total over a disputed day is covered: %+v", v)
	}
}
