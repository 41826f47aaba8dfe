package server

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"clickql/internal/access"
	"clickql/internal/fault"
)

// The fields that tell what a client may do and what is left of it, as
// draft-ietf-httpapi-ratelimit-headers-11 defines them.
const (
	policyField = "RateLimit-Policy"
	limitField  = "RateLimit"
)

// admitting finds out who makes each request, counts it, and refuses what is beyond
// the client's limits. Everything behind it knows the client by its context, and
// sees no key in an address.
func (s *Server) admitting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		class, asks := classOf(r)
		bare := withoutKey(r)
		if s.cfg.Gate == nil || !asks || access.Of(r.Context()) != nil { // a part of a request that was admitted
			next.ServeHTTP(w, bare)
			return
		}
		client, refused := s.cfg.Gate.Identify(r)
		if refused != nil {
			deny(w, bare, refused, next)
			return
		}
		lineOf(r.Context()).key = client.Name()
		bare = bare.WithContext(access.With(bare.Context(), client))
		if isWebSocket(r) { // what is asked over it is counted, each by itself
			next.ServeHTTP(w, bare)
			return
		}
		done, refused := client.Admit(class)
		w, tell := telling(w, client, class)
		defer tell()
		if refused != nil {
			deny(w, bare, refused, next)
			return
		}
		defer done()
		next.ServeHTTP(w, bare)
	})
}

// named refuses requests that name the server as it is not called.
func named(allowed func(host string) bool, next http.Handler) http.Handler {
	if allowed == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed(r.Host) {
			lineOf(r.Context()).route = denied
			refuse(w, http.StatusForbidden, string(fault.Forbidden), "this gateway is not called that: only this machine's own names lead to it; "+
				"whoever runs it names others with --cors-origin https://NAME, and a proxy on this machine with --trusted-proxies 127.0.0.1")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// classOf is how a request is counted; asks is false for what anybody may have any
// time: what the gateway is watched by, and files.
func classOf(r *http.Request) (class access.Class, asks bool) {
	if r.Method == http.MethodOptions {
		return 0, false
	}
	switch path := r.URL.Path; {
	case path == "/healthz", path == "/readyz", path == "/metrics", path == "/playground", path == "/schema.graphql",
		strings.HasPrefix(path, "/assets/"), strings.HasPrefix(path, "/embed."):
		return 0, false
	case isDrawn(path), path == "/oembed":
		return access.Pictures, true
	}
	return access.Operations, true
}

// isDrawn reports that a path leads to a picture, or a page of one, which also says
// what is wrong in its look.
func isDrawn(path string) bool {
	return path == "/embed" || strings.HasPrefix(path, "/embed/") || path == "/chart" || strings.HasPrefix(path, "/chart/") || strings.HasPrefix(path, "/chart.") || strings.HasPrefix(path, "/badge/")
}

// withoutKey is the request without a key in its address.
func withoutKey(r *http.Request) *http.Request {
	query := access.WithoutKey(r.URL.RawQuery)
	if query == r.URL.RawQuery {
		return r
	}
	bare, address := *r, *r.URL
	address.RawQuery = query
	bare.URL, bare.RequestURI = &address, address.RequestURI()
	return &bare
}

type refusalKey struct{}

// refusalOf is why a request for a picture is refused; nil where it is not.
func refusalOf(ctx context.Context) *fault.Error {
	refused, _ := ctx.Value(refusalKey{}).(*fault.Error)
	return refused
}

// deny answers a request that is refused: pictures draw it, people read it, and
// programs get it in GraphQL's form.
func deny(w http.ResponseWriter, r *http.Request, refused *fault.Error, next http.Handler) {
	if isDrawn(r.URL.Path) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), refusalKey{}, refused)))
		return
	}
	lineOf(r.Context()).route = denied
	retryAfter(w, refused)
	status, _ := pictureStatus(refused.Code)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="ClickQL"`)
	}
	if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, refused.Message, status)
		return
	}
	refuse(w, status, string(refused.Code), refused.Message)
}

// retryAfter tells when it is worth trying again, where that is known.
func retryAfter(w http.ResponseWriter, err *fault.Error) {
	if err.Retry > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(err.RetryAfter(), 10))
	}
}

// telling is a writer that tells in an answer's header what is left of the client's
// limits, at the moment when the header leaves: rows are counted while the answer is
// made. tell must be called at the end, for answers without a body.
func telling(w http.ResponseWriter, client *access.Client, class access.Class) (out http.ResponseWriter, tell func()) {
	if policy, _ := client.Fields(class); policy == "" {
		return w, func() {}
	}
	header := w.Header()
	tell = sync.OnceFunc(func() {
		policy, limit := client.Fields(class)
		header.Set(policyField, policy)
		header.Set(limitField, limit)
	})
	return beforeWriting(w, tell), tell
}
