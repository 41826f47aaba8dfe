package graph

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/cube"
	"clickql/internal/fetch"
)

// fixed is a catalog whose data never changes.
type fixed struct {
	snap  *catalog.Snapshot
	ready error
}

func (f fixed) Snapshot() *catalog.Snapshot { return f.snap }
func (f fixed) Ready() error                { return f.ready }
func (f fixed) Unchanged(context.Context, *catalog.Table) (bool, error) {
	return true, nil
}

// unreachableDSN names a database that cannot be reached: what a handler
// answers with it, it answers without asking.
const unreachableDSN = "clickhouse://127.0.0.1:1/pypi"

// day reads a day that the test knows to be one.
func day(t testing.TB, text string) cube.Day {
	t.Helper()
	d, err := cube.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// knownData is a snapshot of three projects over the year 2024, with one table
// that answers totals, days and versions.
func knownData(t testing.TB) *catalog.Snapshot {
	days := cube.Range{From: day(t, "2024-01-01"), To: day(t, "2024-12-31")}
	return &catalog.Snapshot{
		Database: "pypi", Version: "1", Days: days,
		UpdatedAt: time.Date(2025, 1, 1, 3, 4, 5, 0, time.UTC),
		Projects:  catalog.NewIndex([]catalog.Entry{{Name: "numpy", Total: 900}, {Name: "numba", Total: 100}, {Name: "pandas", Total: 500}}),
		Tables: []*catalog.Table{{
			Database: "pypi", Name: "pypi", Raw: true, Grain: cube.GrainDay, TimeColumn: "date",
			Dims: map[cube.Dimension]bool{cube.Project: true, cube.Version: true, cube.Country: true},
			Key:  []string{"project", "date"}, Covers: days,
		}},
	}
}

// handlerOn answers from a catalog, and from a database that is not there.
func handlerOn(t testing.TB, data fixed, limits Limits, log *slog.Logger) http.Handler {
	t.Helper()
	return NewHandler(HandlerConfig{Loader: loaderOn(t, data), Limits: limits, Log: log})
}

// loaderOn loads from a database that is not there.
func loaderOn(t testing.TB, data fixed) *fetch.Loader {
	t.Helper()
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: unreachableDSN})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return fetch.New(fetch.Config{Conn: conn, Catalog: data})
}

// response is what a client sees.
type response struct {
	Status     int
	Type       string
	Data       map[string]any  `json:"data"`
	Errors     []responseError `json:"errors"`
	Extensions map[string]any  `json:"extensions"`
	body       string
}

type responseError struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Locations  []any          `json:"locations"`
	Extensions map[string]any `json:"extensions"`
}

// code is the error's code.
func (e responseError) code() string { c, _ := e.Extensions["code"].(string); return c }

// path is the error's path as text.
func (e responseError) path() string {
	b, _ := json.Marshal(e.Path)
	return string(b)
}

// tester is what a test and a generated case have in common.
type tester interface {
	Helper()
	Context() context.Context
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// post asks the handler.
func post(t tester, h http.Handler, query string, variables, extensions map[string]any) response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables, "extensions": extensions})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	return serve(t, h, req)
}

// serve sends the request and reads the answer.
func serve(t tester, h http.Handler, req *http.Request) response {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	r := response{Status: rec.Code, Type: rec.Header().Get("Content-Type"), body: rec.Body.String()}
	dec := json.NewDecoder(strings.NewReader(r.body))
	dec.UseNumber()
	if err := dec.Decode(&r); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, r.body)
	}
	return r
}
