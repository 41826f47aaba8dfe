package server

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serveAt serves over a listener of its own, as Serve does.
func serveAt(t *testing.T, cfg Config) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	cfg.Drain = time.Minute // what the test leaves open it has closed by then; until the server has seen that takes a moment
	go func() { served <- New(cfg).Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String()
}

// idle opens connections over which nobody says anything; the last is known to have
// been accepted once it is asked over the one after it.
func idle(t *testing.T, address string, n int) {
	t.Helper()
	for range n {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
}

// over asks for a path over a connection of its own.
func over(t *testing.T, address, path string) (status int, header http.Header, body string) {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Minute)) // none takes it: who waits for ever is told where
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

// However many connections one client holds, or all of them, the gateway can be
// watched; everything else is refused with a reason.
func TestAFullGatewayCanBeWatched(t *testing.T) {
	for name, cfg := range map[string]Config{
		"one client":  {ClientConnections: 100},
		"all clients": {Connections: 100},
	} {
		cfg.GraphQL = http.NotFoundHandler()
		address := serveAt(t, cfg)
		if status, _, _ := over(t, address, "/schema.graphql"); status != http.StatusOK {
			t.Fatalf("%s: before: %d", name, status)
		}
		idle(t, address, 2600)
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			if status, _, _ := over(t, address, path); status != http.StatusOK {
				t.Errorf("%s: %s: %d", name, path, status)
			}
		}
		if status, header, body := over(t, address, "/schema.graphql"); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || !strings.Contains(body, "OVERLOADED") {
			t.Errorf("%s: the rest: %d %v %s", name, status, header, body)
		}
	}
}

// Connections that have ended leave their places.
func TestConnectionsLeaveTheirPlaces(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := newDoors(ln, 2, 2)
	defer func() { _ = d.Close() }()
	for round := range 3 {
		var taken []net.Conn
		for i := range 2 + 2*spareConns {
			client, server := net.Pipe()
			defer func() { _ = client.Close() }()
			conn, oldest := d.take(server)
			if _, spare := conn.(*spareConn); spare != (i >= 2) {
				t.Errorf("round %d: connection %d is spare: %v", round, i, spare)
			}
			if (oldest != nil) != (i >= 2+spareConns) {
				t.Errorf("round %d: connection %d takes a place: %v", round, i, oldest != nil)
			}
			if oldest != nil {
				_ = oldest.Close()
			}
			taken = append(taken, conn)
		}
		for _, c := range taken {
			_, _ = c.Close(), c.Close() // once counts
		}
		if d.open != 0 || len(d.spare) != 0 || len(d.byClient) != 0 {
			t.Fatalf("round %d: %d open, %d spare, %v", round, d.open, len(d.spare), d.byClient)
		}
	}
}
