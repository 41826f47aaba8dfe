package gqlhttp

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func post(t *testing.T, kind, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r
}

func TestParamsAreRead(t *testing.T) {
	byGet := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+url.Values{
		"query": {"q"}, "operationName": {"o"}, "variables": {`{"n":12345678901234567890}`}, "extensions": {`{"e":true}`},
	}.Encode(), nil)
	for _, r := range []*http.Request{byGet, post(t, "application/json; charset=UTF-8",
		` {"query":"q","operationName":"o","variables":{"n":12345678901234567890},"extensions":{"e":true},"future":1} `)} {
		list, batched, no := (Limits{}).params(r)
		if no != nil || batched || len(list) != 1 {
			t.Fatalf("%d operations, %+v", len(list), no)
		}
		p := list[0]
		if p.Query != "q" || p.OperationName != "o" || !reflect.DeepEqual(p.Extensions, map[string]any{"e": true}) {
			t.Errorf("%s: %+v", r.Method, p)
		}
		if n, ok := p.Variables["n"].(interface{ String() string }); !ok || n.String() != "12345678901234567890" {
			t.Errorf("%s: a number lost digits: %v", r.Method, p.Variables["n"])
		}
	}
	list, _, no := (Limits{}).params(post(t, "application/json", `{"documentId":"sha256:00"}`))
	if no != nil || list[0].Extensions[documentID] != "sha256:00" {
		t.Errorf("documentId: %+v, %+v", list, no)
	}
	list, batched, no := (Limits{Batch: 2}).params(post(t, "application/json", ` [{"query":"a","variables":{"v":1}}, {"documentId":"sha256:00"}] `))
	if no != nil || !batched || len(list) != 2 || list[0].Query != "a" || list[1].Extensions[documentID] != "sha256:00" {
		t.Errorf("a batch: %+v, %+v", list, no)
	}
}

func TestParamsAreRefused(t *testing.T) {
	get := func(query string) *http.Request {
		return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+query, nil)
	}
	const js = "application/json"
	for _, c := range []struct {
		r       *http.Request
		status  int
		message string
	}{
		{post(t, js, ""), 400, "no body"},
		{post(t, js, `{"query":"q"} x`), 400, "not a JSON object"},
		{post(t, js, `{`), 400, "not a JSON object"},
		{post(t, js, `null`), 400, "not a JSON object"},
		{post(t, js, `[{"query":"q"}]`), 400, "batches"},
		{post(t, js, `{"qeury":"q"}`), 400, "query is missing"},
		{post(t, js, `{"query":["q"]}`), 400, "query must be"},
		{post(t, js, "\uFEFF"+`{"query":"q"}`), 400, "byte order mark"},
		{post(t, js, `{"query":"q","variables":[]}`), 400, "variables must be a JSON object, not a list: [] is not {}"},
		{post(t, js, `{"query":"q","variables":"{}"}`), 400, "not a string"},
		{get("query=q&variables=[]"), 400, "not a list: [] is not {}"},
		{post(t, js, `{"query":"q","variables":[1]}`), 400, "variables must be"},
		{post(t, js, `{"query":"q","extensions":"x"}`), 400, "extensions must be"},
		{post(t, js, `{"query":"q","operationName":{}}`), 400, "operationName must be"},
		{post(t, "", `{"query":"q"}`), 415, "application/json"},
		{post(t, "text/plain", `{"query":"q"}`), 415, "application/json"},
		{post(t, "application/x-www-form-urlencoded", `query=q`), 415, "application/json"},
		{post(t, js+"; charset=latin1", `{"query":"q"}`), 415, "utf-8"},
		{get("query=%zz"), 400, "escape it"},
		{get("query=q&variables=1"), 400, "variables must be"},
		{get("query=q&extensions=[]"), 400, "extensions must be"},
		{get(""), 400, "query is missing"},
		{httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/", nil), 405, "GET or POST"},
	} {
		if _, _, no := (Limits{}).params(c.r); no == nil || no.status != c.status || !strings.Contains(no.Message, c.message) {
			t.Errorf("%s %s: %+v, want %d %q", c.r.Method, c.r.URL, no, c.status, c.message)
		}
	}
	for body, message := range map[string]string{
		`[]`: "the batch is empty", `[{"query":"a"},{"query":"b"},{"query":"c"}]`: "3 operations; at most 2", `[{"query":"a"}`: "not a JSON list",
		`[{"query":"a"},{"query":1}]`: "operation 2 of the batch: the parameter query", `[[]]`: "operation 1 of the batch: the request is not a JSON object",
		`[{"query":"a"},null]`: "operation 2 of the batch",
	} {
		if _, _, no := (Limits{Batch: 2}).params(post(t, js, body)); no == nil || !strings.Contains(no.Message, message) {
			t.Errorf("%s: %+v, want %q", body, no, message)
		}
	}
}
