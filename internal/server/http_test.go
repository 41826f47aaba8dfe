package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// start serves cfg over a real connection, with the log in the returned buffer
// (read it after the requests are answered).
func start(t testing.TB, cfg Config) (base string, log *lockedBuffer) {
	t.Helper()
	log = new(lockedBuffer)
	cfg.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if cfg.GraphQL == nil {
		cfg.GraphQL = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.Copy(w, r.Body)
		})
	}
	ts := httptest.NewServer(New(cfg))
	t.Cleanup(ts.Close)
	return ts.URL, log
}

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends one request as it is: nothing followed, nothing unpacked.
func ask(t *testing.T, method, url, body string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func TestAnyOriginMayReadWithoutCredentials(t *testing.T) {
	base, _ := start(t, Config{})
	got := ask(t, "OPTIONS", base+"/graphql", "", "Origin", "https://docs.example",
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
	if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("preflight: %d, %v", got.status, got.header)
	}
	if got.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Error("credentials are allowed")
	}
	got = ask(t, "POST", base+"/graphql", "{}", "Origin", "https://docs.example")
	if got.header.Get("Access-Control-Allow-Origin") != "*" || got.body != "{}" {
		t.Errorf("request: %+v", got)
	}
}

func TestOnlyTheOriginsNamedMayRead(t *testing.T) {
	base, _ := start(t, Config{Origins: []string{"https://ours.example"}})
	for origin, want := range map[string]string{"https://ours.example": "https://ours.example", "https://other.example": ""} {
		got := ask(t, "POST", base+"/graphql", "{}", "Origin", origin)
		if h := got.header.Get("Access-Control-Allow-Origin"); h != want {
			t.Errorf("%s: allowed %q, want %q", origin, h, want)
		}
		if !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Origin") {
			t.Errorf("%s: the answer does not vary by origin: %v", origin, got.header)
		}
	}
}

// A client that can read several codings gets gzip: not every one that announces
// zstd can read it.
func TestGzipBeforeZstd(t *testing.T) {
	text := strings.Repeat("downloads ", 1000)
	base, _ := start(t, Config{SDL: text})
	for accepted, want := range map[string]string{"br, gzip, deflate, zstd": "gzip", "gzip, deflate, br, zstd": "gzip", "zstd": "zstd", "gzip;q=0.5, zstd": "zstd", "br": ""} {
		if got := ask(t, "POST", base+"/graphql", text, "Accept-Encoding", accepted); got.header.Get("Content-Encoding") != want {
			t.Errorf("%s: %v", accepted, got.header)
		}
	}
}

// A person who opens the API's address in a browser is shown the playground; a
// client that asks something there is answered, with a slash at the end too.
func TestVisitorsOfTheAPIAreSentToThePlayground(t *testing.T) {
	base, _ := start(t, Config{})
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, path := range []string{"/graphql", "/graphql/"} {
		got := ask(t, "GET", base+path, "", "Accept", browser)
		if got.status != http.StatusFound || got.header.Get("Location") != "/playground" || !strings.Contains(got.header.Get("Vary"), "Accept") {
			t.Errorf("%s: %+v", path, got)
		}
		for _, c := range []struct{ method, query, body, accept string }{
			{"GET", "?query=%7B__typename%7D", "", browser}, {"POST", "", "{}", browser}, {"POST", "", "{}", "application/json"}, {"GET", "?query=%7B__typename%7D", "", "*/*"},
		} {
			if got := ask(t, c.method, base+path+c.query, c.body, "Accept", c.accept); got.status != http.StatusOK || got.header.Get("Location") != "" {
				t.Errorf("%v at %s: %+v", c, path, got)
			}
		}
	}
	if got := ask(t, "GET", base+"/graphql/more", ""); got.status != http.StatusNotFound {
		t.Errorf("below the API: %d", got.status)
	}
}

// Vary is one header, with each name once, wherever its parts come from.
func TestVaryIsSentOnce(t *testing.T) {
	base, _ := start(t, Config{Origins: []string{"https://ours.example"}, SDL: strings.Repeat("type ", 1000)})
	for range 2 { // the second may come from memory
		got := ask(t, "GET", base+"/graphql?query=%7B__typename%7D", "", "Origin", "https://ours.example", "Accept-Encoding", "gzip")
		values := got.header.Values("Vary")
		seen := map[string]int{}
		for name := range strings.SplitSeq(strings.Join(values, ","), ",") {
			seen[strings.TrimSpace(name)]++
		}
		if len(values) != 1 || seen["Origin"] != 1 || seen["Accept-Encoding"] != 1 {
			t.Errorf("Vary: %q", values)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	base, _ := start(t, Config{MaxBody: 100})
	if got := ask(t, "POST", base+"/graphql", strings.Repeat("x", 100)); got.status != http.StatusOK {
		t.Errorf("a body at the limit: %d", got.status)
	}
	got := ask(t, "POST", base+"/graphql", strings.Repeat("x", 101))
	if got.status != http.StatusRequestEntityTooLarge || !strings.Contains(got.body, `"code":"LIMIT"`) {
		t.Errorf("a body above the limit: %d %s", got.status, got.body)
	}
}

func TestAnswersAreCompressed(t *testing.T) {
	text := strings.Repeat("downloads ", 1000)
	base, _ := start(t, Config{SDL: text})
	for _, path := range []string{"/graphql", "/schema.graphql"} {
		method := map[string]string{"/graphql": "POST"}[path]
		got := ask(t, method, base+path, text, "Accept-Encoding", "gzip")
		if got.header.Get("Content-Encoding") != "gzip" || gunzip(t, got.body) != text {
			t.Errorf("%s: %v, %d bytes", path, got.header, len(got.body))
		}
		if got = ask(t, method, base+path, text); got.body != text {
			t.Errorf("%s, plain: %v, %d bytes", path, got.header, len(got.body))
		}
	}
}

func TestSchemaIsServedAndRevalidated(t *testing.T) {
	base, _ := start(t, Config{SDL: "type Query { ok: Boolean }"})
	got := ask(t, "GET", base+"/schema.graphql", "")
	if got.body != "type Query { ok: Boolean }" || got.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%+v", got)
	}
	again := ask(t, "GET", base+"/schema.graphql", "", "If-None-Match", `"other", `+got.header.Get("ETag"))
	if again.status != http.StatusNotModified || again.body != "" {
		t.Errorf("%+v", again)
	}
}

func TestReadyzSaysWhatFailsAndNoMore(t *testing.T) {
	var err error
	base, log := start(t, Config{Checks: []Check{{
		Name: "clickhouse", Reason: "ClickHouse does not answer",
		Probe: func(context.Context) error { return err },
	}}})
	if got := ask(t, "GET", base+"/readyz", ""); got.status != http.StatusOK || got.body != "{\"ready\":true}\n" {
		t.Errorf("ready: %+v", got)
	}
	err = errors.New("dial tcp 10.1.2.3:9000: connection refused")
	got := ask(t, "GET", base+"/readyz", "")
	want := `{"ready":false,"failed":{"clickhouse":"ClickHouse does not answer"}}` + "\n"
	if got.status != http.StatusServiceUnavailable || got.body != want {
		t.Errorf("not ready: %+v", got)
	}
	if !strings.Contains(log.String(), "10.1.2.3") {
		t.Error("the log does not tell the cause")
	}
	if got := ask(t, "GET", base+"/healthz", ""); got.status != http.StatusOK {
		t.Errorf("alive: %+v", got)
	}
}

func TestPanicIsOneRequestsFault(t *testing.T) {
	base, log := start(t, Config{GraphQL: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })})
	got := ask(t, "POST", base+"/graphql", "{}", "X-Request-Id", "proxy-7")
	if got.status != http.StatusInternalServerError || strings.Contains(got.body, "boom") {
		t.Errorf("%+v", got)
	}
	if got.header.Get("X-Request-Id") != "proxy-7" || !strings.Contains(log.String(), `"id":"proxy-7"`) || !strings.Contains(log.String(), "boom") {
		t.Errorf("id %q, log %s", got.header.Get("X-Request-Id"), log)
	}
	if got := ask(t, "GET", base+"/healthz", ""); got.status != http.StatusOK {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestAccessLogHoldsNothingOfTheQuestion(t *testing.T) {
	base, log := start(t, Config{})
	got := ask(t, "GET", base+"/graphql?query=%7Bsecret%7D", "", "X-Request-Id", "bad id", "User-Agent", "someone")
	if id := got.header.Get("X-Request-Id"); id == "" || strings.Contains(id, " ") {
		t.Errorf("request id %q", id)
	}
	text := log.String()
	if !strings.Contains(text, `"path":"/graphql"`) || !strings.Contains(text, `"status":200`) {
		t.Errorf("no access log: %s", text)
	}
	for _, leak := range []string{"secret", "someone", "127.0.0.1"} {
		if strings.Contains(text, leak) {
			t.Errorf("the log holds %q: %s", leak, text)
		}
	}
}

func TestMetricsCountByRoute(t *testing.T) {
	base, _ := start(t, Config{})
	ask(t, "GET", base+"/nowhere/at/all", "")
	ask(t, "POST", base+"/graphql", "{}")
	got := ask(t, "GET", base+"/metrics", "")
	for _, want := range []string{
		`clickql_http_requests_total{method="GET",path="none",status="404"} 1`,
		`clickql_http_requests_total{method="POST",path="/graphql",status="200"} 1`,
		`clickql_http_request_duration_seconds_count{path="/graphql"} 1`,
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestStoppingDrainsRequestsInFlight(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s := New(Config{Log: slog.New(slog.DiscardHandler), GraphQL: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		if r.Context().Err() != nil {
			t.Error("the request was cancelled")
		}
		_, _ = io.WriteString(w, "late but whole")
	})})
	ln := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	answer := make(chan reply, 1)
	go func() { answer <- ask(t, "POST", "http://"+ln.Addr().String()+"/graphql", "{}") }()
	<-arrived
	stop()
	<-s.stopping.Done()
	for refused := false; !refused; { // until the listener is closed
		conn, err := net.DialTimeout("tcp", ln.Addr().String(), time.Second)
		if refused = err != nil; !refused {
			_ = conn.Close()
		}
	}
	close(release)
	if got := <-answer; got.body != "late but whole" {
		t.Errorf("in flight: %+v", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestStoppingCutsWhatNeverEnds(t *testing.T) {
	arrived := make(chan struct{})
	s := New(Config{Drain: time.Millisecond, Log: slog.New(slog.DiscardHandler), GraphQL: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})})
	ln := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	go func() {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "GET /graphql HTTP/1.1\r\nHost: x\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn)
	}()
	<-arrived
	stop()
	if err := <-served; err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("%v", err)
	}
}

func TestStoppingEndsStreams(t *testing.T) {
	arrived := make(chan struct{})
	s := New(Config{Log: slog.New(slog.DiscardHandler), GraphQL: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stream, ok := w.(interface{ Stream() http.ResponseWriter })
		if !ok {
			t.Error("the writer knows no streams")
			return
		}
		w = stream.Stream()
		w.Header().Set("Content-Type", "text/event-stream")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		close(arrived)
		<-r.Context().Done()
		_, _ = io.WriteString(w, "event: complete\n\n")
	})})
	ln := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	answer := make(chan reply, 1)
	go func() {
		answer <- ask(t, "POST", "http://"+ln.Addr().String()+"/graphql", "{}", "Accept", "text/event-stream")
	}()
	<-arrived
	stop()
	if got := <-answer; got.body != "event: complete\n\n" {
		t.Errorf("%+v", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func gunzip(t *testing.T, packed string) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader([]byte(packed)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
