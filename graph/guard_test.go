package graph

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
)

// attack is a request that once cost gigabytes or minutes, at ten times its size.
type attack struct {
	name, query string
	variables   map[string]any
	code        string
}

// repeated is a text so many times; %d in it is the number of the time.
func repeated(n int, text string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "%d", fmt.Sprint(i)))
	}
	return b.String()
}

// documentAttacks are refused by their document alone.
func documentAttacks() []attack {
	const invalid = "GRAPHQL_VALIDATION_FAILED"
	nested := "id"
	for range 11 {
		nested = strings.Repeat("dependents { project { "+nested+" } } ", 2)
	}
	return []attack{
		{"an error for each pair", `{ project(name: "x") { ` + repeated(40_000, "a:id a:name ") + `} }`, nil, "LIMIT"},
		{"an error for each pair, within the limits", `{ project(name: "x") { ` + repeated(500, "a:id a:name ") + `} }`, nil, invalid},
		{"one field again and again", `{ project(name: "x") { ` + repeated(190_000, "id ") + `} }`, nil, "LIMIT"},
		{"one field again and again, within the tokens", `{ project(name: "x") { ` + repeated(19_000, "id ") + `} }`, nil, "LIMIT"},
		{"fields that are nested twice each", `{ project(name: "x") { ` + nested + ` } }`, nil, "LIMIT"},
		{"unknown fields", `{ project(name: "x") { ` + repeated(4000, "namo%d ") + `} }`, nil, invalid},
		{"a name of a megabyte", `{ project(name: "x") { ` + strings.Repeat("n", 1<<20) + ` } }`, nil, "LIMIT"},
		{"an unknown value of a megabyte", `{ downloads { by(dimension: "` + strings.Repeat("n", 1<<20) + `") { total } } }`, nil, invalid},
		{"fragments within fragments", `{ dataset { ...F0 } } ` + repeated(60, "fragment F%d on Dataset { ...G%d ...G%d } fragment G%d on Dataset { lastDay } "), nil, invalid},
		{"a chain of fragments", `{ dataset { ...F0 } } ` + chain(1500), nil, "LIMIT"},
		{"a circle of fragments", `{ project(name: "x") { ...F } } fragment F on Project { dependents { project { ...F ...F } } }`, nil, invalid},
		{"many operations", repeated(3000, "query Q%d { dataset { ...F } } ") + `fragment F on Dataset { lastDay firstDay }`, nil, "LIMIT"},
		{"directives", `{ dataset { lastDay ` + repeated(5000, "@include(if: true) ") + ` } }`, nil, "LIMIT"},
		{"a value nested a thousand times", `{ projects(names: ` + strings.Repeat("[", 999) + strings.Repeat("]", 999) + `) { name } }`, nil, "LIMIT"},
		{"a list nested beyond the parser", `{ projects(names: ` + strings.Repeat("[", 3_000) + `) { name } }`, nil, "GRAPHQL_PARSE_FAILED"},
		{"comments", "{ dataset { lastDay } }" + strings.Repeat("\n#", 200_000), nil, "LIMIT"},
		{"a text of many megabytes", `{ project(name: "` + strings.Repeat("n", 4<<20) + `") { id } }`, nil, "LIMIT"},
		{"variables that nothing uses", "query(" + repeated(4000, "$v%d: Int ") + ") { dataset { lastDay } }", nil, invalid},
		{"a variable of many values", `query($n: [String!]!) { projects(names: $n) { name } }`, map[string]any{"n": make([]int, 500_000)}, "LIMIT"},
		{"an operation with a name of a megabyte", `query ` + strings.Repeat("n", 1<<20) + ` { dataset { nothing } }`, nil, "LIMIT"},
	}
}

// chain is fragments of which each leads to the next two.
func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Dataset { ...F%d ...F%d } ", i, i+1, i+2)
	}
	return b.String() + fmt.Sprintf("fragment F%d on Dataset { lastDay } fragment F%d on Dataset { lastDay } ", n, n+1)
}

// allocated is how many bytes run allocates in all, whoever else does.
func allocated(run func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What a hostile document costs is bounded before it is validated: the answer in
// bytes, and the work in bytes allocated.
func TestDocumentsThatHurtAreRefused(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	const answer, work = 64 << 10, 96 << 20
	for _, a := range documentAttacks() {
		var got response
		bytes := allocated(func() { got = post(t, h, a.query, a.variables, nil) })
		if len(got.Errors) == 0 || got.Errors[0].code() != a.code || got.Data != nil {
			t.Errorf("%s: want %s: %.300s", a.name, a.code, got.body)
		}
		if len(got.body) > answer || len(got.Errors) > 51 {
			t.Errorf("%s: the answer has %d bytes and %d errors", a.name, len(got.body), len(got.Errors))
		}
		if bytes > work {
			t.Errorf("%s: %d MB were allocated", a.name, bytes>>20)
		}
	}
}

// A URL is another door to the same guard.
func TestDocumentsThatHurtAreRefusedByGET(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	for _, a := range documentAttacks() {
		if a.variables != nil {
			continue
		}
		got := serve(t, h, httptest.NewRequestWithContext(t.Context(), "GET", "/graphql?query="+url.QueryEscape(a.query), nil))
		if len(got.Errors) == 0 || got.Errors[0].code() != a.code || len(got.body) > 64<<10 {
			t.Errorf("%s: want %s: %.300s", a.name, a.code, got.body)
		}
	}
}
