package graph

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What is well formed and means nothing is told at the field's path, with a code
// and a message, and costs nothing else.
func TestBadInputCostsOnlyTheFieldThatHasIt(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	many := `["` + strings.Repeat(`x","`, DefaultLimits().Names) + `x"]`
	for _, c := range []struct {
		name, field string
		variables   map[string]any
		declare     string
		path        string
		message     string
	}{
		{name: "from after to", field: `project(name: "numpy") { downloads(range: {from: "2024-02-01", to: "2024-01-01"}) { total } }`,
			path: `["bad","downloads"]`, message: "2024-02-01"},
		// What is none of its type is an error of the request: nothing runs.
		{name: "no date", field: `project(name: "numpy") { downloads(range: {from: "yesterday"}) { total } }`,
			message: "YYYY-MM-DD"},
		{name: "no such day", field: `project(name: "numpy") { downloads(range: {to: "2023-02-29"}) { total } }`,
			message: "2023-02-29"},
		{name: "a number for a date", field: `project(name: "numpy") { downloads(range: {to: 20230201}) { total } }`,
			message: "YYYY-MM-DD"},
		{name: "a date by variable", declare: "($d: Date)", variables: map[string]any{"d": "2024-13-01"},
			field: `project(name: "numpy") { downloads(range: {to: $d}) { total } }`, message: "2024-13-01"},
		{name: "a range by variable", declare: "($r: DateRange)", variables: map[string]any{"r": map[string]any{"from": "soon"}},
			field: `project(name: "numpy") { downloads(range: $r) { total } }`, message: "soon"},
		{name: "last and from", field: `project(name: "numpy") { downloads(range: {last: 3, from: "2024-01-01"}) { total } }`,
			path: `["bad","downloads"]`, message: "not both"},
		{name: "last of nothing", field: `project(name: "numpy") { downloads(range: {last: 0}) { total } }`,
			path: `["bad","downloads"]`, message: "last is 0"},
		{name: "negative first", field: `project(name: "numpy") { downloads { by(dimension: VERSION, first: -1) { total } } }`,
			path: `["bad","downloads","by"]`, message: "first is -1"},
		{name: "large first", field: `project(name: "numpy") { downloads { by(dimension: VERSION, first: 1001) { total } } }`,
			path: `["bad","downloads","by"]`, message: "first is 1001"},
		{name: "first by variable", declare: "($n: Int!)", variables: map[string]any{"n": -5},
			field: `project(name: "numpy") { downloads { by(dimension: VERSION, first: $n) { total } } }`,
			path:  `["bad","downloads","by"]`, message: "first is -5"},
		{name: "unknown dimension", field: `project(name: "numpy") { downloads { by(dimension: PLANET) { total } } }`,
			message: "PLANET"},
		{name: "unknown dimension by variable", declare: "($d: Dimension!)", variables: map[string]any{"d": "PLANET"},
			field: `project(name: "numpy") { downloads { by(dimension: $d) { total } } }`, message: "PLANET"},
		{name: "unknown interval", field: `project(name: "numpy") { downloads { series(interval: HOUR) { totals } } }`,
			message: "HOUR"},
		{name: "unknown unit", field: `project(name: "numpy") { downloads(range: {last: 3, unit: HOUR}) { total } }`,
			message: "HOUR"},
		{name: "filter without field", field: `project(name: "numpy") { downloads(filter: {country: {}}) { total } }`,
			message: "exactly one"},
		{name: "filter with two fields", field: `project(name: "numpy") { downloads(filter: {country: {eq: "US", in: ["DE"]}}) { total } }`,
			message: "exactly one"},
		{name: "filter with a null beside", field: `project(name: "numpy") { downloads(filter: {version: {eq: "1.0", in: null}}) { total } }`,
			message: "exactly one"},
		{name: "filter with null", field: `project(name: "numpy") { downloads(filter: {version: {eq: null}}) { total } }`,
			message: "null"},
		{name: "filter with two fields by variable", declare: "($f: DownloadsFilter)",
			variables: map[string]any{"f": map[string]any{"ci": map[string]any{"eq": "true", "notIn": []string{"false"}}}},
			field:     `project(name: "numpy") { downloads(filter: $f) { total } }`, message: "exactly one"},
		{name: "filter without field by variable", declare: "($f: ValueFilter)", variables: map[string]any{"f": map[string]any{}},
			field: `project(name: "numpy") { downloads(filter: {ci: $f}) { total } }`, message: "exactly one"},
		{name: "filter with null by variable", declare: "($c: String)", variables: map[string]any{"c": nil},
			field: `project(name: "numpy") { downloads(filter: {ci: {eq: $c}}) { total } }`, message: "null"},
		{name: "a long filter", field: `project(name: "numpy") { downloads(filter: {country: {in: ` + many + `}}) { total } }`,
			path: `["bad","downloads"]`, message: "at most 2000"},
		{name: "no id", field: `node(id: "%%") { id }`, path: `["bad"]`, message: "not an id"},
		{name: "no id of ours", field: `node(id: "UGxhbmV0OmVhcnRo") { id }`, path: `["bad"]`, message: "not an id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := fmt.Sprintf(`query %s { bad: %s good: project(name: "pandas") { name } }`, c.declare, c.field)
			if c.declare != "" {
				q = strings.Replace(q, "query ", "query Q", 1)
			}
			got := post(t, h, q, c.variables, nil)
			if len(got.Errors) != 1 {
				t.Fatalf("one error expected: %s", got.body)
			}
			e := got.Errors[0]
			if c.path == "" {
				code := "GRAPHQL_VALIDATION_FAILED"
				if c.declare != "" && !strings.Contains(c.field, "$c") {
					code = "BAD_USER_INPUT"
				}
				if e.code() != code || got.Data != nil || !strings.Contains(e.Message, c.message) || len(e.Locations) == 0 {
					t.Errorf("want %s and no data: %s", code, got.body)
				}
				return
			}
			if e.code() != "BAD_USER_INPUT" || e.path() != c.path || !strings.Contains(e.Message, c.message) {
				t.Errorf("got %s at %s: %s", e.code(), e.path(), e.Message)
			}
			if len(e.Locations) == 0 {
				t.Errorf("the error has no location: %s", got.body)
			}
			if good, _ := got.Data["good"].(map[string]any); good["name"] != "pandas" {
				t.Errorf("the rest of the response is not intact: %s", got.body)
			}
		})
	}
}

// Mistakes at a non-null root field leave no data, as the schema says, but the
// same error.
func TestBadInputOfNonNullRootFields(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	many := `["` + strings.Repeat(`x","`, DefaultLimits().Names) + `x"]`
	for field, message := range map[string]string{
		`topProjects(first: -1) { nodes { total } }`:        "first is -1",
		`topProjects(first: 2000) { nodes { total } }`:      "first is 2000",
		`topProjects(after: "!") { nodes { total } }`:       "cursor",
		`search(text: "n", first: 1001) { nodes { name } }`: "first is 1001",
		`search(text: "n", after: "%%") { nodes { name } }`: "cursor",
		`projects(names: ` + many + `) { name }`:            "at most 2000",
		`downloads(projects: ` + many + `) { total }`:       "at most 2000",
		`downloads(range: {last: 0}) { total }`:             "last is 0",
	} {
		got := post(t, h, `{ bad: `+field+` }`, nil, nil)
		found := false
		for _, e := range got.Errors {
			found = found || e.code() == "BAD_USER_INPUT" && strings.Contains(e.Message, message) && strings.HasPrefix(e.path(), `["bad"`)
		}
		if !found {
			t.Errorf("%.60s: %s", field, got.body)
		}
	}
}

// What a document cannot be is refused as a whole, by the rules of GraphQL.
func TestInvalidDocuments(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	for _, c := range []struct{ query, code string }{
		{`{ project(name: "numpy") { name `, "GRAPHQL_PARSE_FAILED"},
		{`{ planet }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ dataset { ... @defer { lastDay } } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ project(name: 5) { name } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ project { name } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ downloads { by(dimension: "VERSION") { total } } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ downloads { by(dimension: 3) { total } } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ downloads(filter: {planet: {eq: "earth"}}) { total } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ downloads(filter: {country: {like: "D%"}}) { total } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`query Q($n: Int!) { downloads { by(dimension: CI, first: $n) { total } } }`, "BAD_USER_INPUT"},
	} {
		got := post(t, h, c.query, nil, nil)
		if len(got.Errors) == 0 || got.Errors[0].code() != c.code || got.Data != nil || got.Status != http.StatusOK {
			t.Errorf("%s: status %d: %s", c.query, got.Status, got.body)
		}
	}
}

// Values that are none of their types are told with the variable, the place in it,
// what was given and what is wanted; so is which operation to run.
func TestMessagesNameWhatIsWrong(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	const filtered = `query($f: DownloadsFilter) { downloads(filter: $f) { total } }`
	for _, c := range []struct {
		query     string
		variables map[string]any
		want      []string
	}{
		{`query($n: Int!) { topProjects(first: $n) { nodes { total } } }`, map[string]any{"n": 3.5}, []string{"$n", "3.5 is given", "Int!", "whole number of 32 bits"}},
		{`query($n: Int) { topProjects(first: 1) { nodes { total } } a: emergingProjects(first: 1) { total } p: project(name: "numpy") { downloads(range: {last: $n}) { total } } }`,
			map[string]any{"n": "30"}, []string{"$n", `"30" is given`, "Int"}},
		{`query($n: Int!) { topProjects(first: $n) { nodes { total } } }`, nil, []string{"$n", "nothing is given", "Int!"}},
		{`query($s: String!) { project(name: $s) { name } }`, map[string]any{"s": 5}, []string{"$s", "5 is given", "String!"}},
		{`query($d: Dimension!) { downloads { by(dimension: $d) { total } } }`, map[string]any{"d": "COUNTY"}, []string{"$d", `"COUNTY" is given`, "did you mean COUNTRY"}},
		{`query($d: Date) { downloads(range: {from: $d}) { total } }`, map[string]any{"d": "2024-02-30"}, []string{"$d", `"2024-02-30" is given`, "YYYY-MM-DD"}},
		{filtered, map[string]any{"f": map[string]any{"country": "US"}}, []string{"$f at country", `"US" is given`, "ValueFilter", `{eq: "US"}`}},
		{filtered, map[string]any{"f": map[string]any{"country": map[string]any{"in": []any{"US", 5}}}}, []string{"$f at country.in[1]", "5 is given", "String!"}},
		{filtered, map[string]any{"f": map[string]any{"contry": map[string]any{"eq": "US"}}}, []string{"$f: ", "DownloadsFilter has no field contry", "did you mean country"}},
		{filtered, map[string]any{"f": map[string]any{"country": map[string]any{"eq": "US", "in": []any{}}}}, []string{"$f at country", "2 fields are given", "exactly one of eq, in or notIn"}},
		{filtered, map[string]any{"f": map[string]any{"mirrors": nil}}, []string{"$f at mirrors", "null is given", "Boolean!"}},
		{`{ downloads(filter: {country: "US"}) { total } }`, nil, []string{"argument filter of downloads at country", `"US" is given`, `{eq: "US"}`}},
		{`{ downloads { by(dimension: COUNTY) { total } } }`, nil, []string{"argument dimension of by", "COUNTY is given", "did you mean COUNTRY"}},
		{`{ downloads(range: {from: 20240101}) { total } }`, nil, []string{"argument range of downloads at from", "20240101 is given", "YYYY-MM-DD"}},
		{`{ hotProjects(minDownloads: "5") { growth } }`, nil, []string{"argument minDownloads of hotProjects", `"5" is given`, "Int64"}},
		{`query A { dataset { lastDay } } query B { dataset { firstDay } }`, nil, []string{"2 operations", "operationName", "A or B"}},
	} {
		got := post(t, h, c.query, c.variables, nil)
		if len(got.Errors) != 1 || got.Data != nil {
			t.Errorf("%s %v: %s", c.query, c.variables, got.body)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(got.Errors[0].Message, want) {
				t.Errorf("%s %v: %q is not in %q", c.query, c.variables, want, got.Errors[0].Message)
			}
		}
	}
}

// An empty filter, an empty range and nulls are no restriction; they come to
// the same requests as nothing at all.
func TestNoRestriction(t *testing.T) {
	want := announced(t, `{ downloads { total } }`, nil)
	for _, args := range []string{
		`(filter: {})`, `(filter: null)`, `(range: {})`, `(range: null)`, `(filter: {country: null, mirrors: true})`,
		`(filter: {country: {notIn: []}})`, `(projects: null)`, `(range: {from: null, to: null, last: null})`,
	} {
		got := announced(t, `{ downloads`+args+` { total } }`, nil)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: announced %v, want %v", args, got, want)
		}
	}
}
