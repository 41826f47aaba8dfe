package gateway

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chtest"
)

// A table that is exchanged for a wrong one under load, and back, twice: no answer has
// a number of it, and none fails. The catalog does not look by itself: what keeps
// answers right is not how often that happens.
func TestTablesExchangedUnderLoad(t *testing.T) {
	const table, clients, each = "pypi_downloads_per_day", 4, 20
	db := chtest.NewWithSchema(t)
	exec := func(query string) {
		t.Helper()
		if err := db.Conn.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO pypi (date, project) SELECT toDate('2024-03-01') + number % 10, 'alpha' FROM numbers(1000)")
	exec("CREATE TABLE wrong AS " + table)
	exec("INSERT INTO wrong (date, project, count) SELECT date, project, count * 2 FROM " + table)
	g := started(t, db.ReadOnlyDSN, func(c *Config) {
		c.CacheBytes, c.Catalog = -1, catalog.Options{PollEvery: time.Hour, Settle: time.Hour}
	})
	questions := map[string]string{
		`/graphql?query=%7Bdownloads(range:%7Bfrom:"2024-03-01",to:"2024-03-09"%7D)%7Btotal%7D%7D`:                            `"total":900`,
		`/graphql?query=%7Bproject(name:"alpha")%7Bdownloads(range:%7Bfrom:"2024-03-02",to:"2024-03-09"%7D)%7Btotal%7D%7D%7D`: `"total":800`,
		"/chart/alpha.csv?from=2024-03-01&to=2024-03-02":                                                                      `2024-03-02,alpha,,,true,100`,
		"/api/packages/alpha/overall?mirrors=true":                                                                            `"downloads":100,"date":"2024-03-02"`,
	}
	var wanted atomic.Int64 // answers that the clients still have to get
	news, finish := make(chan struct{}, 1), make(chan struct{})
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for {
				for path, want := range questions {
					if got := get(t, g.Handler(), path); got.Code != http.StatusOK || !strings.Contains(strings.ReplaceAll(got.Body.String(), " ", ""), want) {
						t.Errorf("%s: %d %s, want %s", path, got.Code, got.Body, want)
					}
				}
				if wanted.Add(-1) == 0 {
					news <- struct{}{}
				}
				select {
				case <-finish:
					return
				default:
				}
			}
		})
	}
	for _, step := range []string{"SELECT 1", "EXCHANGE TABLES wrong AND " + table, "EXCHANGE TABLES wrong AND " + table, "EXCHANGE TABLES wrong AND " + table, "EXCHANGE TABLES wrong AND " + table} {
		exec(step)
		wanted.Store(clients * each)
		<-news
	}
	close(finish)
	all.Wait()
}
