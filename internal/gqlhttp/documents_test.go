package gqlhttp

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

var (
	schema = gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { a: Int b: Int }`})
	hashA  = HashOf("{ a }")
)

// apq is Apollo's extension.
func apq(hash string) map[string]any {
	return map[string]any{persistedQuery: map[string]any{"version": 1, "sha256Hash": hash}}
}

// resolve is the text that runs, and the error's code.
func resolve(t *testing.T, d *Documents, query string, extensions map[string]any) (text, code string) {
	t.Helper()
	p := &graphql.RawParams{Query: query, Extensions: extensions}
	if err := d.resolve(p); err != nil {
		return "", err.Extensions["code"].(string)
	}
	return p.Query, ""
}

func TestAutomaticPersistedQueries(t *testing.T) {
	d := NewDocuments(1<<20, nil)
	type step struct {
		query      string
		extensions map[string]any
		text, code string
	}
	for i, s := range []step{
		{"{ b }", nil, "{ b }", ""},
		{"", apq(hashA), "", CodeNotFound},
		{"{ a }", apq(HashOf("{ b }")), "", CodeHash},
		{"", apq(HashOf("{ b }")), "", CodeNotFound}, // nobody can put a text under a foreign hash
		{"{ a }", apq(hashA), "{ a }", ""},
		{"", apq(hashA), "{ a }", ""},
		{"", apq(strings.ToUpper(hashA)), "{ a }", ""},
		{"", map[string]any{documentID: "sha256:" + hashA}, "{ a }", ""},
		{"", map[string]any{documentID: "x-mine"}, "", CodeNotFound},
		{"", map[string]any{documentID: 7}, "", CodeBadRequest},
		{"", map[string]any{persistedQuery: map[string]any{"version": 2, "sha256Hash": hashA}}, "", CodeBadRequest},
		{"", map[string]any{persistedQuery: "x"}, "", CodeBadRequest},
		{"", map[string]any{persistedQuery: map[string]any{"version": 1}}, "", CodeBadRequest},
	} {
		if text, code := resolve(t, d, s.query, s.extensions); text != s.text || code != s.code {
			t.Errorf("step %d: %q, %q; want %q, %q", i, text, code, s.text, s.code)
		}
	}
	long := "{ a }" + strings.Repeat(" ", maxLearned)
	if text, _ := resolve(t, d, long, apq(HashOf(long))); text != long {
		t.Error("a long document does not run")
	}
	if _, code := resolve(t, d, "", apq(HashOf(long))); code != CodeNotFound {
		t.Error("a long document was kept")
	}
}

func TestTrustedDocuments(t *testing.T) {
	trusted, err := ReadTrusted(fstest.MapFS{
		"a.graphql":        {Data: []byte("{ a }")},
		"relay.json":       {Data: []byte(`{"md5-of-b": "{ b }"}`)},
		"sub/apollo.json":  {Data: []byte(`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"ab","name":"AB","type":"query","body":"{ a b }"}]}`)},
		"notes/README.txt": {Data: []byte("not a document")},
	}, schema)
	if err != nil {
		t.Fatal(err)
	}
	d := NewDocuments(1<<20, trusted)
	for _, c := range []struct {
		query      string
		extensions map[string]any
		text, code string
	}{
		{"{ a }", nil, "{ a }", ""},
		{"{ b a }", nil, "", CodeNotTrusted},
		{"{ b a }", apq(HashOf("{ b a }")), "", CodeNotTrusted},
		{"", apq(HashOf("{ b a }")), "", CodeNotFound},
		{"", apq(hashA), "{ a }", ""},
		{"", map[string]any{documentID: "md5-of-b"}, "{ b }", ""},
		{"", map[string]any{documentID: "ab"}, "{ a b }", ""},
		{"", map[string]any{documentID: "sha256:" + HashOf("{ a b }")}, "{ a b }", ""},
		{"{ __schema { queryType { name } } }", nil, "", CodeNotTrusted},
	} {
		if text, code := resolve(t, d, c.query, c.extensions); text != c.text || code != c.code {
			t.Errorf("%q %v: %q, %q; want %q, %q", c.query, c.extensions, text, code, c.text, c.code)
		}
	}
}

func TestTrustedDocumentsAreChecked(t *testing.T) {
	for want, files := range map[string]fstest.MapFS{
		"bad.graphql":     {"bad.graphql": {Data: []byte("{ c }")}},
		"there are none":  {"README.txt": {Data: []byte("x")}},
		"no manifest":     {"m.json": {Data: []byte(`[1]`)}},
		"there twice":     {"1.json": {Data: []byte(`{"x":"{ a }"}`)}, "2.json": {Data: []byte(`{"x":"{ b }"}`)}},
		"x does not fit":  {"1.json": {Data: []byte(`{"x":"{ c }"}`)}},
		"trusted documen": {"1.json": {Data: []byte(`{`)}},
	} {
		if _, err := ReadTrusted(files, schema); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
