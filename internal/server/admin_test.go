package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What the gateway is watched by is at the other address where there is one, profiles
// there alone, and tells to the end that the gateway is about to stop.
func TestTheGatewayIsWatchedElsewhere(t *testing.T) {
	listen := func() net.Listener {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return ln
	}
	main, admin := listen(), listen()
	s := New(Config{GraphQL: http.NotFoundHandler(), SDL: "type Query", Admin: admin, Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, main) }()
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/debug/pprof/cmdline"} {
		if got := ask(t, "GET", "http://"+admin.Addr().String()+path, ""); got.status != http.StatusOK {
			t.Errorf("admin: %s: %d", path, got.status)
		}
		if got := ask(t, "GET", "http://"+main.Addr().String()+path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := ask(t, "GET", "http://"+admin.Addr().String()+"/schema.graphql", ""); got.status != http.StatusNotFound {
		t.Errorf("the schema is at the admin address: %d", got.status)
	}
	s.Leave()
	if got := ask(t, "GET", "http://"+admin.Addr().String()+"/readyz", ""); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "about to stop") {
		t.Errorf("leaving: %+v", got)
	}
	if got := ask(t, "GET", "http://"+main.Addr().String()+"/schema.graphql", ""); got.status != http.StatusOK {
		t.Errorf("leaving: %+v", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A gateway that shows no schema does so nowhere.
func TestTheSchemaCanBeClosed(t *testing.T) {
	base, _ := start(t, Config{SDL: "type Query", Closed: true})
	if got := ask(t, "GET", base+"/schema.graphql", ""); got.status != http.StatusForbidden || !strings.Contains(got.body, "FORBIDDEN") || strings.Contains(got.body, "type Query") {
		t.Errorf("%+v", got)
	}
}

// Only assets are served as assets, however the way elsewhere is written.
func TestAssetsLeadNowhereElse(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/{file}", asset(bundle(t, map[string]string{"assets/app-1.js": "run()", "site.json": "{}", "playground.html": "<p>"})))
	ts := httptest.NewServer(mux)
	defer ts.Close()
	for _, path := range []string{"..%2fsite.json", "%2e%2e%2fsite.json", "%2e%2e/site.json", "..%2f..%2fsite.json", "%2e%2e", ".", "a%2f..%2f..%2fplayground.html", "..%5csite.json", "/site.json"} {
		got := ask(t, "GET", ts.URL+"/assets/"+path, "")
		if got.status == http.StatusOK || strings.Contains(got.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v %s", path, got.status, got.header, got.body)
		}
	}
	if got := ask(t, "GET", ts.URL+"/assets/app-1.js", ""); got.status != http.StatusOK {
		t.Errorf("%+v", got)
	}
}

// A request has one line in the log, whatever happens in it, and long values are cut.
func TestARequestHasOneLine(t *testing.T) {
	var s *Server
	base, log := start(t, Config{GraphQL: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 100 {
			s.cfg.Log.WarnContext(r.Context(), "a field failed", "path", strings.Repeat("x", 10_000))
		}
		s.cfg.Log.ErrorContext(r.Context(), "the worst", "cause", errors.New(strings.Repeat("ü", 10_000)))
		s.cfg.Log.WarnContext(context.WithoutCancel(r.Context()), "another")
		_, _ = io.WriteString(w, "{}")
	})})
	s = New(Config{GraphQL: http.NotFoundHandler(), Log: slog.New(slog.NewJSONHandler(log, nil))})
	if got := ask(t, "POST", base+"/graphql", "{}"); got.status != http.StatusOK {
		t.Fatalf("%+v", got)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 1 || len(lines[0]) > 3*longestValue {
		t.Fatalf("%d lines, the first of %d bytes", len(lines), len(lines[0]))
	}
	for _, want := range []string{`"level":"ERROR"`, `"failures":102`, `"what":"the worst"`, `"msg":"request"`, `ü…"`} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("no %s in %.500s", want, lines[0])
		}
	}
}
