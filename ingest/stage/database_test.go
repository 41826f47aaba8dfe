package stage

import (
	"testing"
)

func TestStageName(t *testing.T) {
	stage := Name("my_db", "00000012_0003", 14, 1)
	m := pattern.FindStringSubmatch(stage)
	if m == nil || m[1] != "my_db" || m[2] != "00000012_0003" || m[3] != "00000014" {
		t.Errorf("%s reads back as %v", stage, m)
	}
}
