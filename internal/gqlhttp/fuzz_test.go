package gqlhttp

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// fuzzLimits are small, so that they are met by short inputs.
var fuzzLimits = Limits{Bytes: 4096, Tokens: 400, Depth: 8, Fields: 60, Aliases: 20, Directives: 10, Values: 100, Batch: 3}

// bounded checks that a list of errors is short in every way.
func bounded(t *testing.T, errs gqlerror.List) {
	t.Helper()
	if len(errs) > maxErrors+1 {
		t.Fatalf("%d errors", len(errs))
	}
	for _, err := range errs {
		if len(err.Message) > maxMessage+len("…") {
			t.Fatalf("a message of %d bytes", len(err.Message))
		}
		if err.Extensions["code"] == nil {
			t.Fatalf("%v has no code", err)
		}
	}
}

// FuzzDocument reads anything as a document: it is refused with few short errors,
// or keeps within the limits, and is told the same the second time.
func FuzzDocument(f *testing.F) {
	for _, text := range []string{
		`{ pet(name: "x", at: {x: 1}) { ...F friend { name } } } fragment F on Pet { n a: n ... on Cat { lives @include(if: true) } }`,
		`{ pet { ` + strings.Repeat("a: n a: name ", 40) + `} }`,
		`query Q($n: Int = 1) @skip(if: false) { n } query R { cat { ...A } } fragment A on Cat { ...B } fragment B on Cat { ...A }`,
		`{ pet(at: ` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `) { n } }`,
		"{ n #\n }", `{ __schema { types { name } } }`, "", "{", `"""`, "{ n(x: \"\\ud800\") }", "\ufeff{ n }", "subscription { n }",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g := NewGuard(GuardConfig{Schema: zoo, Limits: fuzzLimits, CacheBytes: 1 << 20})
		doc, errs := g.read(text)
		bounded(t, errs)
		if (doc == nil) == (len(errs) == 0) {
			t.Fatalf("document %v with errors %v", doc, errs)
		}
		again, twice := g.document(&graphql.RawParams{Query: text})
		if (again == nil) != (doc == nil) || len(twice) != len(errs) {
			t.Fatalf("%v at first, %v then", errs, twice)
		}
		if doc == nil {
			return
		}
		if _, over := fuzzLimits.check(doc); over != nil || len(text) > fuzzLimits.Bytes {
			t.Fatalf("it is beyond the limits: %v", over)
		}
	})
}

// FuzzParams sends anything as the body of a request, and as its URL: what is
// taken is JSON of a bounded number of values.
func FuzzParams(f *testing.F) {
	for _, body := range []string{
		`{"query":"{ n }","variables":{"a":[1,2.5,"x",null,{"b":true}]},"operationName":"Q","extensions":{"dryRun":true}}`,
		`{"variables":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, `{"variables":{"a":[` + strings.Repeat("0,", 200) + `0]}}`,
		`[{"query":"{ n }"}]`, `{"query":null}`, `{"query":"{ n }"} x`, `{"query":"\ud800"}`, `{"a":1e999999,"a":2}`, "", "null", `"`, "{\"query\":\"\xff\"}",
	} {
		f.Add(body, "application/json")
		f.Add(body, "application/graphql")
	}
	f.Fuzz(func(t *testing.T, body, kind string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		u := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/graphql", nil)
		u.URL.RawQuery = body
		for _, r := range []*http.Request{r, u} {
			list, _, no := fuzzLimits.params(r)
			if (list == nil) == (no == nil) || len(list) > fuzzLimits.Batch {
				t.Fatalf("%s: parameters %v, refusal %v", r.Method, list, no)
			}
			if list == nil {
				if no.status < 400 || no.status >= 500 || no.Message == "" {
					t.Fatalf("%s: refused with %d %q", r.Method, no.status, no.Message)
				}
				continue
			}
			n := 0
			for _, p := range list {
				n += values(p.Variables) + values(p.Extensions)
			}
			if n > 2*fuzzLimits.Values {
				t.Fatalf("%s: %d values are taken", r.Method, n)
			}
		}
	})
}

// values counts what a JSON value is made of.
func values(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n += values(e)
		}
	case []any:
		for _, e := range v {
			n += values(e)
		}
	}
	return n + 1
}
