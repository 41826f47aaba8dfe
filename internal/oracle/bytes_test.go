package oracle_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"clickql/internal/cube"
)

// Whatever bytes a table holds, an answer is JSON, and what it lists can be asked
// for.
func TestBytesThatAreNoText(t *testing.T) {
	f := standard(t, "")
	f.exec(`INSERT INTO pypi (date, project, version, country_code, installer, python_minor, system, type, filename, libc)
		SELECT '2024-01-31', concat('p', unhex('c3'), toString(number)), unhex('ff'), unhex('fe01'), unhex('80'), unhex('e28228'), unhex('00'), unhex('22ff'), unhex('f0'), (unhex('ff'), '"')
		FROM numbers(3)`)
	h := f.open()
	document := "{ topProjects(first: 9) { nodes { total project { name } } } downloads { total"
	for _, d := range cube.Dimensions {
		document += " " + string(d) + ": by(dimension: " + string(d) + ", first: 9) { value label total }"
	}
	body := bodyOf(t, h, document+" } }")
	var answer struct {
		Data struct {
			TopProjects struct {
				Nodes []struct{ Project struct{ Name string } }
			}
			Downloads map[string]any
		}
		Errors []any
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || !utf8.ValidString(body) || len(answer.Data.TopProjects.Nodes) != 3 {
		t.Fatalf("%v\n%q", err, body)
	}
	for _, n := range answer.Data.TopProjects.Nodes {
		name, _ := json.Marshal(n.Project.Name)
		if got := bodyOf(t, h, "{ project(name: "+string(name)+") { downloads { total } } }"); !json.Valid([]byte(got)) || dataOf(t, got) != `{"project":{"downloads":{"total":1}}}` {
			t.Errorf("%s: %s", name, got)
		}
	}
}
