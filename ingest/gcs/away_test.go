package gcs

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestServiceAway gives up after some tries: the default is for ever.
func TestServiceAway(t *testing.T) {
	var tries atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	src := New(Config{EmulatorHost: server.URL})
	t.Cleanup(func() { _ = src.Close() })
	_, err := src.List(t.Context(), "gs://exports/*.parquet")
	if err == nil || !strings.Contains(err.Error(), "503") || tries.Load() != maxAttempts {
		t.Errorf("%d tries: %v", tries.Load(), err)
	}
}
