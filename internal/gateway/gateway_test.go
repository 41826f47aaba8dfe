package gateway

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// started is a gateway over a DSN, stopped when the test ends.
func started(t *testing.T, dsn string, change func(*Config)) *Gateway {
	t.Helper()
	source, err := OpenServer(t.Context(), chconn.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Conn: source, Database: source.Database()}
	if change != nil {
		change(&cfg)
	}
	g := New(cfg)
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return g
}

// get asks a handler for a path.
func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return rec
}

func TestPartsAreOneGateway(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), "INSERT INTO pypi (date, project) SELECT toDate('2024-03-01') + number % 10, 'alpha' FROM numbers(1000)"); err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	begun, ended := make(chan struct{}), make(chan struct{})
	g := started(t, db.ReadOnlyDSN, func(c *Config) {
		c.Registry = registry
		c.Background = append(c.Background, func(ctx context.Context) error {
			close(begun)
			<-ctx.Done()
			close(ended)
			return nil
		})
	})
	<-begun
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	const question = "/graphql?query=%7Bdownloads%7Btotal%7D%7D"
	for name, h := range map[string]http.Handler{"whole": g.Handler(), "GraphQL alone": g.GraphQL()} {
		if got := get(t, h, question); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"total":1000`) {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	if got := get(t, g.Handler(), "/schema.graphql"); !strings.Contains(got.Body.String(), "type Query") {
		t.Errorf("the schema is %.80s", got.Body)
	}
	if got := get(t, g.Handler(), "/readyz"); got.Code != http.StatusOK {
		t.Errorf("readyz: %d %s", got.Code, got.Body)
	}
	if families, err := registry.Gather(); err != nil || len(families) == 0 {
		t.Errorf("%d metrics in the registry that was given: %v", len(families), err)
	}
	if err := g.Stop(); err != nil {
		t.Error(err)
	}
	<-ended
}

func TestStartsWithoutItsServer(t *testing.T) {
	g := started(t, "clickhouse://127.0.0.1:1/pypi?dial_timeout=1s", nil)
	if g.Err() == nil {
		t.Error("nothing is said to be wrong")
	}
	if got := get(t, g.Handler(), "/readyz"); got.Code != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d %s", got.Code, got.Body)
	}
}

func TestMemoryIsSplit(t *testing.T) {
	for bytes, want := range map[int64][2]int64{-1: {-1, -1}, 1: {1, 1}, 1000: {750, 250}} {
		if results, responses := split(bytes); [2]int64{results, responses} != want {
			t.Errorf("%d bytes are %d and %d, want %v", bytes, results, responses, want)
		}
	}
}
