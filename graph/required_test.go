package graph

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"clickql/internal/cube"
)

// oracleRequires is what insertFiles' requirements come to, by hand.
var oracleRequires = map[string]string{
	"requests>=2": "requests", "requests-oauthlib": "requests-oauthlib", "Zope_Interface (>=5)": "zope-interface",
	`numpy; extra == "fast"`: "", `pandas[all] ; python_version < "3"`: "pandas",
	`a; (extra == "x" or extra == "y") and os_name == "nt"`: "",
	`tiny@https://example.org/tiny.zip ; os_name == "nt"`:   "tiny", "flask.": "", "not-there": "not-there",
}

// oracleVersions are insertFiles' versions, the latest first.
var oracleVersions = []string{"1.10.post1", "1.10", "1.9", "1.0", "2.0rc1", "odd version"}

// requires is what a version of the project requires, the latest where empty.
func (d *testData) requires(project, version string) (names []string) {
	for _, v := range oracleVersions {
		if version == "" && slices.ContainsFunc(d.files, func(f file) bool { return f.name == project && f.version == v }) {
			version = v
		}
	}
	for _, f := range d.files {
		if f.name != project || f.version != version {
			continue
		}
		for _, r := range f.requires {
			if name := oracleRequires[r]; name != "" && name != project && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// ranked writes the projects with their downloads of all time, most first.
func (d *testData) ranked(names []string, first int) []any {
	totals := map[string]int{}
	for _, r := range d.Rows {
		totals[r.Of(cube.Project)]++
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(totals[b], totals[a]), strings.Compare(a, b)) })
	out := []any{}
	for _, name := range names[:min(first, len(names))] {
		out = append(out, map[string]any{"total": totals[name], "project": map[string]any{"name": name, "downloads": map[string]any{"total": totals[name]}}})
	}
	return out
}

// What projects require, and who requires them, equals what the files say, with
// the index of projects and without.
func TestRequirementsEqualTheFiles(t *testing.T) {
	d := newData(t, insertDownloads, insertFiles)
	projects := []string{"numpy", "pandas", "requests", "zope-interface", "flask", "tiny"}
	ranking := `{ total project { name downloads { total } } }`
	for _, h := range d.withAndWithoutIndex() {
		for _, name := range projects {
			fields, want := "", map[string]any{}
			for i, version := range append(oracleVersions, "9.9") {
				key := fmt.Sprintf("v%d", i)
				fields += fmt.Sprintf(" %s: dependencies(version: %q, first: 3) %s", key, version, ranking)
				want[key] = d.ranked(d.requires(name, version), 3)
			}
			want["latest"] = d.ranked(d.requires(name, ""), 100)
			var dependents []string
			for _, other := range append(projects, "never-downloaded") {
				if slices.Contains(d.requires(other, ""), name) {
					dependents = append(dependents, other)
				}
			}
			want["dependents"], want["most"] = d.ranked(dependents, 100), d.ranked(dependents, 2)
			got := post(t, h, fmt.Sprintf(`{ project(name: %q) {%s latest: dependencies(first: 100) %s dependents(first: 100) %s most: dependents(first: 2) %s } }`,
				name, fields, ranking, ranking, ranking), nil, nil)
			if diff := gocmp.Diff(plain(map[string]any{"project": want}), plain(got.Data)); diff != "" || len(got.Errors) > 0 {
				t.Errorf("%s: %v (-files +GraphQL):\n%s", name, got.Errors, diff)
			}
		}
	}
}

// beside is what the dependents of a project require beside it, counted one by one:
// the most required first, then the most downloaded, then by name.
func (d *testData) beside(requires map[string][]string, name string) []any {
	counts, relatives := map[string]int{}, 0
	for other, list := range requires {
		if other == name || !slices.Contains(list, name) {
			continue
		}
		relatives++
		for _, r := range list {
			if r != name {
				counts[r]++
			}
		}
	}
	list := d.ranked(slices.Collect(maps.Keys(counts)), 1000)
	count := func(v any) int { return counts[v.(map[string]any)["project"].(map[string]any)["name"].(string)] }
	slices.SortStableFunc(list, func(a, b any) int { return count(b) - count(a) })
	for i, v := range list {
		list[i] = map[string]any{"project": v.(map[string]any)["project"], "together": count(v), "share": float64(count(v)) / float64(relatives)}
	}
	return list
}

// What is required beside projects equals what the files say; for six
// projects it costs the statements of one.
func TestRelatedEqualsTheFiles(t *testing.T) {
	d := newData(t, insertDownloads, insertFiles)
	projects := []string{"numpy", "pandas", "requests", "zope-interface", "flask", "tiny"}
	list := `{ together share project { name downloads { total } } }`
	requires := map[string][]string{}
	for _, name := range append(projects, "never-downloaded") {
		requires[name] = d.requires(name, "")
	}
	compared := 0
	for _, h := range d.withAndWithoutIndex() {
		for _, name := range projects {
			all := d.beside(requires, name)
			compared += len(all)
			got := post(t, h, fmt.Sprintf(`{ project(name: %q) { related(first: 1000) %s most: related(first: 1) %s } }`, name, list, list), nil, nil)
			want := map[string]any{"project": map[string]any{"related": all, "most": all[:min(1, len(all))]}}
			if diff := gocmp.Diff(plain(want), plain(got.Data), closeEnough); diff != "" || len(got.Errors) > 0 {
				t.Errorf("%s: %v (-files +GraphQL):\n%s", name, got.Errors, diff)
			}
			if priced := bytesOf(t, got); priced < int64(50*len(all)) {
				t.Errorf("%s: %d elements are priced at %d bytes", name, len(all), priced)
			}
		}
	}
	if compared < 10 {
		t.Errorf("%d projects in all: nothing was compared", compared)
	}
	// Who requires them, what those require, and the metadata of what is found.
	if all, _, _ := explained(t, d.handler(Limits{}), `{ projects(names: ["numpy", "pandas", "requests", "zope-interface", "flask", "tiny"]) { related { together project { name summary } } } }`); all != 3 {
		t.Errorf("%d statements for six projects, want 3", all)
	}
}

// Lists in lists are refused before they are asked for, each at its place.
func TestRequirementsAreLimited(t *testing.T) {
	d := newData(t, insertDownloads, insertFiles)
	h := d.handler(Limits{Loads: 12})
	got := post(t, h, `{ project(name: "requests") { name dependents { project { dependencies { project { downloads { total series { totals } } releases { nodes { version } } } } } } } }`, nil, nil)
	if len(got.Errors) == 0 {
		t.Fatal(got.body)
	}
	for _, e := range got.Errors {
		if e.code() != "COST_LIMIT" || e.Extensions["limit"] == nil || len(e.Path) < 2 {
			t.Errorf("%+v", e)
		}
	}
}
