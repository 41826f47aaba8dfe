package graph

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clickql/internal/cube"
)

// Everything beside Downloads, against the rows counted one by one.
func TestProjectsAndDataset(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	all := d.All()
	tiny := all.Of("tiny")
	first, last := tiny.Rows[0].Day, tiny.Rows[0].Day
	for _, r := range tiny.Rows {
		if r.Day.Before(first) {
			first = r.Day
		}
		if r.Day.After(last) {
			last = r.Day
		}
	}
	for _, c := range []struct {
		name, query, want string
	}{
		{"spellings of one project", `{ a: project(name: "Zope.Interface") { name } b: project(name: "zope_interface") { name } c: project(name: "ZOPE--.-interface") { name } }`,
			`{"a": {"name": "zope-interface"}, "b": {"name": "zope-interface"}, "c": {"name": "zope-interface"}}`},
		{"unknown projects are null", `{ project(name: "no-such-project") { name downloads { total } } projects(names: ["no", "a", "a", "%", ""]) { name } }`,
			`{"project": null, "projects": [null, {"name": "a"}, {"name": "a"}, null, null]}`},
		{"unknown values are zero", `{ project(name: "numpy") { v: downloads(filter: {version: {eq: "99"}}) { total } c: downloads(filter: {country: {eq: "us"}}) { total by(dimension: CI) { total } }
			ci: downloads(filter: {ci: {eq: "maybe"}}) { total } } }`,
			`{"project": {"v": {"total": 0}, "c": {"total": 0, "by": []}, "ci": {"total": 0}}}`},
		{"nothing of nothing", `{ downloads(projects: []) { total by(dimension: CI, others: true) { share } change } }`,
			`{"downloads": {"total": 0, "by": [], "change": null}}`},
		{"first and last day", `{ project(name: "tiny") { firstDownload lastDownload } }`,
			fmt.Sprintf(`{"project": {"firstDownload": %q, "lastDownload": %q}}`, first.Format(time.DateOnly), last.Format(time.DateOnly))},
		{"metadata", `{ project(name: "numpy") { summary latestVersion author license homePage requiresPython repository lastRelease } }`,
			`{"project": {"summary": "Arrays", "latestVersion": "1.10", "author": "Travis", "license": "BSD-3", "homePage": "https://numpy.org",
				"requiresPython": ">=3.5", "repository": "numpy/numpy", "lastRelease": "2016-02-03T04:05:06Z"}}`},
		{"metadata of pre-releases alone", `{ project(name: "pandas") { summary latestVersion author repository } }`,
			`{"project": {"summary": "Frames", "latestVersion": "0.1a2", "author": null, "repository": null}}`},
		{"no metadata", `{ project(name: "flask") { summary latestVersion author license homePage requiresPython repository lastRelease } }`,
			`{"project": {"summary": null, "latestVersion": null, "author": null, "license": null, "homePage": null, "requiresPython": null, "repository": null, "lastRelease": null}}`},
		{"the data set", `{ dataset { totalDownloads projectCount firstDay lastDay } }`,
			fmt.Sprintf(`{"dataset": {"totalDownloads": %d, "projectCount": 7, "firstDay": %q, "lastDay": %q}}`,
				len(d.Rows), d.First.Format(time.DateOnly), d.Last.Format(time.DateOnly))},
		{"type names", `{ node(id: "` + projectID("a") + `") { __typename ... on Project { name } } downloads { __typename series { __typename points { __typename } } } }`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := post(t, h, c.query, nil, nil)
			if len(got.Errors) > 0 {
				t.Fatal(got.body)
			}
			if c.want == "" {
				return
			}
			if diff := cmp.Diff(decoded(t, c.want), plain(got.Data)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A country's label is its English name, in the places that people look at.
func TestLabels(t *testing.T) {
	d := newData(t)
	got := post(t, d.handler(Limits{}), `{ downloads { by(dimension: COUNTRY, first: 100) { value label } } }`, nil, nil)
	labels := map[string]string{}
	for _, s := range got.Data["downloads"].(map[string]any)["by"].([]any) {
		s := s.(map[string]any)
		labels[s["value"].(string)] = s["label"].(string)
	}
	want := map[string]string{"US": "United States", "DE": "Germany", "": "Unknown", "JP": "Japan", "CN": "China", "XK": "Kosovo", "GB": "United Kingdom", "AT": "Austria"}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An id leads back to its object; one that was never given out does not.
func TestNode(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	got := post(t, h, `{ project(name: "numpy") { id downloads { total } } }`, nil, nil)
	project := got.Data["project"].(map[string]any)
	again := post(t, h, `query($id: ID!) { node(id: $id) { id __typename ... on Project { name downloads { total } } } }`, map[string]any{"id": project["id"]}, nil)
	want := map[string]any{"node": map[string]any{"id": project["id"], "__typename": "Project", "name": "numpy", "downloads": project["downloads"]}}
	if diff := cmp.Diff(plain(want), plain(again.Data)); diff != "" {
		t.Errorf("(-want +got):\n%s%s", diff, again.body)
	}
	none := post(t, h, `{ node(id: "`+projectID("never-heard-of")+`") { id } }`, nil, nil)
	if len(none.Errors) > 0 || none.Data["node"] != nil {
		t.Errorf("an unknown id: %s", none.body)
	}
}

// Walking a list page by page by cursors gives every element once, in order.
func TestPagesByCursor(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	list, _ := d.All().Split(cube.Project, math.MaxInt, false)
	var want []string
	for _, v := range list {
		want = append(want, v.Value.(string))
	}
	for _, c := range []struct {
		name, field, element string
		want                 []string
	}{
		{"topProjects", `topProjects`, `total project { name }`, want},
		{"search", `search(text: "")`, `name`, want},
		{"search: the beginning, then a part", `search(text: "P")`, `name`, []string{"pandas", "numpy", "zope-interface"}},
		{"search: words, and slips", `search(text: "Zope interfaec")`, `name`, []string{"zope-interface"}},
	} {
		for _, size := range []int{1, 2, 3, 7, 8} {
			var names []string
			after, pages := "null", 0
			for more := true; more; pages++ {
				args := fmt.Sprintf("first: %d, after: %s", size, after)
				field := strings.Replace(c.field, ")", ", "+args+")", 1)
				if !strings.Contains(field, "(") {
					field += "(" + args + ")"
				}
				got := post(t, h, `{ list: `+field+` { edges { cursor node { `+c.element+` } } nodes { `+c.element+` }
					pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, nil, nil)
				if len(got.Errors) > 0 || pages > len(want) {
					t.Fatalf("page %d: %s", pages, got.body)
				}
				page := got.Data["list"].(map[string]any)
				names = append(names, elementNames(t, page)...)
				info := page["pageInfo"].(map[string]any)
				if info["hasPreviousPage"] != (after != "null") {
					t.Errorf("%s: page %d says that hasPreviousPage is %v", c.name, pages, info["hasPreviousPage"])
				}
				more, after = info["hasNextPage"].(bool), quoted(info["endCursor"])
			}
			if diff := cmp.Diff(c.want, names); diff != "" {
				t.Errorf("%s in pages of %d (-want +got):\n%s", c.name, size, diff)
			}
		}
	}
}

// elementNames are the names on a page, which edges and nodes must agree on.
func elementNames(t *testing.T, page map[string]any) (names []string) {
	t.Helper()
	edges, nodes := page["edges"].([]any), page["nodes"].([]any)
	if len(edges) != len(nodes) {
		t.Fatalf("%d edges, %d nodes", len(edges), len(nodes))
	}
	for i, e := range edges {
		edge := e.(map[string]any)
		if diff := cmp.Diff(nodes[i], edge["node"]); diff != "" {
			t.Errorf("node and edge %d differ: %s", i, diff)
		}
		object := edge["node"].(map[string]any)
		if p, ranked := object["project"].(map[string]any); ranked {
			object = p
		}
		names = append(names, object["name"].(string))
	}
	info := page["pageInfo"].(map[string]any)
	var first, last any
	if n := len(edges); n > 0 {
		first, last = edges[0].(map[string]any)["cursor"], edges[n-1].(map[string]any)["cursor"]
	}
	if info["startCursor"] != first || info["endCursor"] != last {
		t.Errorf("pageInfo %v, cursors %v and %v", info, first, last)
	}
	return names
}

// The totals of a split with others add up, at every level, and shares to 1.
func TestSlicesAddUp(t *testing.T) {
	d := newData(t)
	got := post(t, d.handler(Limits{}), `{ downloads { total by(dimension: VERSION, first: 2, others: true) { total share
		downloads { total by(dimension: SYSTEM, first: 1, others: true) { value total share downloads { total } } } } } }`, nil, nil)
	if len(got.Errors) > 0 {
		t.Fatal(got.body)
	}
	addUp(t, plain(got.Data["downloads"]).(map[string]any))
}

func addUp(t *testing.T, downloads map[string]any) {
	t.Helper()
	list, drilled := downloads["by"].([]any)
	if !drilled {
		return
	}
	total, share := 0.0, 0.0
	for _, s := range list {
		s := s.(map[string]any)
		total, share = total+s["total"].(float64), share+s["share"].(float64)
		below := s["downloads"].(map[string]any)
		if below["total"] != s["total"] {
			t.Errorf("a slice of %v has downloads of %v", s["total"], below["total"])
		}
		addUp(t, below)
	}
	if total != downloads["total"] || math.Abs(share-1) > 1e-9 {
		t.Errorf("the slices of %v add up to %v, their shares to %v", downloads["total"], total, share)
	}
}

// decoded reads JSON.
func decoded(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
