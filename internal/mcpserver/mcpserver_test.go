package mcpserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"clickql/internal/access"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/gateway"
	"clickql/internal/mcpserver"
	"clickql/internal/oracle"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// served is a gateway over the oracle's downloads: 200 days from 2024-01-01 on.
func served(t *testing.T, change func(*gateway.Config)) (*httptest.Server, *chtest.DB) {
	t.Helper()
	db := chtest.NewWithSchema(t)
	for _, statement := range []string{
		oracle.Downloads("2024-01-01", 200, 20_000, ""),
		`INSERT INTO projects (name, version, summary, license, upload_time, filename) VALUES
		('numpy', '1.0', 'Arrays', 'BSD', '2024-02-01 00:00:00', 'numpy-1.0.tar.gz'), ('numpy', '2.0', 'Fast arrays', 'BSD', '2024-03-01 00:00:00', 'numpy-2.0.tar.gz')`,
	} {
		if err := db.Conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	source, err := gateway.OpenServer(t.Context(), chconn.Config{DSN: db.ReadOnlyDSN})
	if err != nil {
		t.Fatal(err)
	}
	cfg := gateway.Config{Conn: source, Database: source.Database()}
	if change != nil {
		change(&cfg)
	}
	g := gateway.New(cfg)
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
		_ = source.Close()
	})
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(g.Handler())
	t.Cleanup(ts.Close)
	return ts, db
}

// connect is a session of the SDK's client over streamable HTTP.
func connect(t *testing.T, base string) *mcp.ClientSession {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: base + "/mcp"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

// call calls a tool; its text is what a model reads.
func call(t *testing.T, session *mcp.ClientSession, tool string, arguments map[string]any) (*mcp.CallToolResult, string) {
	t.Helper()
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	var text []string
	for _, c := range res.Content {
		if c, ok := c.(*mcp.TextContent); ok {
			text = append(text, c.Text)
		}
	}
	return res, strings.Join(text, "\n")
}

// at is a place in JSON: project.releases.nodes.0.version. Lists and objects are
// written as JSON.
func at(t *testing.T, text, path string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %.300s", err, text)
	}
	for key := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(in) {
				t.Fatalf("%s is not in %.500s", path, text)
			}
			v = in[i]
		default:
			t.Fatalf("%s is not in %.500s", path, text)
		}
	}
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// last30 is the 30 days that ranges by last end with.
const last30 = "date > (SELECT max(date) FROM pypi) - 30"

// questions are twenty that people ask, each with the tool that a model would call,
// where the answer stands, and the SQL that tells the same.
var questions = []struct {
	asks, tool string
	arguments  string
	path, sql  string
}{
	{"which project is numpy", "search_projects", `{"text": "NumPy"}`, "search.nodes.0.name", "SELECT 'numpy'"},
	{"how often was the project found lately", "search_projects", `{"text": "pand", "first": 1}`, "search.nodes.0.last30Days.total",
		"SELECT toString(count()) FROM pypi WHERE project = 'pandas' AND " + last30},
	{"downloads of numpy ever", "project_summary", `{"name": "numpy"}`, "project.allTime.total", "SELECT toString(count()) FROM pypi WHERE project = 'numpy'"},
	{"downloads of numpy lately", "project_summary", `{"name": "NumPy"}`, "project.last30Days.total", "SELECT toString(count()) FROM pypi WHERE project = 'numpy' AND " + last30},
	{"of people", "project_summary", `{"name": "numpy"}`, "project.last30DaysOfPeople.total",
		"SELECT toString(count()) FROM pypi WHERE project = 'numpy' AND ci != 'true' AND installer NOT IN ('bandersnatch', 'Artifactory', 'devpi', 'z3c.pypimirror') AND " + last30},
	{"its rank", "project_summary", `{"name": "pandas"}`, "project.rank.position",
		"SELECT toString(p) FROM (SELECT project, row_number() OVER (ORDER BY count() DESC, project) AS p FROM pypi WHERE " + last30 + " GROUP BY project) WHERE project = 'pandas'"},
	{"its most used version", "project_summary", `{"name": "flask"}`, "project.last30Days.versions.0.label",
		"SELECT version FROM pypi WHERE project = 'flask' AND " + last30 + " GROUP BY version ORDER BY count() DESC, version LIMIT 1"},
	{"downloads in its first country", "project_summary", `{"name": "flask"}`, "project.last30Days.countries.0.total",
		"SELECT toString(count()) FROM pypi WHERE project = 'flask' AND " + last30 + " GROUP BY country_code ORDER BY count() DESC, country_code LIMIT 1"},
	{"its newest release", "project_summary", `{"name": "numpy"}`, "project.latestVersion", "SELECT '2.0'"},
	{"the newest month", "project_summary", `{"name": "numpy"}`, "project.last12Months.series.totals.12",
		"SELECT toString(count()) FROM pypi WHERE project = 'numpy' AND toStartOfMonth(date) = (SELECT toStartOfMonth(max(date)) FROM pypi)"},
	{"all downloads", "graphql", `{"query": "{ downloads { total } }"}`, "data.downloads.total", "SELECT toString(count()) FROM pypi"},
	{"the most downloaded project", "graphql", `{"query": "{ topProjects(first: 1) { nodes { project { name } total } } }"}`, "data.topProjects.nodes.0.project.name",
		"SELECT project FROM pypi GROUP BY project ORDER BY count() DESC, project LIMIT 1"},
	{"in Germany with Python 3.12", "graphql", `{"query": "query($f: DownloadsFilter) { downloads(filter: $f) { total } }", "variables": {"f": {"country": {"eq": "DE"}, "python": {"eq": "3.12"}}}}`,
		"data.downloads.total", "SELECT toString(count()) FROM pypi WHERE country_code = 'DE' AND python_minor = '3.12'"},
	{"week by week", "graphql", `{"query": "{ downloads(range: {from: \"2024-02-05\", to: \"2024-03-03\"}) { series(interval: WEEK) { totals } } }"}`, "data.downloads.series.totals",
		"SELECT concat('[', arrayStringConcat(groupArray(toString(n)), ','), ']') FROM (SELECT count() AS n FROM pypi WHERE date BETWEEN '2024-02-05' AND '2024-03-03' GROUP BY toMonday(date) AS w ORDER BY w)"},
	{"sdists of pandas in March", "graphql", `{"query": "{ project(name: \"pandas\") { downloads(range: {from: \"2024-03-01\", to: \"2024-03-31\"}, filter: {fileType: {eq: \"sdist\"}}) { total } } }"}`,
		"data.project.downloads.total", "SELECT toString(count()) FROM pypi WHERE project = 'pandas' AND type = 'sdist' AND date BETWEEN '2024-03-01' AND '2024-03-31'"},
	{"without mirrors", "graphql", `{"query": "{ downloads(filter: {mirrors: false}) { total } }"}`, "data.downloads.total",
		"SELECT toString(count()) FROM pypi WHERE installer NOT IN ('bandersnatch', 'Artifactory', 'devpi', 'z3c.pypimirror')"},
	{"C libraries", "graphql", `{"query": "{ downloads { by(dimension: LIBC, first: 1) { value } } }"}`, "data.downloads.by.0.value",
		"SELECT trimBoth(concat(libc.lib, ' ', libc.version)) AS l FROM pypi GROUP BY l ORDER BY count() DESC, l LIMIT 1"},
	{"several projects at once", "graphql", `{"query": "{ a: downloads(projects: [\"numpy\", \"pandas\"]) { total } b: downloads(projects: [\"flask\"]) { total } }"}`, "data.a.total",
		"SELECT toString(count()) FROM pypi WHERE project IN ('numpy', 'pandas')"},
	{"how many projects there are", "graphql", `{"query": "{ dataset { projectCount lastDay } }"}`, "data.dataset.projectCount", "SELECT toString(uniqExact(project)) FROM pypi"},
	{"versions of a range", "graphql", `{"query": "{ project(name: \"numpy\") { downloads(filter: {version: {specifier: \">=1.1,<2\"}}) { total } } }"}`, "data.project.downloads.total",
		"SELECT toString(count()) FROM pypi WHERE project = 'numpy' AND version IN ('1.1', '1.10')"},
}

// TestTwentyQuestions: a tool's answer is that of the raw table.
func TestTwentyQuestions(t *testing.T) {
	ts, db := served(t, nil)
	session := connect(t, ts.URL)
	for _, q := range questions {
		var arguments map[string]any
		if err := json.Unmarshal([]byte(q.arguments), &arguments); err != nil {
			t.Fatal(err)
		}
		res, text := call(t, session, q.tool, arguments)
		if res.IsError {
			t.Errorf("%s: %s", q.asks, text)
			continue
		}
		var want string
		if err := db.Conn.QueryRow(t.Context(), q.sql).Scan(&want); err != nil {
			t.Fatalf("%s: %v", q.asks, err)
		}
		if got := at(t, text, q.path); got != want {
			t.Errorf("%s: %s, the raw table says %s", q.asks, got, want)
		}
	}
}

// TestTools: each says what it gives, in what unit, with an example that works.
func TestTools(t *testing.T) {
	ts, _ := served(t, nil)
	session := connect(t, ts.URL)
	list, err := session.ListTools(t.Context(), nil)
	if err != nil || len(list.Tools) != 5 {
		t.Fatalf("%d tools, %v", len(list.Tools), err)
	}
	for _, tool := range list.Tools {
		_, example, found := strings.Cut(tool.Description, "Example: ")
		var arguments map[string]any
		if err := json.NewDecoder(strings.NewReader(example)).Decode(&arguments); err != nil || !found || !strings.Contains(strings.ToLower(tool.Description), "units") {
			t.Errorf("%s: %v in %q", tool.Name, err, tool.Description)
		}
		if !tool.Annotations.ReadOnlyHint {
			t.Errorf("%s is not told to be harmless", tool.Name)
		}
		if res, text := call(t, session, tool.Name, arguments); res.IsError {
			t.Errorf("the example of %s: %s", tool.Name, text)
		}
	}
}

// TestRefusals: what is wrong is told to the model, with its code.
func TestRefusals(t *testing.T) {
	ts, _ := served(t, nil)
	session := connect(t, ts.URL)
	large := "{"
	for i := range 12 {
		large += fmt.Sprintf(" a%d: topProjects(first: 1000) { nodes { project { downloads { series { points { date total } } } } } }", i)
	}
	large += " }"
	for _, c := range []struct {
		tool      string
		arguments map[string]any
		want      string
	}{
		{"project_summary", map[string]any{"name": "no-such"}, "NOT_FOUND"},
		{"search_projects", map[string]any{"text": "numpy", "first": 1000}, "BAD_USER_INPUT"},
		{"graphql", map[string]any{"query": "{ downloads { total"}, "GRAPHQL_PARSE_FAILED"},
		{"graphql", map[string]any{"query": "{ downloads(range: {last: 0}) { total } }"}, "BAD_USER_INPUT"},
		{"graphql", map[string]any{"query": "{ downloads(filter: {libc: {eq: \"musl 1.2.4\"}}) { total } }", "maxRows": 1}, "COST_LIMIT"},
		{"graphql", map[string]any{"query": large}, "RESPONSE_TOO_LARGE"},
		{"schema", map[string]any{"topic": "Nonsense"}, "NOT_FOUND"},
		{"chart", map[string]any{"projects": []string{"no-such"}}, "NOT_FOUND"},
		{"chart", map[string]any{"projects": []string{"numpy"}, "parameters": map[string]any{"shape": "cake"}}, "shape"},
	} {
		if res, text := call(t, session, c.tool, c.arguments); !res.IsError && c.want != "BAD_USER_INPUT" || !strings.Contains(text, c.want) {
			t.Errorf("%s %v: %v %q, want %s", c.tool, c.arguments, res.IsError, text, c.want)
		}
	}
}

// TestDryRun: nothing runs, and the cost is told.
func TestDryRun(t *testing.T) {
	ts, _ := served(t, nil)
	session := connect(t, ts.URL)
	_, text := call(t, session, "graphql", map[string]any{"query": "{ downloads(range: {last: 7}) { by(dimension: CI) { total } } }", "dryRun": true})
	if rows := at(t, text, "extensions.cost.rows"); rows == "0" || rows == "null" || at(t, text, "data") != "{}" {
		t.Errorf("%s", text)
	}
}

// TestChart: a picture that can be read, and where its numbers are.
func TestChart(t *testing.T) {
	ts, _ := served(t, nil)
	session := connect(t, ts.URL)
	res, text := call(t, session, "chart", map[string]any{"projects": []string{"numpy", "pandas"}, "parameters": map[string]any{"last": "60d", "human": "true"}})
	if len(res.Content) != 2 {
		t.Fatalf("%+v", res)
	}
	picture, ok := res.Content[0].(*mcp.ImageContent)
	if !ok || picture.MIMEType != "image/png" {
		t.Fatalf("%+v", res.Content[0])
	}
	if img, err := png.Decode(bytes.NewReader(picture.Data)); err != nil || img.Bounds().Dx() < 300 {
		t.Errorf("%v", err)
	}
	_, address, _ := strings.Cut(text, "numbers: ")
	resp, err := http.Get(ts.URL + address) //nolint:noctx // a test's own server
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %v, %v", address, resp, err)
		return
	}
	_ = resp.Body.Close()
}

// TestSchemaByTopic: a topic comes with what is needed to ask about it.
func TestSchemaByTopic(t *testing.T) {
	ts, _ := served(t, nil)
	session := connect(t, ts.URL)
	for topic, wants := range map[string][]string{
		"":            {"topProjects", "Downloads", "DownloadsFilter"},
		"topProjects": {"first: Int! = 10", "input DateRange", "input DownloadsFilter", "input ValueFilter", "type ProjectRankingConnection"},
		"downloads":   {"type Downloads", "enum Interval"},
		"Series":      {"type Series", "movingAverage"},
	} {
		_, text := call(t, session, "schema", map[string]any{"topic": topic})
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%q lacks %q: %.400s", topic, want, text)
			}
		}
	}
}

// post sends one message as it is.
func post(t *testing.T, address, body string, header ...string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestLimitsHold: a message is one request of its client, whatever its tool asks, and
// what that reads counts against the client's rows.
func TestLimitsHold(t *testing.T) {
	const twice = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"graphql","arguments":{"query":"{ downloads(range: {last: 9}) { by(dimension: CI) { total } } }","maxRows":1000000}}}`
	ts, _ := served(t, func(c *gateway.Config) {
		c.Gate = access.NewGate(access.Config{Anonymous: access.Limits{Requests: access.Rate{N: 2, Per: time.Hour}}})
	})
	for range 2 {
		if status, text := post(t, ts.URL+"/mcp", twice); status != http.StatusOK || !strings.Contains(text, `\"total\":`) {
			t.Errorf("%d %s", status, text)
		}
	}
	if status, text := post(t, ts.URL+"/mcp", twice); status != http.StatusTooManyRequests || !strings.Contains(text, "RATE_LIMITED") {
		t.Errorf("beyond the rate: %d %s", status, text)
	}
	rows, _ := served(t, func(c *gateway.Config) {
		c.Gate = access.NewGate(access.Config{Anonymous: access.Limits{Rows: access.Rate{N: 1, Per: time.Hour}}})
	})
	if status, text := post(t, rows.URL+"/mcp", twice); status != http.StatusOK || !strings.Contains(text, "RATE_LIMITED") || !strings.Contains(text, `"isError":true`) {
		t.Errorf("beyond the rows: %d %s", status, text)
	}
}

type whoKey struct{}

// TestAsksAsItsCaller: the gateway sees who asks: by the context that it gave the
// request, and by the address.
func TestAsksAsItsCaller(t *testing.T) {
	seen := make(chan *http.Request, 1)
	s := mcpserver.New(mcpserver.Config{Allows: func(origin string) bool { return origin == "https://ours.example" }, Gateway: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"errors":[{"message":"too many rows","extensions":{"code":"RATE_LIMITED"}}]}`))
	})})
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Handler().ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whoKey{}, "somebody")))
	}))
	t.Cleanup(ts.Close)
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"graphql","arguments":{"query":"{a}"}}}`
	status, text := post(t, ts.URL, body, "Origin", "https://ours.example")
	if status != http.StatusOK || !strings.Contains(text, "RATE_LIMITED: too many rows") || !strings.Contains(text, "7 seconds") {
		t.Errorf("%d %s", status, text)
	}
	if got := <-seen; got.Context().Value(whoKey{}) != "somebody" || !strings.HasPrefix(got.RemoteAddr, "127.0.0.1:") || got.RemoteAddr == "127.0.0.1:0" {
		t.Errorf("asked by %s, %v", got.RemoteAddr, got.Context().Value(whoKey{}))
	}
	if status, _ := post(t, ts.URL, body, "Origin", "https://other.example"); status != http.StatusForbidden {
		t.Errorf("a foreign page is answered %d", status)
	}
	if status, text := post(t, ts.URL, " \n["+body+"]"); status != http.StatusBadRequest || !strings.Contains(text, "batch") {
		t.Errorf("a batch is answered %d %s", status, text)
	}
}

// TestStandardStreams: the same tools over standard input and output, until the
// input ends.
func TestStandardStreams(t *testing.T) {
	ts, _ := served(t, nil)
	proxy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ts.Config.Handler.ServeHTTP(w, r) })
	s := mcpserver.New(mcpserver.Config{Gateway: proxy})
	in := strings.Join([]string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"graphql","arguments":{"query":"{ dataset { projectCount } }"}}}`,
	}, "\n") + "\n"
	reader, writer := newPipe()
	var out safeBuffer
	out.until(`"id":2`, func() { _ = writer.Close() })
	done := make(chan error, 1)
	go func() { done <- s.Run(context.WithoutCancel(t.Context()), reader, &out) }()
	if _, err := fmt.Fprint(writer, in); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if text := out.String(); !strings.Contains(text, `\"projectCount\":`) {
		t.Errorf("%s", text)
	}
}
