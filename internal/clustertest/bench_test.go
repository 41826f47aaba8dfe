//go:build cluster || shards

package clustertest

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/web"
	"clickql/internal/chtest"
)

// BenchmarkLoad loads files into the cluster, and into one server by itself.
func BenchmarkLoad(b *testing.B) {
	const files, rows = 16, 50_000
	_, addresses := exports(b, chtest.New(b).Conn, files, rows)
	load := func(b *testing.B, cfg config.Config) {
		cfg.BatchFiles, cfg.Sources = 4, []export.Source{web.New(web.Config{})}
		sum, err := ingest.New(cfg).Run(b.Context(), ledger.Downloads, addresses...)
		if err != nil || sum.Files != files {
			b.Fatalf("%+v, %v", sum, err)
		}
		b.ReportMetric(sum.Rate(), "rows/s")
	}
	b.Run("one server", func(b *testing.B) {
		for range b.N {
			db := chtest.NewWithSchema(b)
			load(b, config.Config{Conn: db.Conn, Database: db.Name})
		}
	})
	b.Run("cluster", func(b *testing.B) {
		for range b.N {
			c := onCluster(b)
			load(b, config.Config{Conn: c.open(c.dsn.Host, ""), Database: c.database})
		}
	})
}

// BenchmarkAsk asks a gateway over the cluster, and tells what a question costs.
func BenchmarkAsk(b *testing.B) {
	c := onCluster(b)
	for range 2 {
		c.load(0, 200_000)
	}
	for host := range c.hosts {
		c.everyTable(host, "OPTIMIZE TABLE", " FINAL")
	}
	at := c.serve(c.dsn.Host, "connection_open_strategy=round_robin")
	before := c.counters(at)
	b.ResetTimer()
	for n := range b.N {
		a, err := ask(b.Context(), at, fmt.Sprintf("p%d", n%40), 1+n/40%31)
		if err != nil {
			b.Fatal(err)
		}
		if why := agrees(a); why != "" {
			b.Fatal(why)
		}
	}
	b.StopTimer()
	for name, unit := range map[string]string{"clickql_rows_read_total": "rows/op", "clickql_queries_total": "queries/op"} {
		b.ReportMetric((c.counters(at)[name]-before[name])/float64(b.N), unit)
	}
}

// counters reads a gateway's counters, by name, those of all labels together.
func (c *cluster) counters(at string) map[string]float64 {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, at+"/metrics", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	sums := map[string]float64{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if i := strings.LastIndexByte(lines.Text(), ' '); strings.Contains(name, "{") {
			name, value = name[:strings.IndexByte(name, '{')], lines.Text()[i+1:]
		}
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			sums[name] += n
		}
	}
	return sums
}
