package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
	"clickql/internal/fetch"
)

// countingConn counts the queries that go to ClickHouse.
type countingConn struct {
	*chconn.Conn
	queries atomic.Int64
}

func (c *countingConn) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	c.queries.Add(1)
	return c.Conn.Query(ctx, query, args...)
}

// costOf is the answer's extensions.cost.
func costOf(t *testing.T, r response) (rows, queries int64) {
	t.Helper()
	cost, ok := r.Extensions["cost"].(map[string]any)
	if !ok {
		t.Fatalf("no cost: %s", r.body)
	}
	rows, _ = cost["rows"].(json.Number).Int64()
	queries, _ = cost["queries"].(json.Number).Int64()
	return rows, queries
}

// A dry run asks nothing and tells what the same operation then costs.
func TestDryRunTellsTheCost(t *testing.T) {
	d := newData(t)
	dry := map[string]any{"dryRun": true}
	for _, document := range []string{
		`{ project(name: "numpy") { downloads { total } } }`,
		`{ project(name: "numpy") { downloads { total series(interval: MONTH) { totals } by(dimension: COUNTRY) { value total } } } }`,
		`{ a: project(name: "numpy") { downloads { total } } b: project(name: "pandas") { downloads { by(dimension: PYTHON) { total } } } }`,
		`{ downloads { by(dimension: SYSTEM, first: 2) { value downloads { by(dimension: PYTHON, first: 2) { total } } } } }`,
		`{ topProjects(first: 3) { nodes { project { downloads { by(dimension: COUNTRY, first: 2) { total } } } } } }`,
		`{ dataset { lastDay } }`,
		`{ project(name: "numpy") { downloads { dropping(support: MAJOR) { total } } } }`,
		`{ project(name: "numpy") { downloads { dropping(support: MAJOR, interval: MONTH) { shares movedBy { change } } } } }`,
		`{ project(name: "numpy") { downloads { dropping(support: PYTHON, interval: MONTH) { shares } } } }`,
		`{ portfolio(projects: ["numpy", "pandas"]) { downloads { dropping(support: MAJOR, interval: MONTH) { shares } } } }`,
		`{ project(name: "numpy") { releaseImpact { peak stragglers { total } } } }`,
		`{ project(name: "numpy") { floor { estimate } } }`,
		`{ project(name: "numpy") { downloads { series(interval: DAY) { totals spikes { date } } } } }`,
	} {
		asked := &countingConn{Conn: d.conn}
		h := NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: asked, Catalog: d.catalog})})
		priced := post(t, h, document, nil, dry)
		if n := asked.queries.Load(); n != 0 || len(priced.Errors) > 0 || len(priced.Data) > 0 {
			t.Errorf("%s: a dry run asked %d queries: %s", document, n, priced.body)
		}
		ran := post(t, h, document, nil, nil)
		rows, queries := costOf(t, priced)
		gotRows, gotQueries := costOf(t, ran)
		if rows < gotRows || rows > 2*gotRows || queries != gotQueries {
			t.Errorf("%s: priced %d rows in %d queries, ran %d in %d", document, rows, queries, gotRows, gotQueries)
		}
		if n := asked.queries.Load(); n != gotQueries {
			t.Errorf("%s: %d queries ran, the cost says %d", document, n, gotQueries)
		}
		if againRows, again := costOf(t, post(t, h, document, nil, nil)); again != gotQueries || againRows != gotRows {
			t.Errorf("%s: answered from memory it costs %d rows in %d queries, before %d in %d", document, againRows, again, gotRows, gotQueries)
		}
	}
}

// An operation that would have too much read is refused part by part: what is
// within the limit is answered.
func TestOperationsHaveABudget(t *testing.T) {
	d := newData(t)
	h := NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: d.conn, Catalog: d.catalog, MaxOperationRows: 5})})
	got := post(t, h, `{ known: project(name: "numpy") { name } project(name: "numpy") { downloads { total } } }`, nil, nil)
	if len(got.Errors) != 1 || got.Errors[0].code() != "COST_LIMIT" || !strings.Contains(got.body, `"name":"numpy"`) || fmt.Sprint(got.Errors[0].Extensions["limit"]) != "5" {
		t.Errorf("%s", got.body)
	}
}

// Every statement has a price, those that are not about slices too, and what is too
// dear is refused before it is asked; its price is told.
func TestEveryStatementHasAPrice(t *testing.T) {
	d := newData(t)
	asked := &countingConn{Conn: d.conn}
	h := NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: asked, Catalog: d.catalog, MaxOperationRows: 1})})
	for _, document := range []string{
		`{ portfolio(author: "jane doe") { projectCount } }`,
		`{ portfolio(maintainer: "jane doe") { projectCount } }`,
		`{ recentReleases(first: 3) { nodes { version } } }`,
		`{ staleProjects(months: 1) { total } }`,
		`{ hotProjects(months: 3, minDownloads: 1) { growth } }`,
		`{ emergingProjects(months: 3) { total } }`,
		`{ project(name: "numpy") { dependents { total } } }`,
		`{ project(name: "numpy") { dependencies { total } } }`,
		`{ project(name: "numpy") { summary } }`,
		`{ project(name: "numpy") { releases { nodes { version } } } }`,
		`{ project(name: "numpy") { downloads { by(dimension: COUNTRY) { total } } } }`,
	} {
		got := post(t, h, document, nil, nil)
		if len(got.Errors) == 0 || got.Errors[0].code() != "COST_LIMIT" {
			t.Errorf("%s: %.300s", document, got.body)
			continue
		}
		if rows, queries := costOf(t, got); rows < 2 || queries < 1 {
			t.Errorf("%s: the price of what was refused is %d rows, %d queries", document, rows, queries)
		}
	}
	if n := asked.queries.Load(); n != 0 {
		t.Errorf("%d queries were asked", n)
	}
}
