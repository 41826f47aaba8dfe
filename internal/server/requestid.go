package server

import (
	"crypto/rand"
	"net/http"

	"clickql/internal/telemetry"
)

// requestIDHeader carries a request's id in both directions.
const requestIDHeader = "X-Request-Id"

// maxRequestID is the longest id that is taken over from a client.
const maxRequestID = 64

// withRequestID gives each request an id: the one that a proxy in front of us
// already gave, where it looks like one, so that logs can be joined.
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !plausibleID(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(telemetry.WithRequest(r.Context(), id)))
	})
}

// plausibleID reports that id is short and safe to print in a log.
func plausibleID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
