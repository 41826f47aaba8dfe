package server

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/graph"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/engine"
	"clickql/internal/fetch"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// rows are 30 days of two projects: alpha with 40 downloads a day, of which
// three in four from Germany, beta with one a day.
const rows = `INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version)
SELECT toDate('2024-03-01') + number % 30, if(intDiv(number, 30) % 4 = 0, 'FR', 'DE'), 'alpha', 'bdist_wheel',
       if(number < 30, 'bandersnatch', 'pip'), '3.12', 'Linux', '1.0'
FROM numbers(1200)
UNION ALL
SELECT toDate('2024-03-01') + number, '', 'beta', 'sdist', 'pip', '', '', '0.1' FROM numbers(30)`

// counting counts the queries that go to ClickHouse.
type counting struct {
	*chconn.Conn
	queries atomic.Int64
	// held has queries wait until nobody does for them; each is told of.
	held atomic.Pointer[chan struct{}]
}

func (c *counting) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	c.queries.Add(1)
	if arrived := c.held.Load(); arrived != nil {
		select {
		case *arrived <- struct{}{}:
			<-ctx.Done()
		case <-ctx.Done():
		}
		return nil, ctx.Err()
	}
	return c.Conn.Query(ctx, query, args...)
}

// gateway is a server on a real ClickHouse.
type gateway struct {
	base    string
	conn    *counting // what answers are fetched through
	catalog *catalog.Catalog
	loader  *fetch.Loader
	graphql http.Handler
	log     *lockedBuffer
}

// serveDB serves a database read through the account for serving.
func serveDB(t testing.TB, dsn, database string) *gateway {
	t.Helper()
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: dsn, Database: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	g := &gateway{conn: &counting{Conn: conn}}
	g.catalog, err = catalog.Open(t.Context(), conn, catalog.Options{Database: database})
	if err != nil {
		t.Fatal(err)
	}
	g.loader = fetch.New(fetch.Config{Conn: g.conn, Catalog: g.catalog})
	g.graphql = graph.NewHandler(graph.HandlerConfig{Loader: g.loader, Changes: g.catalog, Origins: []string{"*"}})
	g.base, g.log = start(t, Config{
		Loader: g.loader, GraphQL: g.graphql,
		Checks: []Check{
			{Name: "clickhouse", Reason: "ClickHouse does not answer", Probe: conn.Ping},
			{Name: "catalog", Reason: "the database cannot be read", Probe: func(context.Context) error { return g.catalog.Ready() }},
		},
	})
	return g
}

// sampled is a gateway over rows.
func sampled(t testing.TB) (*gateway, *chtest.DB) {
	t.Helper()
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return serveDB(t, db.ReadOnlyDSN, db.Name), db
}

// total asks GraphQL for alpha's downloads; code is the error's, if any.
func (g *gateway) total(t *testing.T) (total int64, code string) {
	t.Helper()
	got := ask(t, "POST", g.base+"/graphql", `{"query":"{ downloads(projects: [\"alpha\"]) { total } }"}`, "Content-Type", "application/json")
	var body struct {
		Data struct {
			Downloads struct{ Total int64 }
		}
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatalf("%v: %s", err, got.body)
	}
	if len(body.Errors) > 0 {
		code = body.Errors[0].Extensions.Code
	}
	return body.Data.Downloads.Total, code
}

func TestGraphQLAnswers(t *testing.T) {
	g, _ := sampled(t)
	if total, code := g.total(t); total != 1200 || code != "" {
		t.Errorf("total %d, code %q", total, code)
	}
	if got := ask(t, "GET", g.base+"/graphql?query=%7Bdownloads%7Btotal%7D%7D", ""); !strings.Contains(got.body, `"total":1230`) {
		t.Errorf("by GET: %s", got.body)
	}
	if got := ask(t, "GET", g.base+"/readyz", ""); got.status != http.StatusOK {
		t.Errorf("%+v", got)
	}
}

// TestResponsesAreKept: the same request on the same data is answered from
// memory, and not at all to who has the answer; new data is seen at once.
func TestResponsesAreKept(t *testing.T) {
	g, db := sampled(t)
	path := g.base + "/graphql?query=%7Bdownloads%7Btotal%7D%7D"
	first := ask(t, "GET", path, "")
	tag := first.header.Get("ETag")
	if tag == "" || first.header.Get("Cache-Control") != "public, no-cache, stale-if-error=604800" {
		t.Fatalf("%+v", first)
	}
	asked := g.conn.queries.Load()
	if again := ask(t, "GET", path, ""); again.body != first.body || again.header.Get("ETag") != tag ||
		again.header.Get("Content-Type") != first.header.Get("Content-Type") {
		t.Errorf("again: %+v, first: %+v", again, first)
	}
	if same := ask(t, "GET", path, "", "If-None-Match", tag); same.status != http.StatusNotModified || same.body != "" {
		t.Errorf("with the tag: %+v", same)
	}
	if got := g.conn.queries.Load(); got != asked {
		t.Errorf("%d queries for answers that were known", got-asked)
	}
	if other := ask(t, "GET", path, "", "Accept", "application/graphql-response+json"); other.header.Get("Content-Type") == first.header.Get("Content-Type") {
		t.Errorf("another type was accepted, got %s", other.header.Get("Content-Type"))
	}
	if post := ask(t, "POST", g.base+"/graphql", `{"query":"{downloads{total}}"}`, "Content-Type", "application/json"); post.header.Get("ETag") != "" {
		t.Errorf("POST with a tag: %+v", post)
	}
	if metrics := ask(t, "GET", g.base+"/metrics", ""); !strings.Contains(metrics.body, `clickql_response_cache_total{outcome="hit"} 1`) ||
		!strings.Contains(metrics.body, `clickql_response_cache_total{outcome="not_modified"} 1`) {
		t.Error("the hits are not counted")
	}
	if err := db.Conn.Exec(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	if err := g.catalog.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if fresh := ask(t, "GET", path, "", "If-None-Match", tag); !strings.Contains(fresh.body, `"total":2460`) || fresh.header.Get("ETag") == tag {
		t.Errorf("after new data: %+v", fresh)
	}
}

// TestTagsOutliveTheCache: who has an answer on the present data is not sent it
// again, by a gateway either that never gave it; a wrong tag, or any tag at all,
// is no such proof.
func TestTagsOutliveTheCache(t *testing.T) {
	first, db := sampled(t)
	path := "/graphql?query=%7Bdownloads%7Btotal%7D%7D"
	given := ask(t, "GET", first.base+path, "")
	other := serveDB(t, db.ReadOnlyDSN, db.Name)
	got := ask(t, "GET", other.base+path, "", "If-None-Match", given.header.Get("ETag"))
	if got.status != http.StatusNotModified || got.header.Get("ETag") != given.header.Get("ETag") || got.header.Get("Content-Type") != "" {
		t.Errorf("%+v", got)
	}
	if n := other.conn.queries.Load(); n != 0 {
		t.Errorf("%d queries for an answer that is known", n)
	}
	if got := ask(t, "GET", other.base+path, "", "If-None-Match", `W/"x"`); got.status != http.StatusOK {
		t.Errorf("with another tag: %+v", got)
	}
	if got := ask(t, "GET", other.base+"/graphql?query=%7Bnothing%7D", "", "If-None-Match", "*"); got.status == http.StatusNotModified {
		t.Errorf("a question without an answer, with any tag: %+v", got)
	}
}

// TestErrorsAndExplanationsAreNotKept: what may pass, and what tells how an
// answer was come by, is worked out each time.
func TestErrorsAndExplanationsAreNotKept(t *testing.T) {
	g, _ := sampled(t)
	wrong := g.base + "/graphql?query=%7Bproject(name:%22alpha%22)%7Bdownloads(range:%7Blast:0%7D)%7Btotal%7D%7D%7D"
	if got := ask(t, "GET", wrong, ""); got.header.Get("ETag") != "" || got.header.Get("Cache-Control") != "no-store" || !strings.Contains(got.body, "BAD_USER_INPUT") {
		t.Errorf("%+v", got)
	}
	explain := `{"query":"{downloads{total}}","extensions":{"explain":true}}`
	for _, source := range []string{"clickhouse", "cache"} {
		if got := ask(t, "POST", g.base+"/graphql", explain, "Content-Type", "application/json"); !strings.Contains(got.body, `"source":"`+source+`"`) {
			t.Errorf("want source %s: %s", source, got.body)
		}
	}
}

func TestPicturesAreRevalidatedWithoutClickHouse(t *testing.T) {
	g, db := sampled(t)
	for _, path := range []string{"/chart/alpha.svg?by=country&last=all", "/badge/alpha.svg?period=total"} {
		first := ask(t, "GET", g.base+path, "")
		tag := first.header.Get("ETag")
		if first.status != http.StatusOK || tag == "" || !strings.Contains(first.header.Get("Cache-Control"), "public, max-age=") {
			t.Fatalf("%s: %d %v", path, first.status, first.header)
		}
		asked := g.conn.queries.Load()
		if again := ask(t, "GET", g.base+path, "", "If-None-Match", tag); again.status != http.StatusNotModified || again.body != "" || again.header.Get("ETag") != tag {
			t.Errorf("%s: again: %+v", path, again)
		}
		if other := ask(t, "GET", g.base+path, ""); other.body != first.body {
			t.Errorf("%s: another client sees another picture", path)
		}
		if n := g.conn.queries.Load() - asked; n != 0 {
			t.Errorf("%s: %d queries for what is known", path, n)
		}
		if err := db.Conn.Exec(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		if err := g.catalog.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if newer := ask(t, "GET", g.base+path, "", "If-None-Match", tag); newer.status != http.StatusOK || newer.body == first.body {
			t.Errorf("%s: more data, and still %d %v", path, newer.status, newer.header)
		}
	}
}

func TestBadgesCount(t *testing.T) {
	g, _ := sampled(t)
	for query, want := range map[string]string{
		"period=day": "40", "period=week": "280", "period=month": "1.2k", "period=total": "1.2k",
		"period=day&country=FR": "10", "period=total&mirrors=false&country=DE": "900", "period=total&country=de": "900",
	} {
		got := ask(t, "GET", g.base+"/badge/Alpha.svg?"+query, "")
		if got.status != http.StatusOK || !strings.Contains(got.body, ">"+want+"<") {
			t.Errorf("%s: want %s in %d %s", query, want, got.status, got.body)
		}
	}
}

func TestChartsSplitInFewQueries(t *testing.T) {
	g, _ := sampled(t)
	got := ask(t, "GET", g.base+"/chart/alpha.svg?by=country&first=1&interval=day&last=all", "")
	for _, want := range []string{"alpha", "Germany", "Other"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("%q is not in the chart: %d %s", want, got.status, got.body)
		}
	}
	if n := g.conn.queries.Load(); n > 3 {
		t.Errorf("%d queries for one chart", n)
	}
}

func TestPicturesOfNothing(t *testing.T) {
	g, _ := sampled(t)
	for path, want := range map[string]string{
		"/badge/no-such-project.svg":                     "unknown project",
		"/chart/no-such-project.svg":                     "Unknown project",
		"/chart/alpha.svg?from=2031-01-01&to=2031-02-01": "alpha",
	} {
		got := ask(t, "GET", g.base+path, "")
		if got.status != http.StatusOK || !strings.Contains(got.body, want) || got.header.Get("Content-Type") != "image/svg+xml; charset=utf-8" {
			t.Errorf("%s: %d %v %s", path, got.status, got.header, got.body)
		}
	}
	if got := ask(t, "GET", g.base+"/chart/no-such-project.svg", ""); got.header.Get("Cache-Control") != keepUnknown {
		t.Errorf("an unknown project is kept: %v", got.header)
	}
	wrong := ask(t, "GET", g.base+"/chart/alpha.svg?interval=hour", "")
	if wrong.status != http.StatusBadRequest || !strings.Contains(wrong.body, "hour") || wrong.header.Get("Cache-Control") != keepUnknown {
		t.Errorf("wrong parameter: %d %v %s", wrong.status, wrong.header, wrong.body)
	}
}

func TestPicturesAreSafe(t *testing.T) {
	g, _ := sampled(t)
	evil := "%3Cscript%3Ealert(1)%3C%2Fscript%3E"
	for _, path := range []string{"/chart/" + evil + ".svg", "/badge/alpha.svg?label=" + evil, "/chart/alpha.svg?by=" + evil} {
		got := ask(t, "GET", g.base+path, "")
		if strings.Contains(got.body, "<script") {
			t.Errorf("%s: a script got in", path)
		}
		if got.header.Get("Content-Security-Policy") != picturePolicy || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
}

func TestClickHouseAway(t *testing.T) {
	e, err := engine.Open(t.Context(), engine.Config{Dir: t.TempDir(), Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	admin, err := chconn.Open(t.Context(), chconn.Config{DSN: e.DSN()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if _, err := ddl.Apply(t.Context(), admin, ddl.Options{Database: engine.Database}); err != nil {
		t.Fatal(err)
	}
	if err := admin.Exec(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	g := serveDB(t, e.ReadOnlyDSN(), engine.Database)
	seen := ask(t, "GET", g.base+"/badge/alpha.svg", "")
	if seen.status != http.StatusOK {
		t.Fatalf("%+v", seen)
	}

	if err := syscall.Kill(e.Info().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-e.Done()
	if err := g.catalog.Refresh(t.Context()); err == nil {
		t.Fatal("the catalog reads a database that is gone")
	}
	if got := ask(t, "GET", g.base+"/readyz", ""); got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "127.0.0.1") {
		t.Errorf("readyz: %+v", got)
	}
	if got := ask(t, "GET", g.base+"/healthz", ""); got.status != http.StatusOK {
		t.Errorf("healthz: %+v", got)
	}
	if _, code := g.total(t); code != "UNAVAILABLE" {
		t.Errorf("code %q", code)
	}
	if got := ask(t, "GET", g.base+"/badge/alpha.svg", ""); got.body != seen.body {
		t.Errorf("the badge last known is gone: %+v", got)
	}
	for _, path := range []string{"/badge/beta.svg", "/chart/beta.svg"} {
		got := ask(t, "GET", g.base+path, "")
		if got.status != http.StatusServiceUnavailable || got.header.Get("Cache-Control") != "no-store" || !strings.Contains(strings.ToLower(got.body), "unavailable") {
			t.Errorf("%s: %d %v %s", path, got.status, got.header, got.body)
		}
	}
}
