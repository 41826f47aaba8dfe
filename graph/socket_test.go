package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"clickql/internal/catalog"
)

// still is a source of changes that never come.
type still struct{ snap *catalog.Snapshot }

func (s still) Snapshot() *catalog.Snapshot { return s.snap }
func (still) Changed() <-chan struct{}      { return nil }

// socketOf is a new WebSocket to a server of its own; it is welcomed already.
func socketOf(t *testing.T, cfg HandlerConfig) *websocket.Conn {
	t.Helper()
	data := fixed{snap: knownData(t)}
	cfg.Loader, cfg.Changes = loaderOn(t, data), still{data.snap}
	server := httptest.NewServer(NewHandler(cfg))
	t.Cleanup(server.Close)
	c := dialled(t, server.URL, "graphql-transport-ws")
	sent(t, c, `{"type":"connection_init"}`)
	if m := received(t, c); m.Type != "connection_ack" {
		t.Fatalf("%+v", m)
	}
	return c
}

func dialled(t *testing.T, url string, protocols ...string) *websocket.Conn {
	t.Helper()
	c, resp, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: protocols})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	c.SetReadLimit(1 << 26)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func sent(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

type socketMessage struct {
	ID, Type string
	Payload  json.RawMessage
}

func received(t *testing.T, c *websocket.Conn) (m socketMessage) {
	t.Helper()
	if err := wsjson.Read(t.Context(), c, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// subscribed is the message that begins an operation.
func subscribed(t *testing.T, id, query string, variables map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"type": "subscribe", "id": id, "payload": map[string]any{"query": query, "variables": variables}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const waits = `subscription { datasetChanged { landed } }`

// What the protocol forbids ends the socket, with the protocol's code.
func TestSocketsFollowTheProtocol(t *testing.T) {
	welcome := `{"type":"connection_init"}`
	for name, c := range map[string]struct {
		messages []string
		code     websocket.StatusCode
	}{
		"an id twice":             {[]string{welcome, subscribed(t, "1", waits, nil), subscribed(t, "1", waits, nil)}, 4409},
		"nobody was welcomed":     {[]string{subscribed(t, "1", waits, nil)}, 4401},
		"welcomed twice":          {[]string{welcome, welcome}, 4429},
		"no JSON":                 {[]string{welcome, `{`}, 4400},
		"an unknown type":         {[]string{welcome, `{"type":"start"}`}, 4400},
		"no id":                   {[]string{welcome, subscribed(t, "", waits, nil)}, 4400},
		"a long id":               {[]string{welcome, subscribed(t, strings.Repeat("1", 300), waits, nil)}, 4400},
		"a message of many parts": {[]string{welcome, `{"type":"ping","payload":[` + strings.Repeat("0,", 60_000) + `0]}`}, 4400},
		"a long message":          {[]string{welcome, `{"type":"ping","payload":"` + strings.Repeat("0", 2<<20) + `"}`}, websocket.StatusMessageTooBig},
	} {
		data := fixed{snap: knownData(t)}
		server := httptest.NewServer(NewHandler(HandlerConfig{Loader: loaderOn(t, data), Changes: still{data.snap}}))
		conn := dialled(t, server.URL, "graphql-transport-ws")
		var err error
		for _, m := range c.messages { // the last may be cut off while it is written
			err = conn.Write(t.Context(), websocket.MessageText, []byte(m))
		}
		reset := err != nil && c.code == websocket.StatusMessageTooBig
		for err = nil; err == nil; {
			_, _, err = conn.Read(t.Context())
		}
		if got := websocket.CloseStatus(err); got != c.code && (c.code != websocket.StatusMessageTooBig || !reset && got != -1) {
			t.Errorf("%s: closed with %d, want %d (%v)", name, got, c.code, err)
		}
		_ = conn.CloseNow()
		server.Close()
	}
	conn := dialled(t, httptest.NewServer(handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)).URL)
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != 4406 {
		t.Errorf("without a protocol: %v", err)
	}
}

// So many operations run over one socket, and an id is free again after its
// operation.
func TestSocketsHoldSoManyOperations(t *testing.T) {
	const most = 20
	c := socketOf(t, HandlerConfig{Operations: most})
	for i := range 20_000 {
		sent(t, c, subscribed(t, fmt.Sprint(i), waits, nil))
		if i < most {
			continue
		}
		if m := received(t, c); m.Type != "error" || m.ID != fmt.Sprint(i) || !strings.Contains(string(m.Payload), `"LIMIT"`) {
			t.Fatalf("subscription %d: %+v", i, m)
		}
		if i > most+50 {
			break
		}
	}
	sent(t, c, `{"type":"complete","id":"3"}`)
	for range 2 {
		sent(t, c, subscribed(t, "x", `{ __typename }`, nil))
		if m := received(t, c); m.Type != "next" || !strings.Contains(string(m.Payload), `"data":{"__typename":"Query"}`) {
			t.Fatalf("%+v", m)
		}
		if m := received(t, c); m.Type != "complete" || m.ID != "x" {
			t.Fatalf("%+v", m)
		}
	}
}

// A WebSocket is another door to the same guard.
func TestDocumentsThatHurtAreRefusedOverSockets(t *testing.T) {
	c := socketOf(t, HandlerConfig{MaxMessage: 32 << 20})
	for _, a := range documentAttacks() {
		text := subscribed(t, "1", a.query, a.variables)
		if a.variables != nil { // refused with the message
			continue
		}
		var m socketMessage
		work := allocated(func() {
			sent(t, c, text)
			m = received(t, c)
		})
		var errs []responseError
		if err := json.Unmarshal(m.Payload, &errs); err != nil || m.Type != "error" || len(errs) == 0 || errs[0].code() != a.code || len(m.Payload) > 64<<10 {
			t.Errorf("%s: want %s: %s %.300s", a.name, a.code, m.Type, m.Payload)
		}
		if work > 128<<20 {
			t.Errorf("%s: %d MB were allocated", a.name, work>>20)
		}
	}
}

// When the server stops, sockets are told.
func TestSocketsEndWithTheirContext(t *testing.T) {
	data := fixed{snap: knownData(t)}
	server := httptest.NewUnstartedServer(NewHandler(HandlerConfig{Loader: loaderOn(t, data), Changes: still{data.snap}}))
	serving, stop := context.WithCancel(t.Context())
	server.Config.BaseContext = func(net.Listener) context.Context { return serving }
	server.Start()
	defer server.Close()
	c := dialled(t, server.URL, "graphql-transport-ws")
	sent(t, c, `{"type":"connection_init"}`)
	received(t, c)
	sent(t, c, subscribed(t, "1", waits, nil))
	sent(t, c, `{"type":"ping"}`)
	received(t, c)
	stop()
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("%v", err)
	}
}
