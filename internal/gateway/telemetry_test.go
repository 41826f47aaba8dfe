package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"clickql/internal/chtest"
	"clickql/internal/telemetry"
)

// parent is a traceparent as a proxy sends it (W3C Trace Context's own example).
const (
	parentTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	parent      = "00-" + parentTrace + "-00f067aa0ba902b7-01"
)

// A request is one trace: the proxy's, with a span for each part of the way, and what
// its statements read. The next scrape leads from a histogram to it.
func TestRequestsAreTraced(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), "INSERT INTO pypi (date, project) SELECT toDate('2024-03-01') + number % 10, 'alpha' FROM numbers(1000)"); err != nil {
		t.Fatal(err)
	}
	seen := tracetest.NewSpanRecorder()
	g := started(t, db.ReadOnlyDSN, func(c *Config) {
		c.Server.Tracing = telemetry.Open(sdk.WithSpanProcessor(seen))
	})
	body := `{"query": "query Alpha { project(name: \"alpha\") { downloads { total } } }"}`
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("traceparent", parent)
	rec := httptest.NewRecorder()
	g.Handler().ServeHTTP(rec, req)
	if !strings.Contains(rec.Body.String(), `"total":1000`) {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	t.Logf("the trace:\n%s", drawn(seen.Ended()))
	spans := map[string]sdk.ReadOnlySpan{}
	for _, s := range seen.Ended() {
		if got := s.SpanContext().TraceID().String(); got != parentTrace {
			t.Errorf("%s belongs to trace %s", s.Name(), got)
		}
		spans[s.Name()] = s
	}
	root := spans["POST /graphql"]
	if root == nil {
		t.Fatalf("no span of the request among %v", slices.Collect(func(yield func(string) bool) {
			for name := range spans {
				if !yield(name) {
					return
				}
			}
		}))
	}
	if root.Parent().SpanID().String() != "00f067aa0ba902b7" {
		t.Errorf("the request's parent is %s", root.Parent().SpanID())
	}
	for _, name := range []string{"parse", "plan", "queue", "query"} {
		s := spans[name]
		if s == nil {
			t.Errorf("no span %s", name)
		} else if s.Parent().SpanID() != root.SpanContext().SpanID() {
			t.Errorf("%s is not the request's", name)
		}
	}
	if q := spans["query"]; q != nil {
		has := attribute.NewSet(q.Attributes()...)
		if table, _ := has.Value("db.collection.name"); !strings.HasSuffix(table.AsString(), "pypi_downloads") {
			t.Errorf("the query's table is %q", table.AsString())
		}
		if rows, _ := has.Value("clickql.rows.read"); rows.AsInt64() < 1 {
			t.Errorf("the query has read %d rows", rows.AsInt64())
		}
	}
	scrape := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	scrape.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	rec = httptest.NewRecorder()
	g.Handler().ServeHTTP(rec, scrape)
	for _, name := range []string{"clickql_http_request_duration_seconds_bucket", "clickql_query_seconds_bucket"} {
		if !regexp.MustCompile(name + `\{.*# \{trace_id="` + parentTrace + `"\}`).MatchString(rec.Body.String()) {
			t.Errorf("%s has no exemplar", name)
		}
	}
}

// drawn is a trace as text: when each span began, from the beginning of all, how long it
// took, and what it tells.
func drawn(spans []sdk.ReadOnlySpan) string {
	slices.SortFunc(spans, func(a, b sdk.ReadOnlySpan) int {
		return cmp.Or(a.StartTime().Compare(b.StartTime()), b.EndTime().Compare(a.EndTime()))
	})
	var b strings.Builder
	for _, s := range spans {
		indent := "  "
		if s.Parent().SpanID() == spans[0].Parent().SpanID() {
			indent = ""
		}
		fmt.Fprintf(&b, "%8.2f ms %8.2f ms  %-16s", s.StartTime().Sub(spans[0].StartTime()).Seconds()*1000, s.EndTime().Sub(s.StartTime()).Seconds()*1000, indent+s.Name())
		for _, a := range s.Attributes() {
			if a.Key != "db.query.text" && a.Key != "clickql.request.id" {
				fmt.Fprintf(&b, " %s=%s", a.Key, a.Value.String())
			}
		}
		for _, e := range s.Events() {
			fmt.Fprintf(&b, " [%s", e.Name)
			for _, a := range e.Attributes {
				fmt.Fprintf(&b, " %s=%s", a.Key, a.Value.String())
			}
			b.WriteString("]")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// ClickHouse's own log of queries can be joined with a request and its operation.
func TestStatementsAreSigned(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), "INSERT INTO pypi (date, project) SELECT toDate('2024-03-01'), 'alpha' FROM numbers(5)"); err != nil {
		t.Fatal(err)
	}
	signs := make(chan [2]string, 100)
	g := started(t, db.ReadOnlyDSN, func(c *Config) { c.Conn = signing{c.Conn, signs} })
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(`{"query": "query Signed { project(name: \"alpha\") { downloads { total } } }"}`))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Request-Id", "request-7")
	g.Handler().ServeHTTP(httptest.NewRecorder(), req)
	signed := 0
	for range len(signs) {
		s := <-signs
		if strings.HasPrefix(s[0], "request-7-") && s[1] == "clickql Signed" {
			signed++
		}
	}
	if signed == 0 {
		t.Error("no statement has the request's id and the operation's name")
	}
}

// signing asks ClickHouse, before each statement, what it would log it as.
type signing struct {
	Conn
	signs chan<- [2]string
}

func (s signing) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	rows, err := s.Conn.Query(ctx, "SELECT queryID(), getSetting('log_comment')")
	if err != nil {
		return nil, err
	}
	var is [2]string
	for rows.Next() {
		if err := rows.Scan(&is[0], &is[1]); err != nil {
			return nil, err
		}
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	select {
	case s.signs <- is:
	default: // the polling that goes on behind
	}
	return s.Conn.Query(ctx, query, args...)
}

// named are the metrics that a text asks for.
func named(text string) []string {
	names := regexp.MustCompile(`clickql_[a-z_]+`).FindAllString(text, -1)
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// The dashboard and the alerts ask for metrics that there are.
func TestWatchersKnowTheMetrics(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), "INSERT INTO pypi (date, project) VALUES ('2024-03-01', 'alpha')"); err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	g := started(t, db.ReadOnlyDSN, func(c *Config) { c.Registry = registry })
	get(t, g.Handler(), "/graphql?query=%7Bdownloads%7Btotal%7D%7D")
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, f := range families {
		there = append(there, f.GetName())
	}
	source, err := os.ReadFile("../../ingest/metrics.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`desc\("([a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
		there = append(there, "clickql_ingest_"+m[1])
	}
	for _, file := range []string{"../../deploy/grafana/clickql.json", "../../deploy/prometheus/alerts.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(text) {
			t.Errorf("%s is no JSON", file)
		}
		if len(named(string(text))) < 5 {
			t.Errorf("%s names only %v", file, named(string(text)))
		}
		for _, name := range named(string(text)) {
			if !slices.Contains(there, name) {
				t.Errorf("%s asks for %s, which is none", file, name)
			}
		}
	}
	// Every alert has its section in the runbook.
	alerts, _ := os.ReadFile("../../deploy/prometheus/alerts.yaml")
	runbook, err := os.ReadFile("../../docs/OPERATE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(string(alerts), -1) {
		if !strings.Contains(string(runbook), "\n### "+m[1]+"\n") || !strings.Contains(string(alerts), "docs/OPERATE.md#"+strings.ToLower(m[1])+"\n") {
			t.Errorf("%s has no section in the runbook", m[1])
		}
	}
}

// Traces go where OpenTelemetry's variables say.
func TestTracesAreSent(t *testing.T) {
	got := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.URL.Path + " " + string(body)
	}))
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=trial")
	tracing, err := telemetry.FromEnvironment(t.Context(), os.Getenv, "v1")
	if err != nil {
		t.Fatal(err)
	}
	_, answered := tracing.Request(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil))
	answered("/traced", http.StatusOK)
	if err := tracing.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := <-got
	for _, want := range []string{"/v1/traces ", "GET /traced", "clickql", "trial"} {
		if !strings.Contains(sent, want) {
			t.Errorf("%q is not in what was sent", want)
		}
	}
}
