package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

// TestNothingIsLeftBehind: clients that go away before their answer, before the
// end of their question, or that never read what they are sent, leave no
// goroutine behind, and neither do the queries asked for them.
func TestNothingIsLeftBehind(t *testing.T) {
	g, _ := sampled(t)
	question := func(n int) string {
		return "/graphql?query=" + url.QueryEscape(fmt.Sprintf(`{downloads(range:{last:%d}){total by(dimension:COUNTRY){total}}}`, n+1))
	}
	const clients = 40
	for n := range clients { // opens the connections to ClickHouse that stay
		ask(t, "GET", g.base+question(1000+n), "")
	}
	before := runtime.NumGoroutine()

	arrived := make(chan struct{}, 8*clients)
	g.conn.held.Store(&arrived)
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, clients)
	for n := range clients {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.base+question(n), nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			ended <- err
		}()
	}
	<-arrived // others wait for their turn
	leave()
	for range clients {
		if err := <-ended; err == nil {
			t.Error("an answer to a query that was held")
		}
	}
	g.conn.held.Store(nil)
	for n := range clients {
		talk(t, g.base, "GET "+question(n)+" HTTP/1.1\r\nHost: x\r\n\r\n")
		talk(t, g.base, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
	}
	settle(t, before)
}

// talk says something to the server and hangs up without listening.
func talk(t *testing.T, base, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// settle waits until there are no more goroutines than there were.
func settle(t *testing.T, before int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	bound := time.After(25 * time.Second) // before queries end by their own timeout
	for runtime.NumGoroutine() > before {
		select {
		case <-tick.C:
		case <-bound:
			var stacks strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks.String())
		}
	}
}
