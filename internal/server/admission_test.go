package server

import (
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clickql/internal/access"
)

// gateWith is a gate with one secret and one publishable key.
func gateWith(t *testing.T, cfg access.Config) (gate *access.Gate, secret, public string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	err := access.ChangeKeys(path, func([]access.Key) ([]access.Key, error) {
		s, one := access.NewKey(access.Key{Name: "dashboard", Limits: access.Limits{Requests: access.Rate{N: 3, Per: time.Hour}}}, time.Now())
		p, two := access.NewKey(access.Key{Name: "docs", Publishable: true, Origins: access.Origins{"https://docs.example"}}, time.Now())
		secret, public = one, two
		return []access.Key{s, p}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Keys, err = access.OpenKeyring(path, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return access.NewGate(cfg), secret, public
}

// Every answer tells the client's limits and what is left of them; beyond them it is
// refused, until when the header says, as clients of each kind read it.
func TestClientsHaveTheirLimits(t *testing.T) {
	gate := access.NewGate(access.Config{Anonymous: access.Limits{Requests: access.Rate{N: 2, Per: time.Hour}, Pictures: access.Rate{N: 1, Per: time.Hour}}})
	base, _ := start(t, Config{Gate: gate, Loader: nil})
	for left := 1; left >= 0; left-- {
		got := ask(t, "POST", base+"/graphql", "{}", "Content-Type", "application/json")
		if got.status != http.StatusOK || got.header.Get("RateLimit-Policy") != `"requests";q=2;w=3600` ||
			!strings.HasPrefix(got.header.Get("RateLimit"), `"requests";r=`+string(rune('0'+left))+`;t=3`) {
			t.Errorf("%d left: %d %v", left, got.status, got.header)
		}
	}
	for _, c := range []struct{ path, accept, kind, want string }{
		{"/graphql?query=%7B__typename%7D", "application/json", "application/json", `"code":"RATE_LIMITED"`},
		{"/project/pandas", "text/html", "text/plain; charset=utf-8", "you have made 2 requests in 1h0m0s"},
		{"/rankings.csv", "*/*", "application/json", `"code":"RATE_LIMITED"`},
	} {
		got := ask(t, "GET", base+c.path, "", "Accept", c.accept)
		if got.status != http.StatusTooManyRequests || got.header.Get("Content-Type") != c.kind || !strings.Contains(got.body, c.want) ||
			got.header.Get("Retry-After") == "" || !strings.Contains(got.header.Get("RateLimit"), "r=0") || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %+v", c.path, got)
		}
	}
	for _, path := range []string{"/healthz", "/metrics", "/schema.graphql", "/playground"} {
		if got := ask(t, "GET", base+path, ""); got.status == http.StatusTooManyRequests || got.header.Get("RateLimit") != "" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if got := ask(t, "OPTIONS", base+"/graphql", "", "Origin", "https://x.example", "Access-Control-Request-Method", "POST"); got.status != http.StatusNoContent {
		t.Errorf("preflight: %+v", got)
	}
}

// Pictures have a class of their own, and draw what is wrong.
func TestPicturesHaveTheirOwnLimits(t *testing.T) {
	g, _ := sampled(t)
	gate, _, public := gateWith(t, access.Config{Anonymous: access.Limits{Requests: access.Rate{N: 1, Per: time.Hour}, Pictures: access.Rate{N: 3, Per: time.Hour}}})
	base, log := start(t, Config{Gate: gate, Loader: g.loader, GraphQL: g.graphql})
	if got := ask(t, "GET", base+"/graphql?query=%7B__typename%7D", ""); got.status != http.StatusOK {
		t.Fatalf("%+v", got)
	}
	for n := range 3 {
		if got := ask(t, "GET", base+"/badge/alpha.svg", ""); got.status != http.StatusOK {
			t.Fatalf("picture %d: %+v", n, got)
		}
	}
	for path, kind := range map[string]string{
		"/badge/alpha.svg": "image/svg+xml; charset=utf-8", "/chart/alpha.png": "image/png", "/chart/alpha.csv": "application/json", "/badge/alpha.json": "application/json",
	} {
		got := ask(t, "GET", base+path, "")
		if got.status != http.StatusTooManyRequests || got.header.Get("Content-Type") != kind || got.header.Get("Retry-After") == "" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
	}
	// A publishable key is no parameter of the picture: one address with and without.
	with := ask(t, "GET", base+"/badge/alpha.svg?label=x&key="+public, "", "Referer", "https://docs.example/")
	if with.status != http.StatusOK || !strings.Contains(with.body, "<svg") {
		t.Errorf("with a key: %+v", with)
	}
	if got := ask(t, "GET", base+"/badge/alpha.svg?key="+public, "", "Referer", "https://evil.example/"); got.status != http.StatusForbidden || !strings.Contains(got.body, "<svg") {
		t.Errorf("from another site: %+v", got)
	}
	if strings.Contains(log.String(), public) {
		t.Error("the log has the key")
	}
	if !strings.Contains(log.String(), `"key":"docs"`) {
		t.Errorf("the log does not tell whose key it was: %s", log)
	}
}

// What is no key is refused, in every form, and not let in as nobody.
func TestWrongKeysAreRefused(t *testing.T) {
	gate, secret, public := gateWith(t, access.Config{})
	base, _ := start(t, Config{Gate: gate, GraphQL: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, access.Of(r.Context()).Name()+r.URL.RawQuery+r.RequestURI)
	})})
	for _, c := range []struct {
		query  string
		header []string
		status int
		want   string
	}{
		{"", nil, http.StatusOK, ""},
		{"", []string{"Authorization", "Bearer " + secret}, http.StatusOK, "dashboard"},
		{"?query=x", []string{"X-API-Key", secret}, http.StatusOK, "dashboard"},
		{"", []string{"X-API-Key", "nonsense"}, http.StatusUnauthorized, "UNAUTHENTICATED"},
		{"?key=" + secret, nil, http.StatusForbidden, "FORBIDDEN"},
		{"?query=x&key=" + public, []string{"Origin", "https://docs.example"}, http.StatusOK, "docsquery=x/graphql?query=x"},
		{"?query=x&key=" + public, []string{"Origin", "https://evil.example"}, http.StatusForbidden, "FORBIDDEN"},
	} {
		got := ask(t, "POST", base+"/graphql"+c.query, "{}", append([]string{"Content-Type", "application/json"}, c.header...)...)
		if got.status != c.status || !strings.Contains(got.body, c.want) {
			t.Errorf("%+v: %d %s", c, got.status, got.body)
		}
		if (got.status == http.StatusUnauthorized) != (got.header.Get("WWW-Authenticate") != "") {
			t.Errorf("%+v: %v", c, got.header)
		}
	}
}

// Rows are taken off a client's as ClickHouse is asked; an operation beyond them does
// not run. Answers from memory cost none.
func TestRowsAreTakenOff(t *testing.T) {
	g, _ := sampled(t)
	gate := access.NewGate(access.Config{Anonymous: access.Limits{Rows: access.Rate{N: 50, Per: time.Hour}}})
	base, _ := start(t, Config{Gate: gate, Loader: g.loader, GraphQL: g.graphql})
	const cheap, dear = `{"query":"{ downloads(projects: [\"beta\"]) { total } }"}`, `{"query":"{ downloads { by(dimension: COUNTRY) { total downloads { by(dimension: SYSTEM) { total } } } } a: topProjects { nodes { total } } }"}`
	post := func(body, accept string) reply {
		return ask(t, "POST", base+"/graphql", body, "Content-Type", "application/json", "Accept", accept)
	}
	first := post(cheap, "application/json")
	if first.status != http.StatusOK || strings.Contains(first.body, "errors") || !strings.Contains(first.header.Get("RateLimit-Policy"), `"rows";q=50;qu="rows";w=3600`) {
		t.Fatalf("%+v", first)
	}
	if again := post(cheap, "application/json"); again.header.Get("RateLimit") != first.header.Get("RateLimit") && !strings.Contains(again.header.Get("RateLimit"), strings.Split(first.header.Get("RateLimit"), ";")[1]) {
		t.Errorf("from memory: %q, before %q", again.header.Get("RateLimit"), first.header.Get("RateLimit"))
	}
	for _, accept := range []string{"application/json", "application/graphql-response+json"} {
		got := post(dear, accept)
		if got.status != http.StatusTooManyRequests || !strings.Contains(got.body, "RATE_LIMITED") || strings.Contains(got.body, `"data"`) || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %+v", accept, got)
		}
	}
}

// What a frame shows where its chart is refused is a small page in the chart's look, and
// no text in a browser's own.
func TestFramesTellCalmlyWhatIsRefused(t *testing.T) {
	g, _ := sampled(t)
	gate, _, public := gateWith(t, access.Config{Anonymous: access.Limits{Pictures: access.Rate{N: 1, Per: time.Hour}}})
	base, _ := start(t, Config{Gate: gate, Loader: g.loader, GraphQL: g.graphql})
	if got := ask(t, "GET", base+"/embed/alpha?last=all", ""); got.status != http.StatusOK {
		t.Fatalf("%+v", got)
	}
	for _, c := range []struct {
		path, header, value string
		status              int
		text                string
	}{
		{"/embed/alpha?last=all", "Accept", "text/html", http.StatusTooManyRequests, "Too many requests"},
		{"/embed?last=all", "Accept", "*/*", http.StatusTooManyRequests, "Too many requests"},
		{"/embed/alpha?key=nonsense", "Accept", "text/html", http.StatusUnauthorized, "Unknown key"},
		{"/embed/alpha?key=" + public, "Referer", "https://evil.example/", http.StatusForbidden, "Forbidden"},
	} {
		got := ask(t, "GET", base+c.path, "", c.header, c.value)
		if got.status != c.status || got.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(got.header.Get("Content-Security-Policy"), "frame-ancestors *") ||
			got.header.Get("X-Frame-Options") != "" || !strings.Contains(got.body, c.text) || !strings.Contains(got.body, "<link rel=\"stylesheet\"") {
			t.Errorf("%s: %d %v\n%s", c.path, got.status, got.header, got.body)
		}
	}
}

// Where only this machine's names lead to the gateway, a page whose name was made to lead
// here gets nothing: neither data, nor a WebSocket, nor what the gateway is watched by.
func TestOtherNamesAreRefused(t *testing.T) {
	g, _ := sampled(t)
	base, _ := start(t, Config{Loader: g.loader, GraphQL: g.graphql, Origins: access.LoopbackOrigins(), Hosts: access.LoopbackOrigins().Hosts})
	asks := func(host string, header ...string) (status int) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+header[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		for i := 1; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.Header.Get("Access-Control-Allow-Origin") != "" && host == "evil.example:8080" {
			t.Errorf("%v: %v", header, resp.Header)
		}
		return resp.StatusCode
	}
	const question = "/graphql?query=%7Bdownloads%7Btotal%7D%7D"
	socket := []string{"/graphql", "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol", "graphql-transport-ws", "Origin", "http://evil.example:8080"}
	for _, request := range [][]string{{question}, {question, "Origin", "http://evil.example:8080"}, {"/metrics"}, {"/healthz"}, {"/badge/alpha.svg"}, {"/"}, {"/mcp"}, socket} {
		if got := asks("evil.example:8080", request...); got != http.StatusForbidden {
			t.Errorf("%v: %d", request, got)
		}
	}
	for _, host := range []string{"localhost:8080", "127.0.0.1", "[::1]:1"} {
		if got := asks(host, question); got != http.StatusOK {
			t.Errorf("as %s: %d", host, got)
		}
	}
}
