package pypi_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clickql/internal/pypi"
)

// recorded is what pip 23.2's own reader makes of a requirements file: the number
// of each line that asks for something, and the project that it names, empty where
// pip refuses it or where it refers to a file or an address. What packaging takes
// for a legacy version is refused, as it is since.
type recorded struct {
	Text  string
	Lines [][2]any
}

// Requirements files are read as pip reads them: lines and their ends, comments,
// options, requirements.
func TestRequirementsAreReadAsPipDoes(t *testing.T) {
	text, err := os.ReadFile("testdata/requirements.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []recorded
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) < 300 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		lines, err := pypi.ParseRequirements(c.Text)
		if err != nil {
			t.Errorf("%q: %v", c.Text, err)
			continue
		}
		got := [][2]any{}
		for _, l := range lines {
			got = append(got, [2]any{float64(l.Line), l.Name})
			if (l.Name == "") == (l.Reason == "") || l.Text == "" {
				t.Errorf("%q: %+v", c.Text, l)
			}
		}
		if diff := cmp.Diff(c.Lines, got); diff != "" {
			t.Errorf("%q (-pip +ours):\n%s", c.Text, diff)
		}
	}
}

// What is unresolved has its text and the reason.
func TestWhatIsNoRequirementIsTold(t *testing.T) {
	lines, err := pypi.ParseRequirements("\uFEFFsteady=1.0\rsteady=>1\fgit@github.com:a/b.git==v1.0\u2028x = \"*\"\r\n-r more.txt # all\nx-1.0.tar.gz\n--bogus\nsteady # goes on \\\nhidden\nlast")
	want := []pypi.RequirementLine{
		{Line: 1, Text: "steady=1.0", Reason: pypi.Invalid}, {Line: 2, Text: "steady=>1", Reason: pypi.Invalid},
		{Line: 3, Text: "git@github.com:a/b.git==v1.0", Reason: pypi.Reference}, {Line: 4, Text: `x = "*"`, Reason: pypi.Invalid},
		{Line: 5, Text: "-r more.txt", Reason: pypi.Reference}, {Line: 6, Text: "x-1.0.tar.gz", Reason: pypi.Reference},
		{Line: 7, Text: "--bogus", Reason: pypi.Invalid}, {Line: 8, Text: "steady", Name: "steady"}, {Line: 10, Text: "last", Name: "last"},
	}
	if diff := cmp.Diff(want, lines); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
