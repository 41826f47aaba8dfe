package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"clickql/internal/gqlhttp"
)

// answer is a response of /graphql.
type answer struct {
	Data   json.RawMessage `json:"data,omitempty"`
	Errors []fieldError    `json:"errors,omitempty"`
	// Extensions has the operation's cost, hints, and whether it is stale.
	Extensions json.RawMessage `json:"extensions,omitempty"`
}

// fieldError is one error of an answer.
type fieldError struct {
	Message    string          `json:"message"`
	Path       []any           `json:"path,omitempty"`
	Extensions json.RawMessage `json:"extensions,omitempty"`
}

// under is the message of the first error at or below a path of response names;
// empty where there is none.
func (a answer) under(path ...string) string {
	for _, e := range a.Errors {
		if len(e.Path) == 0 {
			return e.Message
		}
		same := true
		for i := 0; i < len(path) && i < len(e.Path); i++ {
			same = same && fmt.Sprint(e.Path[i]) == path[i]
		}
		if same {
			return e.Message
		}
	}
	return ""
}

// hints are the messages of the answer's extensions.
func (a answer) hints() (messages []string, err error) {
	var extensions struct{ Hints []struct{ Message string } }
	if len(a.Extensions) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(a.Extensions, &extensions); err != nil {
		return nil, fmt.Errorf("read the answer's extensions: %w", err)
	}
	for _, h := range extensions.Hints {
		if !slices.Contains(messages, h.Message) {
			messages = append(messages, h.Message)
		}
	}
	return messages, nil
}

// forwarded are the headers of a page's request that its operation carries: who
// asks, by which the gateway counts and decides.
var forwarded = []string{"Authorization", "X-Api-Key", "X-Forwarded-For", "Forwarded", "X-Request-Id"}

// ask asks one of the bundle's operations as whoever asks for the page.
func (s *Site) ask(r *http.Request, m *manifest, operation string, variables map[string]any) (answer, error) {
	text, ok := m.Operations[operation]
	if !ok {
		return answer{}, fmt.Errorf("the bundle has no operation %s: run `make build`", operation)
	}
	body, err := json.Marshal(map[string]any{
		"query": text, "variables": variables, "operationName": operation,
		// It teaches the gateway the document that the browser names by its hash.
		"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": gqlhttp.HashOf(text)}},
	})
	if err != nil {
		return answer{}, fmt.Errorf("ask %s: %w", operation, err)
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("ask %s: %w", operation, err)
	}
	req.RemoteAddr, req.Host, req.TLS = r.RemoteAddr, r.Host, r.TLS
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	for _, name := range forwarded {
		if values := r.Header.Values(name); len(values) > 0 {
			req.Header[name] = values
		}
	}
	rec := &gqlhttp.Recorder{Head: http.Header{}, Status: http.StatusOK}
	s.cfg.GraphQL.ServeHTTP(rec, req)
	var a answer
	if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil {
		return answer{}, fmt.Errorf("ask %s: the gateway answered %d: %w", operation, rec.Status, err)
	}
	return a, nil
}
