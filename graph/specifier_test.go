package graph

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// insertVersions makes projects of which one has final releases in a range and
// the other only pre-releases, and one with many versions.
const insertVersions = `
INSERT INTO pypi (date, project, version, installer) SELECT date, project, version, installer FROM values(
	'date Date, project String, version String, installer String',
	('2024-01-01', 'final', '1.0', 'pip'), ('2024-01-02', 'final', '2.0', 'pip'), ('2024-01-03', 'final', '2.1rc1', 'pip'), ('2024-01-03', 'final', '2.1rc1', 'uv'),
	('2024-01-01', 'early', '1.0', 'pip'), ('2024-01-02', 'early', '2.1rc1', 'pip'), ('2024-01-02', 'early', '2.0.dev1', 'uv'),
	('2024-01-01', 'odd', 'not a version', 'pip'), ('2024-01-01', 'odd', '', 'pip'))
UNION ALL SELECT '2024-01-02', 'many', concat('2.', toString(number)), 'pip' FROM numbers(30)`

// Whether pre-releases count is each project's own matter, also where several
// are asked about at once; taken together they are one.
func TestSpecifierOfSeveralProjects(t *testing.T) {
	d := newData(t, insertVersions)
	for name, h := range d.withAndWithoutIndex() {
		got := post(t, h, `query($two: DownloadsFilter = {version: {specifier: ">=2.0.dev1"}}) {
			each: projects(names: ["final", "early", "odd", "many"]) { name
				new: downloads(filter: {version: {specifier: ">=2"}}) { total by(dimension: VERSION) { value total } }
				named: downloads(filter: $two) { total }
				old: downloads(filter: {version: {specifier: "<2"}, installer: {eq: "pip"}}, range: {to: "2024-01-02"}) { total series { totals } } }
			together: downloads(projects: ["early", "final", "odd"], filter: {version: {specifier: ">=2"}}) { total }
			early: downloads(projects: ["early", "odd"], filter: {version: {specifier: ">=2"}}) { total }
			odd: downloads(projects: ["odd"], filter: {version: {specifier: "===not-a-version"}}) { total }
			all: downloads(filter: {version: {specifier: ">=2,<2.10"}}) { total }
			topProjects(filter: {version: {specifier: "==2.*"}}) { nodes { total project { name downloads(filter: {version: {specifier: "==2.*"}}) { total } } } }
		}`, nil, nil)
		one := func(name string, newer []any, named, old int) any {
			total := len(newer)
			return map[string]any{"name": name, "new": map[string]any{"total": total, "by": newer}, "named": map[string]any{"total": named},
				"old": map[string]any{"total": old, "series": map[string]any{"totals": []any{old, 0}}}}
		}
		value := func(v string) any { return map[string]any{"value": v, "total": 1} }
		var many []any
		for _, v := range strings.Fields("2.0 2.1 2.10 2.11 2.12 2.13 2.14 2.15 2.16 2.17") {
			many = append(many, value(v))
		}
		top := func(name string, total, own int) any {
			return map[string]any{"total": total, "project": map[string]any{"name": name, "downloads": map[string]any{"total": own}}}
		}
		last := one("many", many, 30, 0).(map[string]any)
		last["new"].(map[string]any)["total"] = 30
		want := map[string]any{
			"each": []any{
				one("final", []any{value("2.0")}, 3, 1),
				one("early", []any{value("2.1rc1")}, 2, 1),
				one("odd", []any{}, 0, 0),
				last,
			},
			"together": map[string]any{"total": 1}, "early": map[string]any{"total": 1},
			"odd": map[string]any{"total": 0}, "all": map[string]any{"total": 11},
			"topProjects": map[string]any{"nodes": []any{top("many", 30, 30), top("final", 1, 1)}},
		}
		if diff := gocmp.Diff(plain(want), plain(got.Data)); diff != "" || len(got.Errors) > 0 {
			t.Errorf("%s: %v (-want +got):\n%s", name, got.Errors, diff)
		}
	}
}

// A specifier that cannot be read, or looked up, is an error of its field.
func TestSpecifierErrors(t *testing.T) {
	d := newData(t, insertVersions)
	h := d.handler(Limits{Versions: 20})
	for filter, wanted := range map[string]string{
		`{version: {specifier: ">>2"}}`:          "PEP 440",
		`{version: {specifier: "2.0"}}`:          "PEP 440",
		`{version: {specifier: "==2.0 || ==3"}}`: "PEP 440",
	} {
		for _, field := range []string{
			`project(name: "final") { it: downloads(filter: %s) { total } name }`,
			`downloads(filter: %s) { total }`,
			`project(name: "final") { it: rank(filter: %s) { position } name }`,
		} {
			got := post(t, h, `{ dataset { projectCount } `+fmt.Sprintf(field, filter)+` }`, nil, nil)
			if len(got.Errors) != 1 || got.Errors[0].code() != "BAD_USER_INPUT" || !strings.Contains(got.Errors[0].Message, wanted) || len(got.Errors[0].Path) == 0 {
				t.Errorf("%s of %s: %s", filter, field, got.body)
			}
		}
	}
	for filter, wanted := range map[string]string{
		`{version: {specifier: ">=2", eq: "2.0"}}`:   "exactly one",
		`{version: {specifier: null}}`:               "null",
		`{version: {}}`:                              "exactly one",
		`{version: {specifier: ">=2", in: ["2.0"]}}`: "exactly one",
	} {
		got := post(t, h, `{ downloads(filter: `+filter+`) { total } }`, nil, nil)
		if len(got.Errors) != 1 || got.Errors[0].code() != "GRAPHQL_VALIDATION_FAILED" || !strings.Contains(got.Errors[0].Message, wanted) || got.Data != nil {
			t.Errorf("%s: %s", filter, got.body)
		}
	}
	for _, field := range []string{`project(name: "many") { downloads(filter: FILTER) { total } }`, `downloads(filter: FILTER) { total }`} {
		got := post(t, h, `{ `+strings.Replace(field, "FILTER", `{version: {specifier: ">=2"}}`, 1)+` }`, nil, nil)
		if len(got.Errors) != 1 || got.Errors[0].code() != "BAD_USER_INPUT" || got.Errors[0].Extensions["limit"] == nil {
			t.Errorf("more versions than are looked up: %s: %s", field, got.body)
		}
	}
}
