package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clickql/internal/fetch"
	"clickql/internal/gqlhttp"
)

// postList sends operations in one request; each is a document, or what stands for
// a request as JSON.
func postList(t *testing.T, h http.Handler, operations ...string) (status int, body string, answers []response) {
	t.Helper()
	for i, o := range operations {
		if !strings.HasPrefix(o, `{"`) {
			operations[i] = `{"query": ` + quoted(o) + `}`
		}
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader("["+strings.Join(operations, ",")+"]"))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	if strings.HasPrefix(rec.Body.String(), "[") {
		dec := json.NewDecoder(strings.NewReader(rec.Body.String()))
		dec.UseNumber()
		if err := dec.Decode(&answers); err != nil {
			t.Fatalf("the answer is not JSON: %v: %s", err, rec.Body)
		}
	}
	return rec.Code, rec.Body.String(), answers
}

// A batch is answered in its order, as each of its operations is alone, by fewer
// statements: its operations are planned together, and each tells the price of all.
func TestBatchesArePlannedTogether(t *testing.T) {
	d := newData(t)
	asked := &countingConn{Conn: d.conn}
	h := NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: asked, Catalog: d.catalog, CacheBytes: -1})})
	operations := []string{
		`{ project(name: "numpy") { downloads { by(dimension: PYTHON) { label total downloads { series(interval: MONTH) { totals } } } } } }`,
		`{ project(name: "pandas") { downloads { by(dimension: PYTHON) { label total downloads { series(interval: MONTH) { totals } } } } } }`,
		`{ project(name: "flask") { downloads { by(dimension: PYTHON) { label total downloads { series(interval: MONTH) { totals } } } } } }`,
		`{ dataset { lastDay } }`,
	}
	var alone []any
	for _, o := range operations {
		alone = append(alone, post(t, h, o, nil, nil).Data)
	}
	one, each := asked.queries.Load()/3, asked.queries.Load()
	asked.queries.Store(0)
	status, body, answers := postList(t, h, operations...)
	if status != http.StatusOK || len(answers) != len(operations) {
		t.Fatalf("status %d: %s", status, body)
	}
	ran := asked.queries.Load()
	if ran >= each || ran > one {
		t.Errorf("a batch asked %d statements; one of its operations asks %d, each by itself %d", ran, one, each)
	}
	for i, a := range answers {
		if diff := cmp.Diff(plain(alone[i]), plain(a.Data)); diff != "" || len(a.Errors) > 0 {
			t.Errorf("operation %d (-alone +batched):\n%s%v", i, diff, a.Errors)
		}
		a.body = body
		if _, queries := costOf(t, a); queries != ran {
			t.Errorf("operation %d tells of %d statements, all of them were %d", i, queries, ran)
		}
	}
}

// What is wrong with one operation of a batch is told in its place; a dry run among
// them asks nothing, and a batch of dry runs tells the sum.
func TestBatchesKeepErrorsApart(t *testing.T) {
	d := newData(t)
	asked := &countingConn{Conn: d.conn}
	h := NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: asked, Catalog: d.catalog})})
	const total = `{ project(name: "numpy") { downloads { total } } }`
	dry := `{"query": ` + quoted(`{ downloads { by(dimension: COUNTRY) { total } } }`) + `, "extensions": {"dryRun": true}}`
	status, body, answers := postList(t, h, `{`, `{ planet }`, total, `subscription { datasetChanged { landed } }`, `{ downloads(range: {last: -1}) { total } }`, dry)
	if status != http.StatusOK || len(answers) != 6 {
		t.Fatalf("status %d: %s", status, body)
	}
	for i, want := range []string{"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "", "BAD_REQUEST", "BAD_USER_INPUT", ""} {
		got := ""
		if len(answers[i].Errors) > 0 {
			got = answers[i].Errors[0].code()
		}
		if got != want {
			t.Errorf("operation %d: %q, want %q: %s", i, got, want, body)
		}
	}
	if want := fmt.Sprint(d.All().Of("numpy").Total()); !strings.Contains(fmt.Sprint(answers[2].Data), want) || asked.queries.Load() != 1 {
		t.Errorf("%d statements, want one for %s: %s", asked.queries.Load(), want, body)
	}
	both := post(t, h, `{ downloads { by(dimension: COUNTRY) { total } s: by(dimension: SYSTEM) { total } } }`, nil, map[string]any{"dryRun": true})
	wantRows, wantQueries := costOf(t, both)
	_, body, answers = postList(t, h, dry, strings.Replace(dry, "COUNTRY", "SYSTEM", 1))
	for _, a := range answers {
		a.body = body
		if rows, queries := costOf(t, a); rows != wantRows || queries != wantQueries || asked.queries.Load() != 1 {
			t.Errorf("%d statements, priced as %d rows in %d: %s", asked.queries.Load(), rows, queries, body)
		}
	}
}

// Limits hold for all operations of a batch together.
func TestBatchesAreBounded(t *testing.T) {
	d := newData(t)
	const one = `{ a: project(name: "numpy") { downloads { total } } b: dataset { lastDay } }`
	for name, c := range map[string]struct {
		limits   Limits
		maxRows  float64
		sent     int
		status   int
		contains string
	}{
		"as many as there may be": {Limits{}, 0, 10, 200, `"total"`},
		"too many":                {Limits{}, 0, 11, 413, "the batch has 11 operations; at most 10"},
		"none at all":             {Limits{Document: gqlhttp.Limits{Batch: -1}}, 0, 1, 400, "batches are not taken"},
		"fields":                  {Limits{Document: gqlhttp.Limits{Fields: 9}}, 0, 2, 413, "selects 10 fields"},
		"aliases":                 {Limits{Document: gqlhttp.Limits{Aliases: 3}}, 0, 2, 413, "renames 4 fields"},
		"tokens":                  {Limits{Document: gqlhttp.Limits{Tokens: 50}}, 0, 3, 413, "tokens"},
		"bytes":                   {Limits{Document: gqlhttp.Limits{Bytes: 150}}, 0, 2, 413, "bytes"},
		"questions":               {Limits{Loads: 1}, 0, 2, 200, "COST_LIMIT"},
		"the answers' fields":     {Limits{Resolved: 9}, 0, 2, 200, "the answer could have 10 fields"},
		"rows":                    {Limits{}, 1, 2, 200, "COST_LIMIT"},
	} {
		t.Run(name, func(t *testing.T) {
			h := NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: d.conn, Catalog: d.catalog, MaxOperationRows: c.maxRows}), Limits: c.limits})
			list := make([]string, c.sent)
			for i := range list {
				list[i] = strings.Replace(one, "numpy", projectNames[i%2], 1)
			}
			status, body, _ := postList(t, h, list...)
			if status != c.status || !strings.Contains(body, c.contains) {
				t.Errorf("status %d, want %d with %q: %s", status, c.status, c.contains, body)
			}
		})
	}
}
