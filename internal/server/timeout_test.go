package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clickql/graph"
	"clickql/internal/fetch"
)

// What does not come in time is an error of its part, with a code; the rest of
// the answer is kept, and the status is that of an answer.
func TestTimeoutsAreErrorsOfTheirPart(t *testing.T) {
	g, _ := sampled(t)
	slow := fetch.New(fetch.Config{Conn: g.conn, Catalog: g.catalog, QueryTimeout: time.Nanosecond})
	for _, c := range []struct {
		handler http.Handler
		kept    string
	}{
		{graph.NewHandler(graph.HandlerConfig{Loader: slow}), `"lastDay":"2024-03-30"`},
		{graph.NewHandler(graph.HandlerConfig{Loader: g.loader, Timeout: time.Nanosecond}), `"errors"`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql",
			strings.NewReader(`{"query":"{ project(name: \"alpha\") { downloads { by(dimension: COUNTRY) { total } } } dataset { lastDay } }"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, `"code":"TIMEOUT"`) || !strings.Contains(body, c.kept) {
			t.Errorf("%d %s", w.Code, body)
		}
	}
}
