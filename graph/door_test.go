package graph

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"

	"clickql/internal/access"
)

// gateOf is a gate that knows some keys, as their clients send them.
func gateOf(t *testing.T, known ...access.Key) (gate *access.Gate, keys []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	err := access.ChangeKeys(path, func(in []access.Key) ([]access.Key, error) {
		for _, k := range known {
			one, secret := access.NewKey(k, time.Now())
			in, keys = append(in, one), append(keys, secret)
		}
		return in, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := access.OpenKeyring(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return access.NewGate(access.Config{Keys: ring}), keys
}

// A WebSocket's client tells its key when it is open: a wrong one ends it, with the
// protocol's codes, and what runs over it is counted operation by operation.
func TestSocketsTellWhoAsks(t *testing.T) {
	gate, keys := gateOf(t, access.Key{Name: "secret", Limits: access.Limits{Requests: access.Rate{N: 2, Per: time.Hour}}},
		access.Key{Name: "public", Publishable: true, Origins: access.Origins{"https://docs.example"}})
	secret, public := keys[0], keys[1]
	data := fixed{snap: knownData(t)}
	server := httptest.NewServer(NewHandler(HandlerConfig{
		Loader: loaderOn(t, data), Changes: still{data.snap}, Gate: gate,
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

// What is refused for its document is refused to holders of keys as to anybody, and
// takes nothing off the rows that they may have read; over a WebSocket each counts as
// an operation, and beyond the rate nobody looks at it.
func TestAttacksOfHoldersOfKeys(t *testing.T) {
	const rows, most = 1000, 12
	gate, keys := gateOf(t, access.Key{Name: "a", Limits: access.Limits{Rows: access.Rate{N: rows, Per: time.Hour}}},
		access.Key{Name: "b", Limits: access.Limits{Rows: access.Rate{N: rows, Per: time.Hour}, Requests: access.Rate{N: most, Per: time.Hour}}})
	data := fixed{snap: knownData(t)}
	h := NewHandler(HandlerConfig{Loader: loaderOn(t, data), Changes: still{data.snap}, Gate: gate, MaxMessage: 32 << 20})
	clientOf := func(key string) *access.Client {
		t.Helper()
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("X-API-Key", key)
		client, err := gate.Identify(req)
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	as := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(access.With(r.Context(), clientOf(keys[0]))))
	})
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c := dialled(t, server.URL, "graphql-transport-ws")
	sent(t, c, `{"type":"connection_init","payload":{"authorization":"Bearer `+keys[1]+`"}}`)
	received(t, c)
	refused := 0
	for _, a := range documentAttacks() {
		if got := post(t, as, a.query, a.variables, nil); len(got.Errors) == 0 || got.Errors[0].code() != a.code {
			t.Errorf("%s: want %s: %.300s", a.name, a.code, got.body)
		}
		if a.variables != nil {
			continue
		}
		want := a.code
		if refused++; refused > most {
			want = "RATE_LIMITED"
		}
		sent(t, c, subscribed(t, "1", a.query, nil))
		m := received(t, c)
		var errs []responseError
		if err := json.Unmarshal(m.Payload, &errs); err != nil || m.Type != "error" || errs[0].code() != want {
			t.Errorf("%s, operation %d over a WebSocket: want %s: %s %.300s", a.name, refused, want, m.Type, m.Payload)
		}
	}
	if refused <= most {
		t.Fatalf("%d attacks do not reach the rate", refused)
	}
	for _, key := range keys {
		if over := clientOf(key).Spend(rows); over != nil {
			t.Errorf("documents that were refused have cost rows: %v", over)
		}
	}
}
