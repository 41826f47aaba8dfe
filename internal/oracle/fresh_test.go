package oracle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"clickql/internal/oracle"
)

// A range that ends on the newest day does not get the downloads of a newer one,
// whatever tables it is read from and however the newer day came, before the
// catalog has seen it. Nothing of it is kept as an answer of the older data.
func TestWrittenEdgesHoldWhileDataArrives(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) *database{
		"our own database": func(t *testing.T) *database {
			d := own(t)
			d.read("pypi")
			return d
		},
		"two shards": func(t *testing.T) *database {
			source := own(t)
			return twoShards(t, source.Name+".pypi")
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			h := d.open() // whose catalog does not look again
			documents := edgeDocuments(d.data)
			before, first := map[string]string{}, d.open()
			for _, document := range documents {
				before[document] = answerOf(t, first, document)
			}
			for i, columns := range []string{"toDate('2024-03-18')", "toDate('2024-04-02')", "toDate('2023-01-01')"} {
				d.exec("INSERT INTO pypi (date, project, version, country_code, installer) SETTINGS distributed_foreground_insert = 1 SELECT " + columns +
					", ['numpy', 'fresh'][1 + number % 2], '1.0', 'US', 'pip' FROM numbers(100)")
				for _, document := range documents[i*len(documents)/3 : (i+1)*len(documents)/3] {
					for range 2 { // computed, and kept
						if got := answerOf(t, h, document); got != before[document] {
							t.Errorf("%s\nbefore %s\nafter  %s", document, before[document], got)
						}
					}
				}
			}
		})
	}
}

// edgeDocuments ask about ranges whose edges are the data's, of every kind.
func edgeDocuments(d *oracle.Data) (list []string) {
	ranges := []string{
		fmt.Sprintf(`from: "%s", to: "%s"`, d.First.Format("2006-01-02"), d.Last.Format("2006-01-02")),
		fmt.Sprintf(`to: "%s"`, d.Last.Format("2006-01-02")),
		fmt.Sprintf(`from: "2023-02-01", to: "%s"`, d.Last.Format("2006-01-02")),
	}
	for _, project := range []string{`project(name: "numpy") { it: downloads`, `all: projects(names: ["numpy", "pandas"]) { it: downloads`} {
		for _, fields := range []string{"total", "total by(dimension: VERSION) { value total share }", "by(dimension: COUNTRY, others: true) { value total }",
			"series(interval: MONTH) { totals }", "total previous { total }", "by(dimension: VERSION, first: 2) { value downloads { by(dimension: COUNTRY) { value total } } }"} {
			for _, r := range ranges {
				list = append(list, fmt.Sprintf("{ %s(range: {%s}) { %s } } }", project, r, fields))
			}
		}
	}
	for _, r := range ranges {
		list = append(list, fmt.Sprintf("{ topProjects(range: {%s}) { nodes { total project { name rank(range: {%s}) { position projectCount } } } } }", r, r),
			fmt.Sprintf("{ downloads(range: {%s}) { total by(dimension: PROJECT) { value total } } }", r))
	}
	return list
}

// answerOf is the data of an answer without errors.
func answerOf(t *testing.T, h http.Handler, document string) string {
	t.Helper()
	return dataOf(t, bodyOf(t, h, document))
}

// bodyOf is what the handler answers.
func bodyOf(t *testing.T, h http.Handler, document string) string {
	t.Helper()
	return post(t, h, map[string]any{"query": document})
}

// explained is what the handler answers, with its queries.
func explained(t *testing.T, h http.Handler, document string) string {
	t.Helper()
	return post(t, h, map[string]any{"query": document, "extensions": map[string]any{"explain": true}})
}

// asker is a test, or one draw of a generated one.
type asker interface {
	Helper()
	Context() context.Context
	Fatal(args ...any)
}

// post sends a request.
func post(t asker, h http.Handler, request map[string]any) string {
	t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec.Body.String()
}

// dataOf is the data of an answer, which must have no errors.
func dataOf(t *testing.T, body string) string {
	t.Helper()
	var got struct {
		Data   json.RawMessage
		Errors []any
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Errors) > 0 {
		t.Fatalf("%v: %s", err, body)
	}
	return string(got.Data)
}

// Ranges that are the same days of the data, and were written otherwise, are
// answered together without being taken for one another.
func TestRangesOfTheSameDays(t *testing.T) {
	d := own(t)
	d.read("pypi")
	h := d.open()
	first, last := d.data.First.AddDate(0, 0, -3).Format("2006-01-02"), d.data.Last.AddDate(0, 0, 40).Format("2006-01-02")
	var fields []string
	for i, r := range []string{``, `(range: {from: "` + first + `", to: "` + last + `"})`, `(range: {from: "2000-01-01", to: "` + last + `"})`, `(range: {last: 900})`} {
		fields = append(fields, fmt.Sprintf(`a%d: downloads%s { total by(dimension: PROJECT) { value total } c: by(dimension: COUNTRY) { value total } series(interval: YEAR) { totals } }`, i, r))
	}
	var together struct {
		A0, A1, A2, A3 struct{ Total, By, C json.RawMessage }
	}
	if err := json.Unmarshal([]byte(answerOf(t, h, "{ "+strings.Join(fields, " ")+" }")), &together); err != nil {
		t.Fatal(err)
	}
	for _, other := range []any{together.A1, together.A2, together.A3} {
		if want, got := fmt.Sprintf("%s", together.A0), fmt.Sprintf("%s", other); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
