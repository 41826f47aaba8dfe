package server

import (
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestNothingStaleBehindNewData: while clients ask without end, data comes in.
// Once the catalog has seen it, no request that begins later is answered from
// the data before: not from kept answers or responses, nor by
// what was under way meanwhile and was kept late.
func TestNothingStaleBehindNewData(t *testing.T) {
	g, db := sampled(t)
	questions := []string{
		`{downloads{total}}`,
		`{downloads(projects:["alpha"]){total}}`,
		`{project(name:"alpha"){downloads{total series(interval:MONTH){totals} by(dimension:COUNTRY){total}}}}`,
		`{project(name:"alpha"){downloads(range:{last:300}){total series{totals} by(dimension:SYSTEM){total}}}}`,
		`{topProjects{nodes{total}}}`,
	}
	ended := make(chan error, 1)
	go func() { ended <- g.catalog.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	paths := make([]string, len(questions))
	before := make([]string, len(questions))
	for i, q := range questions {
		paths[i] = g.base + "/graphql?query=" + url.QueryEscape(q)
		before[i] = ask(t, "GET", paths[i], "").body
	}
	version := g.catalog.Snapshot().Version
	var clients sync.WaitGroup
	var rounds atomic.Int64
	began := make(chan struct{})
	for range 4 {
		clients.Go(func() {
			for after := 0; after < 20; {
				late := g.catalog.Snapshot().Version != version
				for i, path := range paths {
					got := ask(t, "GET", path, "")
					if late && got.body == before[i] {
						t.Errorf("%s: the answer on the data before, though newer was seen: %s", questions[i], got.body)
					}
				}
				if late {
					after++
				}
				if rounds.Add(1) == 8 {
					close(began)
				}
			}
		})
	}
	<-began
	if err := db.Conn.Exec(t.Context(), strings.ReplaceAll(rows, "2024-03-01", "2024-04-10")); err != nil {
		t.Fatal(err)
	}
	clients.Wait()
}
