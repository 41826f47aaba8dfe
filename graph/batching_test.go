package graph

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"clickql/internal/fetch"
)

// explained asks with explain, and counts the queries that ClickHouse ran for
// it and the answers that came from memory.
func explained(t testing.TB, h http.Handler, query string) (ran, cached int, tables []string) {
	t.Helper()
	got := post(t, h, query, nil, map[string]any{"explain": true})
	if len(got.Errors) > 0 {
		t.Fatalf("%.200s: %.1000s", query, got.body)
	}
	explain, ok := got.Extensions["explain"].(map[string]any)
	if !ok {
		t.Fatalf("no extensions.explain: %.1000s", got.body)
	}
	for _, q := range explain["queries"].([]any) {
		q := q.(map[string]any)
		switch q["source"] {
		case "clickhouse":
			ran++
			tables = append(tables, q["table"].(string))
		case "cache":
			cached++
		default:
			t.Errorf("source %v", q["source"])
		}
	}
	return ran, cached, tables
}

// One operation is few queries, however many objects it asks about, and no
// query when it is asked again.
func TestOneOperationIsFewQueries(t *testing.T) {
	d := newData(t)
	fifty := make([]string, 50)
	for i := range fifty {
		fifty[i] = projectNames[i%len(projectNames)]
	}
	var hundred strings.Builder
	for i := range 100 {
		fmt.Fprintf(&hundred, " a%d: project(name: \"numpy\") { downloads { by(dimension: VERSION) { total } } }", i)
	}
	projects := fmt.Sprintf(`projects(names: %s)`, quoted(fifty))
	splits := `v: by(dimension: VERSION) { BELOW } c: by(dimension: COUNTRY) { BELOW } p: by(dimension: PYTHON) { BELOW } s: by(dimension: SYSTEM) { BELOW }`
	forgetful := NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: d.conn, Catalog: d.catalog, CacheBytes: -1})})
	for _, c := range []struct {
		name, query string
		most        int
	}{
		{"fifty projects, four splits", `{ ` + projects + ` { downloads {` + strings.ReplaceAll(splits, "BELOW", "value total") + `} } }`, 4},
		{"fifty projects one by one", `{ ` + oneByOne(fifty) + ` }`, 1},
		{"a hundred aliases of one field", `{ ` + hundred.String() + ` }`, 1},
		{"totals and series of one slice", `{ ` + projects + ` { downloads(range: {last: 30}) { total series { totals } } } }`, 1},
		{"drill-down of fifty projects, two levels", `{ ` + projects + ` { downloads { by(dimension: VERSION) { downloads { by(dimension: COUNTRY, others: true) { total share } } } } } }`, 1},
		{"drill-down of fifty projects, three levels, each to days", `{ ` + projects + ` { downloads(range: {last: 30}) {
			by(dimension: VERSION, first: 3) { downloads { by(dimension: COUNTRY, first: 3) { downloads { total series { totals } } } } } } } }`, 1},
		{"two drill-downs side by side", `{ ` + projects + ` { downloads(range: {last: 30}) { v: by(dimension: VERSION) { downloads { series { totals } } } c: by(dimension: COUNTRY) { downloads { series { totals } } } } } }`, 2},
		{"totals of a split's values", `{ ` + projects + ` { downloads(range: {last: 30}) { by(dimension: VERSION) { downloads { total } } } } }`, 1},
		{"a drill-down whose rest is asked about too", `{ downloads { by(dimension: VERSION, first: 2, others: true) { downloads { by(dimension: COUNTRY) { total } } } } }`, 2},
		{"a drill-down to two kinds", `{ downloads { by(dimension: VERSION) { downloads { total series { totals } by(dimension: COUNTRY) { total } } } } }`, 2},
		{"a ranking's projects", `{ topProjects(first: 100) { nodes { project { downloads(range: {last: 7}) { total by(dimension: PYTHON) { total } } } } } }`, 3},
		{"a search's projects", `{ search(text: "") { nodes { summary latestVersion firstDownload downloads { total } } } }`, 3},
		{"metadata of fifty projects", `{ ` + projects + ` { summary author license homePage requiresPython repository latestVersion lastRelease } }`, 1},
		{"first and last day", `{ ` + projects + ` { firstDownload lastDownload } }`, 1},
		{"change", `{ ` + projects + ` { downloads(range: {last: 30}) { total change previous { total } } } }`, 2},
		{"a specifier of fifty projects", `{ ` + projects + ` { downloads(filter: {version: {specifier: ">=1.1"}}) { total by(dimension: COUNTRY) { total } } } }`, 2},
		{"two specifiers, in one round", `{ ` + projects + ` { a: downloads(filter: {version: {specifier: ">=1.1"}}) { total } b: downloads(filter: {version: {specifier: "<1.1"}}) { total } } }`, 3},
		{"a specifier of a ranking's projects", `{ topProjects { nodes { project { downloads(filter: {version: {specifier: "==1.*"}}) { total } } } } }`, 3},
		{"ranks of fifty projects", `{ ` + projects + ` { rank { position } last: rank(range: {last: 30}) { percentile } } }`, 1},
		{"releases of fifty projects", `{ ` + projects + ` { releases { nodes { version project { latestVersion } downloads { total } } } } }`, 3},
		{"recent releases", `{ recentReleases { nodes { version project { summary } downloads { series { totals } } } } }`, 3},
		{"requirements of fifty projects", `{ ` + projects + ` { dependencies { total project { summary } } } }`, 2},
		{"requirements of requirements", `{ ` + projects + ` { dependencies { project { dependencies { total project { downloads(range: {last: 7}) { total } } } } } } }`, 3},
		{"dependents", `{ a: project(name: "numpy") { dependents { total project { downloads(range: {last: 7}) { total } } } } }`, 2},
		{"dependents of fifty projects", `{ ` + projects + ` { dependents { total project { name } } } }`, 1},
		{"trends", `{ emergingProjects { project { firstDownload } } staleProjects { total } hotProjects(minDownloads: 1) { series { totals } } }`, 5},
		{"a comparison of fifty projects", `{ compare(projects: ` + quoted(fifty) + `) { dates lines { total series { totals indexed movingAverage(days: 28) } } } }`, 1},
		{"a comparison with shares and splits", `{ compare(projects: ` + quoted(fifty) + `, range: {last: 30}) { lines { project { summary } series { shares weekdayChange } downloads { by(dimension: COUNTRY) { total } } } } }`, 4},
		{"portfolio of requirements", `{ portfolio(requirements: ` + quoted(strings.Join(projectNames, "\n")) + `) { projects { name downloads { total } } downloads(range: {last: 30}) { total series { totals } by(dimension: PROJECT) { total } } } }`, 2},
		{"portfolio of an author", `{ portfolio(author: "Travis") { projects { name author downloads(range: {last: 30}) { total } } downloads(range: {last: 30}) { total series { totals } } } }`, 4},
		{"releases of fifty projects, over time", `{ ` + projects + ` { downloads { byRelease { release total series(interval: MONTH) { totals } } } } }`, 2},
		{"names, ids and the data set", `{ dataset { totalDownloads projectCount firstDay lastDay updatedAt } ` + projects + ` { id name } }`, 0},
		{"totals and ranks of all time beside something else", `{ ` + projects + ` { rank { position } downloads { total by(dimension: CI) { value } } } downloads { total } }`, 1},
		{"a project's page", recipeOf(t, "A project's page as one operation"), 6},
		{"a home page", recipeOf(t, "The home page as one operation"), 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := d.handler(Limits{})
			for _, h := range []http.Handler{forgetful, h} {
				ran, _, tables := explained(t, h, c.query)
				if ran > c.most || ran == 0 && c.most > 0 {
					t.Errorf("%d queries, at most %d wanted: %v", ran, c.most, tables)
				}
			}
			if ran, cached, _ := explained(t, h, c.query); ran > 0 || cached == 0 && c.most > 0 {
				t.Errorf("asked again: %d queries, %d answers from the cache", ran, cached)
			}
		})
	}
}

// oneByOne asks for the total of each project under an alias of its own.
func oneByOne(names []string) string {
	var b strings.Builder
	for i, name := range names {
		fmt.Fprintf(&b, " p%d: project(name: %q) { downloads { total } }", i, name)
	}
	return b.String()
}

// Without explain nothing is explained.
func TestExplainIsOnlyShownWhenAskedFor(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	for _, extensions := range []map[string]any{nil, {"explain": false}, {"explain": "yes"}} {
		if got := post(t, h, `{ dataset { lastDay } }`, nil, extensions); strings.Contains(got.body, "explain") {
			t.Errorf("%v: %s", extensions, got.body)
		}
	}
	got := post(t, h, `{ dataset { lastDay } }`, nil, map[string]any{"explain": true})
	if !strings.Contains(got.body, `"explain":{"queries":[]}`) {
		t.Errorf("an operation without queries: %s", got.body)
	}
}
