package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// everySlice leads to a Downloads by every road that there is.
const everySlice = `{
	a: downloads { ...D } b: downloads(projects: ["pandas", "numpy", "pandas"], range: {last: 20}) { ...D previous { ...D } }
	c: project(name: "numpy") { downloads(range: {from: "2024-01-05", to: "2024-02-20"}, filter: {country: {in: ["US", "DE"]}, version: {notIn: ["9"]}, mirrors: false}) { ...D }
		e: downloads(filter: {version: {specifier: ">=1.1"}}) { ...D by(dimension: SYSTEM, first: 1, others: true) { id downloads { ...D } } } }
	f: downloads { by(dimension: COUNTRY, first: 2, others: true) { id downloads { ...D by(dimension: PYTHON, first: 1, others: true) { id downloads { ...D } } } }
		byRelease(level: MINOR, first: 1, others: true) { id downloads { ...D } } }
	g: portfolio(requirements: "numpy>=1\npandas") { id downloads(range: {last: 3, unit: MONTH}) { ...D } }
	h: compare(projects: ["numpy", "tiny"]) { id lines { id downloads { ...D } } }
	i: recentReleases(first: 2) { nodes { id downloads { ...D } } }
}`

const whatIsOfASlice = ` fragment D on Downloads { id total change series { id totals } ci: by(dimension: CI, others: true) { id label total share } }`

// identified are the objects of an answer that have an id, each with what it has.
func identified(v any, all map[string][]map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		if id, ok := v["id"].(string); ok {
			all[id] = append(all[id], v)
		}
		for _, one := range v {
			identified(one, all)
		}
	case []any:
		for _, one := range v {
			identified(one, all)
		}
	}
}

// One id is of one object: whoever has it has the same, from wherever it was
// reached. Ids are short, and node leads back to every slice.
func TestIDsLeadBack(t *testing.T) {
	d := newData(t)
	for name, h := range d.withAndWithoutIndex() {
		got := post(t, h, everySlice+whatIsOfASlice, nil, nil)
		if len(got.Errors) > 0 {
			t.Fatalf("%s: %s", name, got.body)
		}
		all := map[string][]map[string]any{}
		identified(plain(got.Data), all)
		slicesFound := 0
		for id, objects := range all {
			if len(id) > 1024 {
				t.Errorf("an id of %d bytes", len(id))
			}
			for _, one := range objects[1:] {
				if _, isSlice := one["series"]; isSlice && gocmp.Diff(objects[0]["series"], one["series"]) != "" {
					t.Errorf("%s: two objects with one id: %v and %v", name, objects[0], one)
				}
			}
			again := post(t, h, `query($id: ID!) { node(id: $id) { id __typename ... on Downloads { ...D } } }`+whatIsOfASlice, map[string]any{"id": id}, nil)
			if _, isSlice := objects[0]["change"]; !isSlice {
				if len(again.Errors) != 1 || again.Errors[0].code() != "BAD_USER_INPUT" || !strings.Contains(again.Errors[0].Message, "ask for the object as before") {
					t.Errorf("%s: %v: %s", name, objects[0], again.body)
				}
				continue
			}
			slicesFound++
			want := map[string]any{"__typename": "Downloads"}
			for key, value := range objects[0] {
				if !slices.Contains([]string{"previous", "by", "byRelease"}, key) {
					want[key] = value
				}
			}
			have, _ := plain(again.Data["node"]).(map[string]any)
			for key := range want {
				if diff := gocmp.Diff(want[key], have[key]); diff != "" {
					t.Errorf("%s: %s of %v again (-want +got):\n%s%s", name, key, objects[0]["id"], diff, again.body)
				}
			}
		}
		if slicesFound < 16 {
			t.Errorf("%s: only %d slices were found", name, slicesFound)
		}
	}
}

// idOf asks for the id of one slice.
func idOf(t *testing.T, h http.Handler, field string) string {
	t.Helper()
	got := post(t, h, `{ it: `+field+` }`, nil, nil)
	v := plain(got.Data["it"])
	for {
		object, ok := v.(map[string]any)
		if list, isList := v.([]any); isList {
			v = list[len(list)-1]
			continue
		}
		if !ok {
			t.Fatalf("%s: %s", field, got.body)
		}
		if id, ok := object["id"].(string); ok {
			return id
		}
		for _, below := range object {
			v = below
		}
	}
}

// Ids tell what was asked: other arguments give other ids, another spelling of the
// same does not.
func TestIDsTellWhatWasAsked(t *testing.T) {
	h := newData(t).handler(Limits{})
	same := [][]string{
		{`downloads { id }`, `downloads(projects: null, range: {}, filter: {}) { id }`, `downloads(range: null, filter: {mirrors: true, human: false, country: {notIn: []}}) { id }`},
		{`project(name: "numpy") { downloads { id } }`, `project(name: "NumPy") { downloads(range: {from: null}) { id } }`, `downloads(projects: ["numpy", "NUMPY"]) { id }`,
			`compare(projects: ["numpy"]) { lines { downloads { id } } }`, `downloads(projects: ["numpy"]) { by(dimension: CI) { id } }`},
		{`downloads(range: {last: 30}) { id }`, `downloads(range: {last: 30, unit: DAY}) { id }`},
		{`downloads(range: {last: 30}) { previous { id } }`},
		{`downloads(range: {last: 30, unit: MONTH}) { id }`},
		{`downloads(filter: {country: {eq: "US"}}) { id }`, `downloads(filter: {country: {in: ["US", "US"]}}) { id }`},
		{`downloads(filter: {country: {notIn: ["US"]}}) { id }`}, {`downloads(filter: {ci: {eq: "US"}}) { id }`}, {`downloads(filter: {mirrors: false}) { id }`}, {`downloads(filter: {human: true}) { id }`},
		{`downloads(projects: []) { id }`},
		{`downloads { by(dimension: COUNTRY, first: 2, others: true) { id } }`}, {`downloads { by(dimension: COUNTRY, first: 3, others: true) { id } }`},
		{`downloads { by(dimension: COUNTRY, first: 2, others: true) { downloads { id } } }`},
		{`downloads { series { id } }`, `downloads { series(interval: DAY) { id } }`}, {`downloads { series(interval: WEEK) { id } }`},
		{`topProjects(first: 1) { nodes { id } }`, `emergingProjects(first: 1, months: 100) { id }`}, {`topProjects(first: 1, range: {last: 30}) { nodes { id } }`},
		{`project(name: "numpy") { rank { id } }`}, {`project(name: "numpy") { rank(range: {last: 1}) { id } }`}, {`project(name: "numpy") { id }`},
	}
	seen := map[string]string{}
	for _, fields := range same {
		first := ""
		for _, field := range fields {
			id := idOf(t, h, field)
			if first == "" {
				first = id
			}
			if strings.Contains(field, "by(dimension: CI)") || strings.Contains(field, "emerging") { // of another object
				continue
			}
			if id != first {
				t.Errorf("%s: another id than %s", field, fields[0])
			}
			if other, taken := seen[id]; taken && other != fields[0] {
				t.Errorf("%s has the id of %s", field, other)
			}
			seen[id] = fields[0]
		}
	}
}

// What nobody was given is no id, however much it looks like one.
func TestForgedIDs(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	deep := strings.Repeat(`,["rest","VERSION",1]`, 30)
	for _, text := range []string{
		`Downloads:`, `Downloads:x`, `Downloads:{}x`, `Downloads:null`, `Downloads:[]`, `Downloads:{"planet":1}`, `Downloads:{"range":{"last":0}}`,
		`Downloads:{"range":{"last":3,"from":"2024-01-01"}}`, `Downloads:{"range":{"from":"2024-02-30"}}`, `Downloads:{"filter":{"country":{}}}`,
		`Downloads:{"filter":{"mirrors":true}}`, `Downloads:{"projects":["B","a"]}`, `Downloads:{"projects":["numpy"],"listed":["numpy"]}`, `Downloads:{ }`,
		`Downloads:{},["value","PLANET","x"]`, `Downloads:{},["value","COUNTRY",3]`, `Downloads:{},["rest","COUNTRY",-1]`, `Downloads:{},["rest","COUNTRY",100000]`,
		`Downloads:{},["previous",1,2]`, `Downloads:{},[]`, `Downloads:{},["release","PATCH","1"]`, `Downloads:{},["rest","COUNTRY",1e2]`, `Series:{}`, `Project:`,
		`Downloads:{"author":"travis","maintainer":"x"}`, "Downloads:{\"requirements\":\"\\u0000\"}" + deep + strings.Repeat("x", 2000),
	} {
		got := post(t, h, `query($id: ID!) { node(id: $id) { id ... on Downloads { total } } }`, map[string]any{"id": opaque.EncodeToString([]byte(text))}, nil)
		if len(got.Errors) != 1 || got.Errors[0].code() != "BAD_USER_INPUT" && got.Errors[0].code() != "LIMIT" {
			t.Errorf("%.60s: %.300s", text, got.body)
		}
	}
	long := make([]string, 300)
	for i := range long {
		long[i] = fmt.Sprintf("project-%03d", i)
	}
	names, _ := json.Marshal(long)
	id := idOf(t, h, `downloads(projects: `+string(names)+`) { id }`)
	got := post(t, h, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id}, nil)
	if len(id) > 1024 || len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, "too long") {
		t.Errorf("an id of %d bytes: %s", len(id), got.body)
	}
	if again := idOf(t, h, `downloads(projects: `+string(names)+`) { id }`); again != id {
		t.Errorf("%s and %s", id, again)
	}
}
