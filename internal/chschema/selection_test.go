package chschema_test

import (
	"fmt"
	"testing"

	"clickql/internal/chschema"
)

// TestParseSelect cuts a SELECT at its clauses, and at nothing that looks like one.
func TestParseSelect(t *testing.T) {
	written := func(parts [][]chschema.Token) (out []string) {
		for _, p := range parts {
			out = append(out, chschema.Written(p))
		}
		return out
	}
	for sql, want := range map[string]string{
		"SELECT a, count() AS n FROM db.t GROUP BY a":                                                     "[a count() AS n] from db.t  [] by [a] others []",
		"(SELECT a AS `from`, t.`where` FROM `d.b`.`t.x` AS t WHERE a = 'x, GROUP BY' AND (b IN (1, 2)))": "[a AS from t.where] from d.b.t.x t [a='x, GROUP BY' AND(b IN(1, 2))] by [] others []",
		"SELECT left(a, 1) AS `group` FROM t PREWHERE a WHERE b GROUP BY ALL":                             "[left(a, 1) AS group] from home.t  [a b] by [ALL] others []",
		"SELECT a FROM (SELECT 1)":               "[a] from   [] by [] others []",
		"SELECT a FROM t AS x CROSS JOIN u":      "[a] from home.t x [] by [] others [CROSS JOIN]",
		"SELECT a FROM t GROUP BY a WITH ROLLUP": "[a] from home.t  [] by [a] others [WITH ROLLUP]",
		"SELECT DISTINCT a FROM t":               "[] from home.t  [] by [] others [DISTINCT]",
		"WITH 1 AS x SELECT x":                   "[] from   [] by [] others [no plain SELECT]",
	} {
		s := chschema.ParseSelect(sql)
		table, alias, ok := s.Source("home")
		from := ""
		if ok {
			from = table.String()
		}
		got := fmt.Sprint(written(s.Items), " from ", from, " ", alias, " ", written(s.Where), " by ", written(s.Group), " others ", s.Others)
		if got != want {
			t.Errorf("%s:\n%s, want\n%s", sql, got, want)
		}
	}
}

// TestNamed finds a table wherever its name stands whole.
func TestNamed(t *testing.T) {
	for sql, want := range map[string]int{
		"SELECT a FROM pypi.pypi": 1, "SELECT a FROM `pypi`.pypi AS p WHERE p.a = 'pypi.pypi'": 1, "SELECT 'it\\'s pypi.pypi' FROM pypi.pypi": 1,
		"SELECT a FROM pypi.pypi_downloads": 0, "SELECT a FROM xpypi.pypi": 0, "SELECT a FROM x.pypi.pypi": 0, "SELECT pypi.pypi.a FROM pypi.`pypi`": 1,
		"SELECT a FROM pypi.pypi WHERE a IN (SELECT a FROM pypi . pypi)": 2,
	} {
		found := chschema.Named(sql, chschema.Name{Database: "pypi", Table: "pypi"})
		if len(found) != want {
			t.Errorf("%s: %v, want %d", sql, found, want)
		}
		for _, at := range found {
			if again := chschema.Named(at.Of(sql), chschema.Name{Database: "pypi", Table: "pypi"}); len(again) != 1 {
				t.Errorf("%s: found at %q", sql, at.Of(sql))
			}
		}
	}
}
