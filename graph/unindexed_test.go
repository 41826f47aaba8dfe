package graph

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// Where the projects cannot be listed, each is still known by its downloads, and
// search says that it cannot answer.
func TestDatabaseWithoutIndex(t *testing.T) {
	d := newData(t)
	h := d.withAndWithoutIndex()["without index"]
	got := post(t, h, `{ project(name: "Zope.Interface") { name summary } none: project(name: "no-such-project") { name }
		projects(names: ["tiny", "no", "", "tiny"]) { name downloads { total } rank { projectCount } }
		known: node(id: "`+projectID("a")+`") { id } unknown: node(id: "`+projectID("b")+`") { id }
		topProjects(first: 0) { pageInfo { hasNextPage } } dataset { totalDownloads projectCount firstDay lastDay } }`, nil, nil)
	tiny := map[string]any{"name": "tiny", "downloads": map[string]any{"total": 5}, "rank": map[string]any{"projectCount": 7}}
	want := map[string]any{
		"project": map[string]any{"name": "zope-interface", "summary": nil}, "none": nil,
		"projects": []any{tiny, nil, nil, tiny},
		"known":    map[string]any{"id": projectID("a")}, "unknown": nil,
		"topProjects": map[string]any{"pageInfo": map[string]any{"hasNextPage": true}},
		"dataset": map[string]any{"totalDownloads": len(d.Rows), "projectCount": 7,
			"firstDay": d.First.Format(time.DateOnly), "lastDay": d.Last.Format(time.DateOnly)},
	}
	if diff := gocmp.Diff(plain(want), plain(got.Data)); diff != "" || len(got.Errors) > 0 {
		t.Errorf("%v (-want +got):\n%s", got.Errors, diff)
	}
	search := post(t, h, `{ search(text: "a") { nodes { name } } }`, nil, nil)
	if len(search.Errors) != 1 || search.Errors[0].code() != "UNCOVERED" || search.Errors[0].path() != `["search"]` {
		t.Errorf("search: %s", search.body)
	}
}

// Fifty projects are few queries without an index, too.
func TestBatchingWithoutIndex(t *testing.T) {
	d := newData(t)
	fifty := make([]string, 50)
	for i := range fifty {
		fifty[i] = fmt.Sprint("p", i)
	}
	h := d.withAndWithoutIndex()["without index"]
	if ran, _, tables := explained(t, h, `{ projects(names: `+quoted(append(fifty, projectNames...))+`) { name downloads { by(dimension: COUNTRY) { total } } } dataset { totalDownloads projectCount } }`); ran > 4 {
		t.Errorf("%d queries: %v", ran, tables)
	}
}

// A database without metadata says so where it is asked for lists that it would
// be wrong to give as empty.
func TestDatabaseWithoutMetadata(t *testing.T) {
	d := newData(t)
	bare := *d.catalog.Snapshot()
	bare.Metadata, bare.MetadataColumns = false, nil
	h := NewHandler(HandlerConfig{Loader: d.loader(&bare)})
	for _, field := range []string{
		`recentReleases { nodes { version } }`, `recentReleases(projects: ["numpy"]) { nodes { version } }`, `staleProjects { total }`,
		`project(name: "numpy") { releases { nodes { version downloads { total } } } }`,
		`project(name: "numpy") { dependencies { total } }`, `project(name: "numpy") { dependents { total } }`,
	} {
		got := post(t, h, `{ `+field+` }`, nil, nil)
		if len(got.Errors) != 1 || got.Errors[0].code() != "UNCOVERED" {
			t.Errorf("%s: %s", field, got.body)
		}
	}
}
