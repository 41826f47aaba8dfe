package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/singleflight"
)

// Check is one thing that must hold for the gateway to be able to answer.
type Check struct {
	// Name is the check's key in the answer, such as "clickhouse".
	Name string
	// Reason is what the answer says where the check fails. It is fixed text:
	// an error could name hosts and accounts, and /readyz is public.
	Reason string
	// Explain is fixed text for an error that Reason would be wrong about, and
	// empty for others; nil where there is none.
	Explain func(error) string
	// Probe fails where the check does not hold.
	Probe func(ctx context.Context) error
}

// errLeaving is that the server is about to stop.
var errLeaving = errors.New("the server is about to stop")

// staying holds until the server is about to stop.
func (s *Server) staying() Check {
	return Check{Name: "staying", Reason: "the gateway is about to stop", Probe: func(context.Context) error {
		if s.leaving.Load() {
			return errLeaving
		}
		return nil
	}}
}

// probeTimeout is how long all checks together may take.
const probeTimeout = 2 * time.Second

// healthz tells that the process is alive and serving.
func healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
}

// readiness answers /readyz: 200 where every check holds, otherwise 503 with the
// reasons.
type readiness struct {
	checks []Check
	log    *slog.Logger
	// probes lets callers that come at the same time share one round of
	// checks: asking often must not load ClickHouse.
	probes singleflight.Group
}

// verdict is the body of /readyz.
type verdict struct {
	Ready  bool              `json:"ready"`
	Failed map[string]string `json:"failed,omitempty"`
}

func (h *readiness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got, _, _ := h.probes.Do("", func() (any, error) {
		// Several callers wait for this round; none of them may cancel it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), probeTimeout)
		defer cancel()
		return h.probe(ctx), nil
	})
	v := got.(verdict)
	status := http.StatusOK
	if !v.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, v)
}

// probe runs every check.
func (h *readiness) probe(ctx context.Context) verdict {
	v := verdict{Ready: true}
	for _, c := range h.checks {
		err := c.Probe(ctx)
		if err == nil {
			continue
		}
		h.log.WarnContext(ctx, "not ready", "check", c.Name, "error", err)
		if v.Ready {
			v = verdict{Failed: map[string]string{}}
		}
		v.Failed[c.Name] = c.Reason
		if c.Explain != nil {
			v.Failed[c.Name] = cmp.Or(c.Explain(err), c.Reason)
		}
	}
	return v
}

// writeJSON answers with a small JSON document that must not be kept.
func writeJSON(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone: nobody to tell
}
