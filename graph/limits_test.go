package graph

import (
	"fmt"
	"strings"
	"testing"

	"clickql/internal/gqlhttp"
)

// manyFields is where package gqlhttp stops counting fields.
const manyFields = "1073741824"

// Every limit has a code, and tells the number that was exceeded.
func TestLimits(t *testing.T) {
	drill := `total`
	for range 12 {
		drill = `by(dimension: CI) { downloads { ` + drill + ` } }`
	}
	var aliases strings.Builder
	for i := range 60 {
		fmt.Fprintf(&aliases, "a%d: dataset { lastDay } ", i)
	}
	var bomb strings.Builder // every fragment doubles the one before
	for i := range 60 {
		fmt.Fprintf(&bomb, "fragment F%d on Dataset { ...F%d ... on Dataset { ...F%d } } ", i, i+1, i+1)
	}
	for _, c := range []struct {
		name, query  string
		limits       Limits
		code         string
		limit, given string
		path         string
	}{
		{name: "depth", query: `{ downloads { ` + drill + ` } }`, limits: Limits{Document: gqlhttp.Limits{Depth: 25}}, code: "LIMIT", limit: "25", given: "26", path: "null"},
		{name: "fields", query: `{ ` + aliases.String() + `}`, limits: Limits{Document: gqlhttp.Limits{Fields: 100}}, code: "LIMIT", limit: "100", given: "120", path: "null"},
		{name: "aliases", query: `{ ` + aliases.String() + `}`, limits: Limits{Document: gqlhttp.Limits{Aliases: 59}}, code: "LIMIT", limit: "59", given: "60", path: "null"},
		{name: "fragments of fragments", query: `{ dataset { ...F0 } } ` + bomb.String() + `fragment F60 on Dataset { lastDay }`,
			code: "LIMIT", limit: "5000", given: manyFields, path: "null"},
		{name: "tokens", query: `{ ` + aliases.String() + `}`, limits: Limits{Document: gqlhttp.Limits{Tokens: 50}}, code: "LIMIT", limit: "50", given: "51", path: "null"},
		{name: "first", query: `{ downloads { by(dimension: CI, first: 8) { total } } }`, limits: Limits{First: 7},
			code: "BAD_USER_INPUT", limit: "7", given: "8", path: `["downloads","by"]`},
		{name: "names", query: `{ projects(names: ["a", "b", "c"]) { name } }`, limits: Limits{Names: 2},
			code: "BAD_USER_INPUT", limit: "2", given: "3", path: `["projects"]`},
		{name: "points", query: `{ downloads { series { totals } } }`, limits: Limits{Points: 365},
			code: "COST_LIMIT", limit: "365", given: "366", path: `["downloads","series"]`},
		{name: "points of a long range", query: `{ downloads(range: {from: "1970-01-01", to: "2149-06-06"}) { series { totals } } }`,
			code: "COST_LIMIT", limit: "20000", given: "65536", path: `["downloads","series"]`},
		{name: "loads", query: `{ projects(names: ["numpy", "pandas"]) { downloads(range: {last: 7}) { total by(dimension: CI) { total } } } }`, limits: Limits{Loads: 3},
			code: "COST_LIMIT", limit: "3", given: "4", path: "null"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := post(t, handlerOn(t, fixed{snap: knownData(t)}, c.limits, nil), c.query, nil, nil)
			if len(got.Errors) != 1 || got.Errors[0].code() != c.code {
				t.Fatalf("want one error %s: %s", c.code, got.body)
			}
			e := got.Errors[0]
			if e.path() != c.path {
				t.Errorf("path %s, want %s", e.path(), c.path)
			}
			if limit, given := e.Extensions["limit"], e.Extensions["given"]; c.limit != "" && (fmt.Sprint(limit) != c.limit || fmt.Sprint(given) != c.given) {
				t.Errorf("limit %v, given %v; want %s, %s", limit, given, c.limit, c.given)
			}
			if c.limit != "" && c.given != manyFields && !strings.Contains(e.Message, c.given) {
				t.Errorf("the message does not tell %s: %s", c.given, e.Message)
			}
		})
	}
}

// What is within the limits passes: the limits' own numbers, a drill-down over
// every dimension, and what GraphiQL asks of the schema.
func TestWithinLimits(t *testing.T) {
	drill := `total`
	for _, d := range []string{"PROJECT", "VERSION", "COUNTRY", "PYTHON", "SYSTEM", "INSTALLER", "FILE_TYPE", "CI", "LIBC"} {
		drill = `by(dimension: ` + d + `) { downloads { ` + drill + ` } }`
	}
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{First: 1000}, nil)
	for _, q := range []string{
		`{ project(name: "numpy") { downloads { ` + drill + ` } } }`,
		`{ topProjects(first: 1000) { nodes { total } } }`,
		`{ search(text: "n", first: 0) { nodes { name } } }`,
	} {
		for _, e := range post(t, h, q, nil, nil).Errors {
			switch e.code() {
			case "UNAVAILABLE", "UNCOVERED": // this test has no database
			default:
				t.Errorf("%.80s: %s %s", q, e.code(), e.Message)
			}
		}
	}
}
