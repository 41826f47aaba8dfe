package graph

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// representations are projects as a router names them.
func representations(names ...string) []any {
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = map[string]any{"__typename": "Project", "name": name}
	}
	return list
}

const entitiesQuery = `query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Project { name summary downloads(range: {last: 30}) { total } } } }`

// Entities are projects by their key, in the order asked for and in any spelling,
// null where unknown, and what Query.project says of them.
func TestEntitiesAreProjects(t *testing.T) {
	h := newData(t).handler(Limits{})
	got := post(t, h, entitiesQuery, map[string]any{"r": representations("NumPy", "no-such", "pandas")}, nil)
	list, ok := got.Data["_entities"].([]any)
	if len(got.Errors) > 0 || !ok || len(list) != 3 || list[1] != nil {
		t.Fatalf("%s", got.body)
	}
	for i, name := range map[int]string{0: "numpy", 2: "pandas"} {
		alone := post(t, h, `{ project(name: "`+name+`") { __typename name summary downloads(range: {last: 30}) { total } } }`, nil, nil)
		if fmt.Sprint(list[i]) != fmt.Sprint(alone.Data["project"]) {
			t.Errorf("%s: %v, alone %v", name, list[i], alone.Data["project"])
		}
	}
	literal := post(t, h, `query($n: String!) { _entities(representations: [{__typename: "Project", name: $n}]) { ... on Project { name } ... on Node { id } } }`, map[string]any{"n": "numpy"}, nil)
	if !strings.Contains(literal.body, `"name":"numpy"`) || !strings.Contains(literal.body, projectID("numpy")) {
		t.Errorf("%s", literal.body)
	}
}

// A hundred entities are one statement, and one more for their metadata.
func TestEntitiesAreFewQueries(t *testing.T) {
	h := newData(t).handler(Limits{})
	names := make([]string, 100)
	for i := range names {
		names[i] = projectNames[i%len(projectNames)]
	}
	got := post(t, h, entitiesQuery, map[string]any{"r": representations(names...)}, map[string]any{"explain": true})
	queries := got.Extensions["explain"].(map[string]any)["queries"].([]any)
	if len(got.Errors) > 0 || len(queries) != 2 {
		t.Errorf("%d queries: %s", len(queries), got.body)
	}
	if downloads := post(t, h, `query($r: [_Any!]!) { _entities(representations: $r) { ... on Project { downloads(range: {last: 31}) { total } } } }`,
		map[string]any{"r": representations(names...)}, map[string]any{"explain": true}); len(downloads.Extensions["explain"].(map[string]any)["queries"].([]any)) != 1 {
		t.Errorf("%s", downloads.body)
	}
}

// What is no representation is told.
func TestEntitiesThatAreNone(t *testing.T) {
	h := newData(t).handler(Limits{Names: 5})
	for text, want := range map[string]string{
		`[{"__typename": "Release", "name": "numpy"}]`: `\"Release\"`,
		`[{"name": "numpy"}]`:                          `type \"\"`,
		`[{"__typename": "Project"}]`:                  "has no name",
		`[{"__typename": "Project", "name": 3}]`:       "has no name",
		`["numpy"]`:                                    "an object with __typename",
		`[[]]`:                                         "an object with __typename",
		`[null]`:                                       "null is given",
		`[` + strings.Repeat(`{"__typename": "Project", "name": "a"},`, 5) + `{"__typename": "Project", "name": "a"}]`: "at most 5",
	} {
		var r any
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		got := post(t, h, entitiesQuery, map[string]any{"r": r}, nil)
		if len(got.Errors) == 0 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %s, want %s", text, got.body, want)
		}
	}
}

// The schema for clients is plain; that for routers names the key.
func TestServiceHasTheDirectives(t *testing.T) {
	h := newData(t).handler(Limits{})
	got := post(t, h, `{ _service { sdl } }`, nil, nil)
	sdl := got.Data["_service"].(map[string]any)["sdl"].(string)
	if !strings.Contains(sdl, "type PageInfo @shareable {") || !strings.Contains(sdl, `extend type Project @key(fields: "name")`) || !strings.Contains(sdl, "@link(") {
		t.Errorf("%.300s", got.body)
	}
	if strings.Contains(SDL(), "_entities") || strings.Contains(SDL(), "@key") || strings.Contains(sdl, "_Any") {
		t.Error("the schema for clients has parts of the one for routers")
	}
}
