package export

import (
	"strings"
	"testing"

	"clickql/ingest/tables"
	"clickql/internal/ddl"
)

// TestParsePlain understands what the server makes of a mapping row by row, and
// refuses everything else.
func TestParsePlain(t *testing.T) {
	id := tables.ID{Database: "d", Table: "pypi_landing"}
	p, err := parsePlain("SELECT f(a, ' FROM x') AS b, file.version, `c d` AS e FROM d.pypi_landing WHERE (x = 1) AND (y != ' GROUP BY ')", id, false)
	if err != nil || len(p.items) != 3 || p.items[0] != (ddl.Expression{Name: "b", SQL: "f(a, ' FROM x')"}) || p.items[1].Name != "file.version" || p.items[2].Name != "e" || !strings.HasPrefix(p.where, "(x = 1)") {
		t.Errorf("%+v, %v", p, err)
	}
	for _, sql := range []string{
		"WITH 1 AS x SELECT x FROM d.pypi_landing", "SELECT DISTINCT a FROM d.pypi_landing", "SELECT a FROM d.other", "SELECT a FROM d.pypi_landing AS l",
		"SELECT a FROM d.pypi_landing GROUP BY a", "SELECT a FROM d.pypi_landing WHERE b GROUP BY a", "SELECT a FROM d.pypi_landing WHERE b LIMIT 1", "SELECT 1",
	} {
		if p, err := parsePlain(sql, id, false); err == nil {
			t.Errorf("%s: understood as %+v", sql, p)
		}
	}
	for _, sql := range []string{"SELECT a AS reason, count() AS rows FROM d.pypi_landing WHERE reason != '' GROUP BY reason", "SELECT a AS reason, 1 AS rows FROM d.pypi_landing"} {
		if p, err := parsePlain(sql, id, true); err != nil || p.items[0] != (ddl.Expression{Name: "reason", SQL: "a"}) {
			t.Errorf("%s: %+v, %v", sql, p, err)
		}
	}
	if p, err := parsePlain("SELECT a FROM d.pypi_landing GROUP BY a HAVING a != ''", id, true); err == nil {
		t.Errorf("a condition on groups: understood as %+v", p)
	}
}
