package graph

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"

	"clickql/internal/access"
)

// A WebSocket's client tells its key when it is open: a wrong one ends it, with the
// protocol's codes, and what runs over it is counted operation by operation.
func TestSocketsTellWhoAsks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	var secret, public string
	err := access.ChangeKeys(path, func([]access.Key) ([]access.Key, error) {
		s, one := access.NewKey(access.Key{Name: "secret", Limits: access.Limits{Requests: access.Rate{N: 2, Per: time.Hour}}}, time.Now())
		p, two := access.NewKey(access.Key{Name: "public", Publishable: true, Origins: access.Origins{"https://docs.example"}}, time.Now())
		secret, public = one, two
		return []access.Key{s, p}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := access.OpenKeyring(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	data := fixed{snap: knownData(t)}
	server := httptest.NewServer(NewHandler(HandlerConfig{
		Loader: loaderOn(t, data), Changes: still{data.snap}, Gate: access.NewGate(access.Config{Keys: keys}),
	}))
	t.Cleanup(server.Close)
	for authorization, code := range map[string]websocket.StatusCode{"Bearer nonsense": 4401, "cqs_x": 4401, "Bearer " + public: 4403} {
		c := dialled(t, server.URL, "graphql-transport-ws")
		sent(t, c, `{"type":"connection_init","payload":{"Authorization":"`+authorization+`"}}`)
		if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != code {
			t.Errorf("%s: %v, want %d", authorization, err, code)
		}
	}
	c := dialled(t, server.URL, "graphql-transport-ws")
	sent(t, c, `{"type":"connection_init","payload":{"authorization":"Bearer `+secret+`"}}`)
	if m := received(t, c); m.Type != "connection_ack" {
		t.Fatalf("%+v", m)
	}
	for range 2 {
		sent(t, c, subscribed(t, "a", "{ __typename }", nil))
		if m, end := received(t, c), received(t, c); m.Type != "next" || end.Type != "complete" {
			t.Fatalf("%s %s, %s", m.Type, m.Payload, end.Type)
		}
	}
	sent(t, c, subscribed(t, "a", "{ __typename }", nil))
	m := received(t, c)
	var errs []struct{ Extensions map[string]any }
	if err := json.Unmarshal(m.Payload, &errs); err != nil || m.Type != "error" || errs[0].Extensions["code"] != "RATE_LIMITED" || errs[0].Extensions["retryAfter"] == nil {
		t.Errorf("beyond the limit: %s %s", m.Type, m.Payload)
	}
}
