package gqlhttp

import "testing"

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		header string
		kind   string
		ok     bool
		stream bool
	}{
		{"", typeJSON, true, true},
		{"*/*", typeJSON, true, true},
		{"application/*", typeJSON, true, false},
		{"application/json", typeJSON, true, false},
		{"application/graphql-response+json", typeAnswer, true, false},
		{"application/graphql-response+json, application/json;q=0.9", typeAnswer, true, false},
		{"application/graphql-response+json;q=0.5, application/json", typeJSON, true, false},
		{"application/json, application/graphql-response+json", typeAnswer, true, false},
		{"application/json, */*;q=0.1", typeJSON, true, true},
		{"application/json;q=0, */*", typeAnswer, true, true},
		{"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed", typeAnswer, true, true},
		{"text/event-stream", typeJSON, false, true},
		{"text/html, application/xhtml+xml", typeJSON, false, false},
		{"application/json;q=nonsense", typeJSON, false, false},
		{"nonsense/", typeJSON, false, false},
	} {
		a := accepts([]string{c.header})
		kind, ok := a.document()
		if kind != c.kind || ok != c.ok || a.stream > 0 != c.stream {
			t.Errorf("%q: %s, %v, stream %v; want %s, %v, %v", c.header, kind, ok, a.stream, c.kind, c.ok, c.stream)
		}
	}
}
