package graph

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// What GraphQL over HTTP says of methods, types and statuses.
func TestHTTP(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	const jsonType, graphqlType = "application/json", "application/graphql-response+json"
	get := func(query string) string { return "/graphql?query=" + url.QueryEscape(query) }
	for _, c := range []struct {
		name, method, target, body, accept string
		status                             int
		contentType, contains              string
	}{
		{name: "POST", method: "POST", target: "/graphql", body: `{"query": "{ dataset { lastDay } }"}`, status: 200, contentType: jsonType, contains: "2024-12-31"},
		{name: "GET", method: "GET", target: get(`{ dataset { lastDay } }`), status: 200, contentType: jsonType, contains: "2024-12-31"},
		{name: "the newer type", method: "POST", target: "/graphql", body: `{"query": "{ dataset { lastDay } }"}`, accept: graphqlType, status: 200, contentType: graphqlType},
		{name: "a field's error is an answer", method: "POST", target: "/graphql", body: `{"query": "{ node(id: \"x\") { id } }"}`, accept: graphqlType, status: 200, contains: "BAD_USER_INPUT"},
		{name: "no document", method: "POST", target: "/graphql", body: `{"query": "{"}`, accept: graphqlType, status: 400, contains: "GRAPHQL_PARSE_FAILED"},
		{name: "no such field", method: "POST", target: "/graphql", body: `{"query": "{ planet }"}`, accept: graphqlType, status: 400, contains: "GRAPHQL_VALIDATION_FAILED"},
		{name: "no variable", method: "POST", target: "/graphql", body: `{"query": "query($n: String!) { project(name: $n) { name } }"}`, accept: graphqlType, status: 400, contains: "BAD_USER_INPUT"},
		{name: "no JSON", method: "POST", target: "/graphql", body: `{`, status: 400, contains: "BAD_REQUEST"},
		{name: "variables by GET", method: "GET", target: get(`query($n: String!) { project(name: $n) { name } }`) + "&variables=" + url.QueryEscape(`{"n": "NumPy"}`), status: 200, contains: `"numpy"`},
		{name: "explain by GET", method: "GET", target: get(`{ dataset { lastDay } }`) + "&extensions=" + url.QueryEscape(`{"explain": true}`), status: 200, contains: `"explain"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := httptest.NewRequestWithContext(t.Context(), c.method, c.target, strings.NewReader(c.body))
			if c.method == http.MethodPost {
				req.Header.Set("Content-Type", "application/json")
			}
			if c.accept != "" {
				req.Header.Set("Accept", c.accept)
			}
			got := serve(t, h, req)
			if got.Status != c.status || !strings.Contains(got.body, c.contains) {
				t.Errorf("status %d, want %d: %s", got.Status, c.status, got.body)
			}
			if c.contentType != "" && !strings.HasPrefix(got.Type, c.contentType) {
				t.Errorf("type %s, want %s", got.Type, c.contentType)
			}
		})
	}
}

// Introspection can be turned off.
func TestNoIntrospection(t *testing.T) {
	on := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	if got := post(t, on, `{ __type(name: "Downloads") { fields { name description } } }`, nil, nil); len(got.Errors) > 0 || !strings.Contains(got.body, "previous") {
		t.Errorf("introspection: %s", got.body)
	}
	off := NewHandler(HandlerConfig{NoIntrospection: true, Loader: loaderOn(t, fixed{snap: knownData(t)})})
	for _, document := range []string{
		`{ __schema { queryType { name } } }`, `{ a: __type(name: "Query") { name } }`, `query { ...f } fragment f on Query { __schema { queryType { name } } }`,
		`{ projct(name: "x") { name } }`, `{ project(nam: "x") { name } }`, `{ project(name: "x") { downloads { by(dimension: COUNTR) { total } } } }`,
		`{ project(name: "x") { downloads(range: {lats: 3}) { total } } }`, `{ project(name: "x") { ... on Projec { name } } }`, `{ project }`,
	} {
		got := post(t, off, document, nil, nil)
		if len(got.Errors) == 0 || got.Errors[0].code() == "INTERNAL" || strings.Contains(strings.ToLower(got.body), "did you mean") || strings.Contains(got.body, "COUNTRY") {
			t.Errorf("%s: %s", document, got.body)
		}
	}
	if got := post(t, off, `{ __typename }`, nil, nil); len(got.Errors) > 0 {
		t.Errorf("%s", got.body)
	}
}

// Operations at the same time answer each their own question.
func TestConcurrentOperations(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	all := d.All()
	var wg sync.WaitGroup
	for i := range 64 {
		name := projectNames[i%len(projectNames)]
		want := len(all.Of(name).Rows)
		wg.Go(func() {
			got := post(t, h, `{ project(name: "`+name+`") { downloads { total by(dimension: VERSION, others: true, first: 2) { downloads { total } } } } }`, nil, nil)
			if len(got.Errors) > 0 {
				t.Errorf("%s: %s", name, got.body)
				return
			}
			downloads := plain(got.Data["project"]).(map[string]any)["downloads"].(map[string]any)
			sum := 0.0
			for _, s := range downloads["by"].([]any) {
				sum += s.(map[string]any)["downloads"].(map[string]any)["total"].(float64)
			}
			if downloads["total"] != float64(want) || sum != float64(want) {
				t.Errorf("%s: total %v, slices %v, want %d", name, downloads["total"], sum, want)
			}
		})
	}
	wg.Wait()
}
