package gqlhttp

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// A long message waits for room, and short ones do not.
func TestLongMessagesWaitForRoom(t *testing.T) {
	memory := NewMemory(1<<20, nil)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WebSocket{MaxMessage: 1 << 20, Memory: memory}.Do(w, r, refuser{})
	}))
	t.Cleanup(srv.Close)
	if err := memory.free.Acquire(t.Context(), memory.size); err != nil {
		t.Fatal(err)
	}
	long, short := dialed(t, srv.URL), dialed(t, srv.URL)
	said := func(c *websocket.Conn, text string) string {
		if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			return err.Error()
		}
		_, data, err := c.Read(t.Context())
		if err != nil {
			return err.Error()
		}
		return string(data)
	}
	answered := make(chan string, 1)
	text := strings.Repeat("x", 2*leastReserved)
	go func() { answered <- said(long, `{"type":"ping","payload":"`+text+`"}`) }()
	for range 100 {
		if got := said(short, `{"type":"ping"}`); got != `{"type":"pong"}` {
			t.Fatalf("a short message: %.200s", got)
		}
	}
	select {
	case got := <-answered:
		t.Fatalf("a long message, without room: %.200s", got)
	default:
	}
	memory.free.Release(memory.size)
	if got := <-answered; !strings.Contains(got, text) {
		t.Errorf("a long message, with room: %.200s", got)
	}
	if err := memory.free.Acquire(t.Context(), memory.size); err != nil {
		t.Errorf("the room is not free again: %v", err)
	}
}

// dialed is a socket that has been opened.
func dialed(t *testing.T, address string) *websocket.Conn {
	t.Helper()
	c, resp, err := websocket.Dial(context.WithoutCancel(t.Context()), address, &websocket.DialOptions{Subprotocols: []string{subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	c.SetReadLimit(8 << 20)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}
