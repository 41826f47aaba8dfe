package check_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/ddl/check"
)

// A mapping of an earlier version is told with what brings the present one; one of
// the operator's own is noted, as the one that counts.
func TestMappingsOfOthersAreTold(t *testing.T) {
	text, err := os.ReadFile("../testdata/former.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := chtest.New(t)
	qualifier := regexp.MustCompile(`\bpypi\.`)
	for _, sql := range strings.Split(strings.TrimSuffix(strings.TrimSpace(string(text)), ";"), ";\n\n")[1:] {
		if strings.Contains(sql, "pypi_landing") || strings.Contains(sql, "pypi.pypi\n") || strings.Contains(sql, "pypi_rejected") {
			run(t, db, qualifier.ReplaceAllString(sql, "%s."))
		}
	}
	run(t, db, "ALTER TABLE %s.pypi_landing_mv MODIFY QUERY SELECT toDate(assumeNotNull(timestamp), 'UTC') AS date FROM %s.pypi_landing WHERE timestamp IS NOT NULL")
	told := map[string]check.Finding{}
	for _, f := range checked(t, db).Findings {
		told[strings.TrimPrefix(f.Object, db.Name+".")] = f
	}
	for view, own := range map[string]bool{"pypi_landing_mv": true, "pypi_landing_rejected_mv": false} {
		f := told[view]
		if f.Problem != check.WrongSelect || f.Note != own || own == strings.Contains(f.Remedy, "clickql schema upgrade") {
			t.Errorf("%s: %+v", view, f)
		}
	}
}
