package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"clickql/internal/chtest"
)

const subscription = `subscription { datasetChanged { landed changed dataset { lastDay totalDownloads } } }`

// streamed is a stream of server-sent events that is open.
type streamed struct {
	t     *testing.T
	lines *bufio.Reader
}

// subscribe opens a stream and returns when the server has said that it is open.
func subscribe(t *testing.T, base, document string) *streamed {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"query": document})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json, application/json, text/event-stream")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("%d, %s", resp.StatusCode, kind)
	}
	s := &streamed{t, bufio.NewReader(resp.Body)}
	if line, err := s.lines.ReadString('\n'); err != nil || line != ":\n" {
		t.Fatalf("the stream begins with %q (%v)", line, err)
	}
	return s
}

// next is the next event's name and data, comments passed over.
func (s *streamed) next() (event, data string) {
	s.t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.t.Fatal(err)
		}
		switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":"); {
		case name == "event":
			event = strings.TrimSpace(value)
		case name == "data":
			data = strings.TrimSpace(value)
		case line == "\n" && event != "":
			return event, data
		}
	}
}

// land adds downloads of a day, and shows them to the gateway.
func land(t *testing.T, g *gateway, db *chtest.DB, day string) {
	t.Helper()
	if err := db.Conn.Exec(t.Context(), `INSERT INTO pypi (date, project, type, installer, version) VALUES ('`+day+`', 'alpha', 'sdist', 'pip', '1.0')`); err != nil {
		t.Fatal(err)
	}
	if err := g.catalog.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Days that land, and days that change, reach a client over server-sent events
// and over a WebSocket.
func TestDatasetChanged(t *testing.T) {
	g, db := sampled(t)
	sse := subscribe(t, g.base, subscription)
	ws := dial(t, g.base)
	begun(t, ws)
	land(t, g, db, "2024-03-31")
	want := `{"data":{"datasetChanged":{"landed":["2024-03-31"],"changed":[],"dataset":{"lastDay":"2024-03-31","totalDownloads":1231}}}}`
	if event, data := sse.next(); event != "next" || data != want {
		t.Errorf("over SSE: %s %s", event, data)
	}
	if got := nextOf(t, ws); got != want {
		t.Errorf("over WebSocket: %s", got)
	}
	// A client that is busy meanwhile gets one event about all of it.
	land(t, g, db, "2024-03-31")
	land(t, g, db, "2024-04-02")
	for total := "1232"; ; {
		event, data := sse.next()
		if event != "next" {
			t.Fatalf("%s %s", event, data)
		}
		if strings.Contains(data, `"landed":["2024-04-02"]`) {
			break
		}
		if !strings.Contains(data, `"changed":["2024-03-31"]`) || !strings.Contains(data, total) {
			t.Fatalf("%s", data)
		}
	}
}

// dial opens a WebSocket.
func dial(t *testing.T, base string) *websocket.Conn {
	t.Helper()
	c, resp, err := websocket.Dial(t.Context(), base+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// begun subscribes and returns when the server follows: it answers in order, and
// a ping comes back after what was sent before.
func begun(t *testing.T, c *websocket.Conn) {
	t.Helper()
	for _, m := range []any{
		map[string]any{"type": "connection_init"},
		map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": subscription}},
		map[string]any{"type": "subscribe", "id": "2", "payload": map[string]any{"query": "{ __typename }"}},
	} {
		if err := wsjson.Write(t.Context(), c, m); err != nil {
			t.Fatal(err)
		}
	}
	for {
		var m struct{ Type, ID string }
		if err := wsjson.Read(t.Context(), c, &m); err != nil {
			t.Fatal(err)
		}
		if m.Type == "complete" && m.ID == "2" {
			return
		}
	}
}

// nextOf is the payload of the next event.
func nextOf(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	for {
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		if err := wsjson.Read(t.Context(), c, &m); err != nil {
			t.Fatal(err)
		}
		if m.Type == "next" {
			return string(m.Payload)
		}
	}
}

// A query gets a stream only where the client accepts nothing else, and a
// subscription no document.
func TestTheOperationDecidesTheForm(t *testing.T) {
	g, _ := sampled(t)
	const many = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed"
	query, sub := `{"query":"{ __typename }"}`, `{"query":"`+subscription+`"}`
	for _, c := range []struct {
		body, accept string
		status       int
		kind, text   string
	}{
		{query, many, 200, "application/graphql-response+json", `{"data":{"__typename":"Query"},`},
		{query, "text/event-stream", 200, "text/event-stream", "}\n\nevent: complete\ndata:\n\n"},
		{`{"query":"{"}`, "text/event-stream", 200, "text/event-stream", "GRAPHQL_PARSE_FAILED"},
		{sub, "application/json", 406, "application/json", "text/event-stream"},
		{query, "text/html", 406, "application/json", "accept one of them"},
		{`[` + query + `]`, many, 200, "application/graphql-response+json", `[{"data":{"__typename":"Query"},`},
	} {
		got := ask(t, http.MethodPost, g.base+"/graphql", c.body, "Content-Type", "application/json", "Accept", c.accept)
		if got.status != c.status || !strings.HasPrefix(got.header.Get("Content-Type"), c.kind) || !strings.Contains(got.body, c.text) {
			t.Errorf("%s as %s: %d %s %s", c.body, c.accept, got.status, got.header.Get("Content-Type"), got.body)
		}
	}
}

// A thousand clients that wait cost the server under 50 MB, over either
// transport.
func TestIdleSubscribersAreCheap(t *testing.T) {
	g, _ := sampled(t)
	const clients, bound = 1000, 50_000_000
	const document = `{"query":"subscription { datasetChanged { landed changed } }"}`
	sse := "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(document), document)
	ws := "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n" +
		frame(`{"type":"connection_init"}`) + frame(`{"type":"subscribe","id":"1","payload":`+document+`}`) +
		frame(`{"type":"subscribe","id":"2","payload":{"query":"{ __typename }"}}`)
	for _, c := range []struct{ name, request, until string }{
		{"SSE", sse, "\n:\n"}, {"WebSocket", ws, `"id":"2","type":"complete"`},
	} {
		conns := make([]net.Conn, clients)
		before := inUse()
		for i := range conns {
			conns[i] = opened(t, g.base, c.request, c.until)
		}
		cost := inUse() - before
		t.Logf("%s: %.1f MB for %d clients", c.name, float64(cost)/1e6, clients)
		if cost > bound {
			t.Errorf("%s: %d bytes for %d clients, more than %d", c.name, cost, clients, bound)
		}
		for _, c := range conns {
			_ = c.Close()
		}
	}
}

// frame is a WebSocket message of a client, masked with zeros.
func frame(text string) string {
	head := "\x81" + string([]byte{byte(0x80 | len(text))})
	if len(text) > 125 {
		head = "\x81\xfe" + string([]byte{byte(len(text) >> 8), byte(len(text))})
	}
	return head + "\x00\x00\x00\x00" + text
}

// opened sends a request over a connection of its own and reads until the answer
// has the text.
func opened(t *testing.T, base, request, until string) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for buf := make([]byte, 512); !strings.Contains(strings.ReplaceAll(string(got), "\r", ""), until); {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got = append(got, buf[:n]...)
	}
	return c
}

// inUse is the memory that the process needs.
func inUse() int64 {
	for range 4 { // each collection halves what stacks are too large by
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
