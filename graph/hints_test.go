package graph

import (
	"fmt"
	"strings"
	"testing"
)

// TestHints: a value that no download has counts zero, and what was probably meant is
// said at its field.
func TestHints(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	for _, c := range []struct{ filter, want string }{
		{`system: {eq: "linux"}`, "filter.system: no download has \"linux\"; did you mean \"Linux\"?"},
		{`country: {eq: "us"}`, "filter.country: no download has \"us\"; did you mean \"US\"?"},
		{`country: {eq: "Germany"}`, "filter.country: no download has \"Germany\"; did you mean \"DE\"?"},
		{`country: {in: ["usa"]}`, "filter.country: no download has \"usa\"; did you mean \"US\"?"},
		{`country: {eq: "Unknown"}`, "filter.country: no download has \"Unknown\"; did you mean \"\"?"},
		{`python: {eq: "3.12.1"}`, "filter.python: no download has \"3.12.1\"; did you mean \"3.12\"?"},
		{`installer: {eq: "bandersntach"}`, "filter.installer: no download has \"bandersntach\"; did you mean \"bandersnatch\"?"},
		{`fileType: {eq: "wheel"}`, "filter.fileType: no download has \"wheel\"; there are \"bdist_wheel\", \"sdist\", \"bdist_egg\""},
		{`ci: {eq: "TRUE"}`, "filter.ci: no download has \"TRUE\"; did you mean \"true\"?"},
		{`libc: {eq: "glibc 2.3.1"}`, "filter.libc: no download has \"glibc 2.3.1\"; did you mean \"glibc 2.31\"?"},
		{`system: {in: ["Linux", "windows"]}`, "filter.system: no download has \"windows\"; did you mean \"Windows\"?"},
		{`country: {eq: "AQ"}`, ""},
		{`system: {eq: "Linux"}`, ""},
		{`system: {notIn: ["linux"]}`, "filter.system: no download has \"linux\", so nothing is left out; did you mean \"Linux\"?"},
		{`system: {notIn: ["Linux"]}`, ""},
		{`country: {notIn: ["AQ"]}`, ""},
		{`python: {eq: ""}`, ""},
		{`system: {eq: "Windows"}, python: {in: []}`, ""},
	} {
		got := post(t, h, `{ project(name: "numpy") { it: downloads(filter: {`+c.filter+`}) { total } } }`, nil, nil)
		text := ""
		if list, _ := got.Extensions["hints"].([]any); len(list) == 1 {
			one := list[0].(map[string]any)
			if text = one["message"].(string); fmt.Sprint(one["path"]) != "[project it]" {
				t.Errorf("%s: at %v", c.filter, one["path"])
			}
		}
		if text != c.want || len(got.Errors) > 0 {
			t.Errorf("%s\ngot  %s\nwant %s\n%s", c.filter, text, c.want, got.body)
		}
	}
}

// TestHintsOfVersions: a version that the projects never had, or a specifier that
// holds for none of theirs, is said with the projects and what they have.
func TestHintsOfVersions(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	for _, c := range []struct{ query, want string }{
		{`project(name: "numpy") { downloads(filter: {version: {eq: "v1.0"}}) { total } }`, `no download of numpy has "v1.0"; did you mean "1.0"?`},
		{`project(name: "numpy") { downloads(filter: {version: {in: ["2.0.RC1"]}}) { total } }`, `no download of numpy has "2.0.RC1"; did you mean "2.0rc1"?`},
		{`project(name: "numpy") { downloads(filter: {version: {eq: "7.7"}}) { total } }`, `no download of numpy has "7.7"; there are "`},
		{`project(name: "numpy") { downloads(filter: {version: {notIn: ["1.0.0"]}}) { total } }`, `no download of numpy has "1.0.0", so nothing is left out; did you mean "1.0"?`},
		{`project(name: "numpy") { downloads(filter: {version: {specifier: ">=9"}}) { total } }`, `no version of numpy is ">=9"; there are "`},
		{`projects(names: ["pandas", "numpy"]) { downloads(filter: {version: {eq: "7.7"}}) { total } }`, `no download of numpy, pandas has "7.7"`},
		{`downloads(projects: ["pandas", "numpy"], filter: {version: {specifier: "==7.*"}}) { total }`, `no version of numpy, pandas is "==7.*"; there are "`},
		{`project(name: "numpy") { downloads(filter: {version: {specifier: ">=1"}}) { total } }`, ""},
		{`project(name: "numpy") { downloads(filter: {version: {notIn: ["1.0"]}}) { total } }`, ""},
		{`project(name: "numpy") { downloads(filter: {version: {in: ["1.0", "7.7"]}}) { total } }`, ""},
		{`downloads(filter: {version: {eq: "7.7"}}) { total }`, ""},
	} {
		got := post(t, h, `{ `+c.query+` }`, nil, nil)
		text := ""
		if list, _ := got.Extensions["hints"].([]any); len(list) > 0 {
			text = strings.TrimPrefix(list[0].(map[string]any)["message"].(string), "filter.version: ")
		}
		if !strings.HasPrefix(text, c.want) || (c.want == "") != (text == "") || len(got.Errors) > 0 {
			t.Errorf("%s\ngot  %s\nwant %s\n%s", c.query, text, c.want, got.body)
		} else if why := d.Misleads("filter.version: " + text); text != "" && why != "" {
			t.Errorf("%s: %s", text, why)
		}
	}
}

// TestHintsCostNothing: no statement is sent for one where the answer found
// something, where the value is a country, or where the values are in memory.
func TestHintsCostNothing(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	ask := func(filter string) int {
		ran, _, _ := explained(t, h, `{ project(name: "tiny") { downloads(filter: {`+filter+`}) { total } } }`)
		return ran
	}
	for _, c := range []struct {
		filter string
		most   int
	}{
		{`country: {eq: "AQ"}`, 1}, {`system: {in: ["Linux", "linux", "Windows", "Darwin", ""]}`, 1},
		{`system: {eq: "linux"}`, 2}, {`system: {eq: "windows"}`, 1}, {`system: {eq: "Linux"}`, 1},
		{`system: {notIn: ["linux"]}`, 1}, {`installer: {notIn: ["pip"]}`, 2}, {`installer: {notIn: ["uv"]}`, 1}, {`country: {notIn: ["DE"]}`, 1},
		{`version: {eq: "7.7"}`, 2}, {`version: {specifier: ">=9"}`, 1},
	} {
		if ran := ask(c.filter); ran > c.most {
			t.Errorf("%s: %d statements", c.filter, ran)
		}
	}
}

// TestHintsAreBounded: many mistakes get a few hints.
func TestHintsAreBounded(t *testing.T) {
	d := newData(t)
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, ` a%d: downloads(filter: {system: {eq: "linux%d"}}) { total }`, i, i)
	}
	got := post(t, d.handler(Limits{}), `{`+b.String()+`}`, nil, nil)
	if list, _ := got.Extensions["hints"].([]any); len(list) != maxHints {
		t.Errorf("%d hints: %.300s", len(list), got.body)
	}
}
