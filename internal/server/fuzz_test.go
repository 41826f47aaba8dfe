package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// secrets are what no answer may hold: SQL, addresses, what ClickHouse says.
var secrets = regexp.MustCompile(`\bSELECT\b|\bGROUP BY\b|127\.0\.0\.1|DB::Exception|clickhouse://|goroutine `)

// harmless checks what holds for every answer: it is no failure of ours, and
// tells nothing that it should not, beside what the request itself said.
func harmless(t *testing.T, h http.Handler, r *http.Request, said string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body := w.Body.String()
	if w.Code >= 500 || strings.Contains(body, `"code":"INTERNAL"`) {
		t.Fatalf("%s %s %q: %d %s", r.Method, r.URL, said, w.Code, body)
	}
	if found := secrets.FindString(body); found != "" && !strings.Contains(said, found) {
		t.Fatalf("%s %s %q tells %q: %s", r.Method, r.URL, said, found, body)
	}
}

// quiet is a gateway as a handler, whose log nobody reads.
func quiet(f *testing.F) http.Handler {
	f.Helper()
	g, _ := sampled(f)
	loader := g.loader
	return New(Config{Loader: loader, GraphQL: g.graphql, Log: slog.New(slog.DiscardHandler)})
}

// FuzzHTTP sends anything to /graphql.
func FuzzHTTP(f *testing.F) {
	h := quiet(f)
	for _, body := range []string{
		`{"query":"{ dataset { lastDay } }"}`, `{"query":"query($n: String!) { project(name: $n) { downloads { total } } }","variables":{"n":"alpha"}}`,
		`[]`, `{"query":"{ downloads { by(dimension: COUNTRY, first: 2, others: true) { value label total share } } }","extensions":{"explain":false,"dryRun":true}}`,
		`{"documentId":"sha256:00","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`, `{"query":"subscription { __typename }"}`,
	} {
		f.Add("POST", "", "application/json", "*/*", body)
		f.Add("GET", "query="+body, "", "application/graphql-response+json", "")
	}
	f.Fuzz(func(t *testing.T, method, query, kind, accept, body string) {
		if strings.Contains(body+query, "explain") || strings.Contains(body+query, "subscription") {
			return // explain shows SQL, and a subscription never ends
		}
		if !regexp.MustCompile(`^[A-Z]{1,8}$`).MatchString(method) {
			return // net/http lets no other through
		}
		r := httptest.NewRequestWithContext(t.Context(), method, "/graphql", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Accept", accept)
		harmless(t, h, r, body+query)
	})
}

// FuzzFilters asks for slices by any filter and range.
func FuzzFilters(f *testing.F) {
	h := quiet(f)
	const document = `query($n: String!, $v: VersionFilter, $c: ValueFilter, $l: ValueFilter, $from: Date, $to: Date, $last: Int, $unit: Interval, $by: Dimension!, $first: Int!) {
		project(name: $n) { downloads(range: {from: $from, to: $to}, filter: {version: $v, country: $c, libc: $l, mirrors: false}) { total by(dimension: $by, first: $first, others: true) { value total downloads { total } } } }
		downloads(range: {last: $last, unit: $unit}, filter: {country: $c}) { total change series(interval: $unit) { dates totals } }
	}`
	f.Add("alpha", ">=1.0,<3", "DE", "glibc 2.31", "2024-03-01", "2024-03-31", "MONTH", "VERSION", 3, 2)
	f.Add("", "~=1.4.5a0", "\x00", "' OR 1=1 --", "0000-00-00", "9999-99-99", "x", "LIBC", -1, 1<<31)
	f.Add("a{b:String}", "==1.*", "D%", "\\", "1969-12-31", "2149-06-07", "QUARTER", "PROJECT", 1000, 70000)
	f.Fuzz(func(t *testing.T, name, specifier, country, libc, from, to, unit, by string, first, last int) {
		variables := map[string]any{
			"n": name, "v": map[string]any{"specifier": specifier}, "c": map[string]any{"notIn": []string{country, "FR"}}, "l": map[string]any{"eq": libc},
			"from": from, "to": to, "last": last, "unit": unit, "by": by, "first": first,
		}
		for key, absent := range map[string]bool{"from": from == "", "to": to == "", "v": specifier == "", "l": libc == "", "unit": unit == ""} {
			if absent {
				delete(variables, key)
			}
		}
		body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		harmless(t, h, r, string(body))
	})
}

// FuzzPictures asks for pictures and their numbers by any address.
func FuzzPictures(f *testing.F) {
	h := quiet(f)
	for _, seed := range [][3]string{
		{"chart", "alpha,beta.svg", "last=all&transform=indexed&scale=log&width=1e9"}, {"chart", "alpha.csv", "by=country&first=2&country=de,!fr&version=>=1"},
		{"chart", "alpha.png", "shape=sparkline&width=100&height=20&dpr=4&background=rgb(1,2,3)"}, {"badge", "alpha.json", "show=trend&period=week&logo=python&style=social"},
		{"chart", ",,%00.svg", "v=1&utm_x=2&from=2024-03-01&to=2149-06-06&interval=day"}, {"badge", "x.png", "label=\u202e&color=hsl(360,100%25,0%25)"},
		{"chart", "alpha.parquet", "shape=map&mirrors=false&human=true"}, {"chart", "alpha.svg", "python=3.12&system=LINUX&releases=true&title=%3Cscript%3E"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, kind, file, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.URL.Path, r.URL.RawQuery = "/"+kind+"/"+file, query
		harmless(t, h, r, kind+file+query)
	})
}
