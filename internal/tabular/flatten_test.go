package tabular

import (
	"errors"
	"strings"
	"testing"
)

func TestFlatten(t *testing.T) {
	for text, want := range map[string]string{
		`{"project":{"name":"pandas","downloads":{"total":5}}}`:                                                                          "name,total\npandas,5\n",
		`{"project":{"name":"pandas","downloads":{"by":[{"label":"3.12","total":3,"share":0.6},{"label":"3.11","total":2,"share":1}]}}}`: "name,label,total,share\npandas,3.12,3,0.6\npandas,3.11,2,1\n",
		`{"projects":[{"name":"a","downloads":{"total":1}},null,{"name":"b","downloads":{"total":2}}]}`:                                  "name,total,projects\na,1,\n,,\nb,2,\n",
		`{"project":{"downloads":{"total":7,"series":{"dates":["2024-03-01","2024-03-02"],"totals":[3,4]}}}}`:                            "total,dates,totals\n7,2024-03-01,3\n7,2024-03-02,4\n",
		`{"a":{"total":1},"b":{"total":2}}`: "a.total,b.total\n1,2\n",
		`{"downloads":null}`:                "downloads\n\n",
		`{"topProjects":{"nodes":[]}}`:      "\n",
	} {
		table, err := Flatten([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var out strings.Builder
		if err := table.Write(CSV, &out); err != nil {
			t.Error(err)
		}
		got := strings.ReplaceAll(out.String(), `""`, "")
		if got != want {
			t.Errorf("%s:\n%swant\n%s", text, got, want)
		}
	}
	for _, text := range []string{`{"a":[{"x":1}],"b":[{"y":1},{"y":2}]}`, `{"dates":[1,2],"totals":[1]}`} {
		if _, err := Flatten([]byte(text)); !errors.Is(err, ErrSeveralLists) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestPrint(t *testing.T) {
	table, err := Flatten([]byte(`{"by":[{"label":"Linux","total":1200},{"label":"Windows","total":7}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := table.Print(&out); err != nil || out.String() != "label    total\nLinux     1200\nWindows      7\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}
