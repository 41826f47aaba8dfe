package graph

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"clickql/internal/oracle"
)

// insertPage is metadata for the pages of the cookbook.
const insertPage = `
INSERT INTO projects (name, version, summary, author, author_email, maintainer, maintainer_email, license, home_page, requires_python, project_urls, requires_dist, upload_time) VALUES
	('NumPy', '1.10', 'Old', 'Somebody', '', '', '', 'BSD', '', '>=2.7', [], ['requests'], '2023-12-01 08:00:00'),
	('numpy', '2.0rc1', 'To come', 'Jane Doe', '', '', '', 'BSD-3', '', '>=3.9', [], ['tiny'], '2024-02-28 08:00:00'),
	('numpy', '2.0', 'Arrays', 'Jane Doe', '', 'J', '"Doe, Jane" <jane@example.org>', 'BSD-3', 'https://numpy.org', '>=3.9',
		['Source, https://github.com/numpy/numpy'], ['pandas[all]>=1', 'flask ; os_name == "nt"', 'requests; extra == "x"'], '2024-03-01 08:00:00'),
	('pandas', '1.0', 'Frames', '', '', '', '', '', '', '', [], ['numpy (>=1)', 'requests'], '2023-06-01 00:00:00'),
	('Flask', '1.0', 'Web', '', 'Jane Doe <jane.doe@example.org>', '', '', '', '', '', [], ['numpy'], '2023-01-01 00:00:00')`

// insertEvents is what happened in a repository that was renamed, over forty days from
// the new year on, of which the fifth is not loaded.
const insertEvents = `INSERT INTO github_events (file_time, event_type, actor_login, repo_name, repo_id, created_at, action, number, merged)
	SELECT toStartOfHour(at), kind, concat('user', toString(number % 37)), if(number < 500, 'numeric/Numpy', 'NumPy/numpy'), '42', at,
		multiIf(kind = 'WatchEvent', 'started', kind = 'ForkEvent', 'none', number % 3 = 0, 'closed', 'opened'), number % 11, number % 2 = 0
	FROM (SELECT number, toDateTime('2024-01-01 00:30:00', 'UTC') + toIntervalHour(number) AS at,
		['WatchEvent', 'ForkEvent', 'IssuesEvent', 'PullRequestEvent'][1 + cityHash64(number) % 4] AS kind FROM numbers(960) WHERE intDiv(number, 24) != 4)`

// pageMetadata is what it says of the projects' latest versions.
var pageMetadata = map[string]map[string]any{
	"numpy": {"summary": "Arrays", "latestVersion": "2.0", "author": "Jane Doe", "maintainer": "J", "license": "BSD-3",
		"homePage": "https://numpy.org", "requiresPython": ">=3.9", "repository": "numpy/numpy"},
	"pandas": {"summary": "Frames", "latestVersion": "1.0"},
	"flask":  {"summary": "Web", "latestVersion": "1.0"},
}

var pageRequirements = map[string][]string{"numpy": {"pandas", "flask"}, "pandas": {"numpy", "requests"}, "flask": {"numpy"}}

// recipe is an operation of a document for people.
type recipe struct {
	title, query string
	variables    map[string]any
}

var (
	headings = regexp.MustCompile(`(?m)^#+ (.*)$`)
	blocks   = regexp.MustCompile("(?s)```(graphql|json)\n(.*?)```")
)

// recipes are a document's operations, each with the variables that follow it.
func recipes(t *testing.T, file string) (list []recipe) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range blocks.FindAllSubmatchIndex(text, -1) {
		kind, body := string(text[at[2]:at[3]]), text[at[4]:at[5]]
		if kind == "graphql" {
			above := headings.FindAllSubmatch(text[:at[0]], -1)
			list = append(list, recipe{title: string(above[len(above)-1][1]), query: string(body)})
			continue
		}
		if err := json.Unmarshal(body, &list[len(list)-1].variables); err != nil {
			t.Fatalf("%s: variables: %v", list[len(list)-1].title, err)
		}
	}
	return list
}

// recipeOf is an operation of the cookbook, its variables written in.
func recipeOf(t *testing.T, title string) string {
	t.Helper()
	for _, r := range recipes(t, "../docs/API.md") {
		if r.title != title {
			continue
		}
		query := regexp.MustCompile(`(?s)^query.*?\) `).ReplaceAllString(r.query, "")
		for name, value := range r.variables {
			query = strings.ReplaceAll(query, "$"+name, quoted(value))
		}
		return query
	}
	t.Fatalf("there is no %q", title)
	return ""
}

// Every operation that the documents show runs, and its answer is what the rows
// and the files come to, counted one by one.
func TestCookbook(t *testing.T) {
	d := newData(t, insertDownloads, insertPage, insertEvents)
	h := d.handler(Limits{})
	schema := NewExecutableSchema(Config{Resolvers: resolver{}}).Schema()
	e := evaluator{d, pageMetadata, pageRequirements, oracle.ReadEvents(t, d.conn, "github_events")}
	list := append(recipes(t, "../docs/API.md"), recipes(t, "../README.md")...)
	if len(list) < 35 {
		t.Fatalf("only %d operations", len(list))
	}
	for _, r := range list {
		t.Run(r.title, func(t *testing.T) {
			doc, errs := gqlparser.LoadQueryWithRules(schema, r.query, rules.NewDefaultRules())
			if errs != nil {
				t.Fatal(errs)
			}
			variables, err := validator.VariableValues(schema, doc.Operations[0], r.variables)
			if err != nil {
				t.Fatal(err)
			}
			got := post(t, h, r.query, r.variables, nil)
			if len(got.Errors) > 0 {
				t.Fatal(got.body)
			}
			want := pick(e.query(), doc.Operations[0].SelectionSet, variables)
			if diff := cmp.Diff(plain(want), plain(got.Data), closeEnough); diff != "" {
				t.Errorf("the rows (-) and the answer (+) differ:\n%s", diff)
			}
		})
	}
}
