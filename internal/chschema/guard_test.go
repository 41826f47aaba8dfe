package chschema

import (
	"strings"
	"testing"
)

// TestGuardStands: a guard stands in the WHERE of the first table, whatever is
// around it.
func TestGuardStands(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1\nFROM `a`.`b`":                                 "SELECT 1\nFROM `a`.`b`\nWHERE G",
		"SELECT 1\nFROM `a`.`b`\nWHERE x = 1 AND y":              "SELECT 1\nFROM `a`.`b`\nWHERE G AND x = 1 AND y",
		"SELECT * FROM (\nSELECT 1\nFROM `a`.`b\\`c`)\nWHERE y":  "SELECT * FROM (\nSELECT 1\nFROM `a`.`b\\`c`\nWHERE G)\nWHERE y",
		"SELECT 1 FROM a.b\nGROUP BY x":                          "SELECT 1 FROM a.b\nWHERE G\nGROUP BY x",
		"SELECT * FROM (SELECT x FROM `a`.`b` WHERE y)\nWHERE z": "SELECT * FROM (SELECT x FROM `a`.`b` WHERE G AND y)\nWHERE z",
		"SELECT * FROM (SELECT x FROM `a`.`b`)\nWHERE z":         "SELECT * FROM (SELECT x FROM `a`.`b`\nWHERE G)\nWHERE z",
		"SELECT 1 FROM a.b FINAL\nWHERE x":                       "SELECT * FROM (\nSELECT 1 FROM a.b FINAL\nWHERE x\n) WHERE G",
		"SELECT 1":                                               "SELECT * FROM (\nSELECT 1\n) WHERE G",
	} {
		got := guarded(sql, "c", "")
		guard := "(SELECT throwIf(c, '" + strings.ReplaceAll(elsewhere, "'", `\'`) + "')) = 0"
		if want = strings.ReplaceAll(want, "G)", guard+")"); strings.HasSuffix(want, "WHERE G") {
			want = strings.TrimSuffix(want, "G") + guard
		}
		want = strings.ReplaceAll(strings.ReplaceAll(want, "WHERE G AND", "WHERE "+guard+" AND"), "WHERE G\n", "WHERE "+guard+"\n")
		if got != want {
			t.Errorf("%s\nbecomes %s\nwant %s", sql, got, want)
		}
	}
}
