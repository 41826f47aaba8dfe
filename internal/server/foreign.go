package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"clickql/internal/fetch"
	"clickql/internal/pepy"
	"clickql/internal/pypistats"
)

// foreign answers a GET in the shape of another site's API: with what ask finds, as
// JSON. ask's error is a *fault.Error.
func (s *Server) foreign(ask func(context.Context, *fetch.Operation, *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.cfg.QueryTimeout)
		defer cancel()
		var answer any
		_, err := s.cfg.Loader.Answer(ctx, s.cfg.Loader.Begin(ctx), func(op *fetch.Operation) (err error) {
			answer, err = ask(ctx, op, r)
			return err
		})
		var body []byte
		if err == nil {
			body, err = json.Marshal(answer)
		}
		if err != nil {
			s.refuseData(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "public, max-age=600, stale-if-error="+strconv.Itoa(staleIfError))
		if stale := s.cfg.Loader.Stale(); stale != nil {
			tellAge(w, stale)
		}
		sendTagged(w, r, contentTag(body), append(body, '\n'))
	})
}

// pypistats answers in the shapes of pypistats.org's API.
func (s *Server) pypistats() http.Handler {
	return s.foreign(func(ctx context.Context, op *fetch.Operation, r *http.Request) (any, error) {
		return pypistats.Ask(ctx, op, r.PathValue("name"), strings.TrimSuffix(r.PathValue("endpoint"), "/"), r.URL.Query())
	})
}

// pepy answers in the shape of pepy.tech's API.
func (s *Server) pepy() http.Handler {
	return s.foreign(func(ctx context.Context, op *fetch.Operation, r *http.Request) (any, error) {
		return pepy.Ask(ctx, op, r.PathValue("name"))
	})
}
