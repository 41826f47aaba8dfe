package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/picture"
	"clickql/internal/tabular"
)

// rankingFormats are those of /rankings.
var rankingFormats = []tabular.Format{tabular.CSV, tabular.NDJSON, tabular.Parquet}

// The limits of streamed lists: how long one may take, and how many are sent at
// one time. Rows are bounded by picture.MaxRanked.
const exportTimeout, maxExports = 5 * time.Minute, 2

// rankings streams every project of a slice. What fails after the first row ends
// the connection: a list that stops early must not look whole.
func (s *Server) rankings(format tabular.Format, places chan struct{}) http.Handler {
	salt := buildSalt()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k, err := picture.ReadRankings(r.URL.RawQuery)
		if err != nil {
			s.refuseData(w, r, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), exportTimeout)
		defer cancel()
		op := s.cfg.Loader.Begin(ctx)
		h := w.Header()
		tag, err := listTag(ctx, op, k, r, salt)
		if err != nil {
			s.refuseData(w, r, err)
			return
		}
		if tag != "" {
			h.Set("ETag", tag)
			if tagged(r, tag) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			h.Set("Retry-After", "10")
			s.refuseData(w, r, &fault.Error{Code: fault.Overloaded, Message: "other lists are being sent; try again in a moment"})
			return
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(exportTimeout)) // a writer without deadlines has none to move
		h.Set("Content-Type", format.ContentType())
		h.Set("Cache-Control", "public, no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		sent := false
		out := beforeWriting(w, func() { sent = true })
		_, err = s.cfg.Loader.Answer(ctx, op, func(now *fetch.Operation) error {
			if now != op { // the tag is of another version
				h.Del("ETag")
			}
			return list(ctx, now, k, format, out)
		})
		if err != nil {
			if sent {
				s.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a list ended early", slog.Any("error", err))
				panic(http.ErrAbortHandler)
			}
			h.Del("ETag")
			s.refuseData(w, r, err)
		}
	})
}

// refuseData says what is wrong with a question for data, in GraphQL's form.
func (s *Server) refuseData(w http.ResponseWriter, r *http.Request, err error) {
	failure := new(fault.Error)
	if !errors.As(err, &failure) {
		failure = &fault.Error{Code: fault.Internal, Message: "the data could not be read", Cause: err}
	}
	retryAfter(w, failure)
	status, _ := pictureStatus(failure.Code)
	if status >= http.StatusInternalServerError {
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelWarn, "data failed", slog.String("code", string(failure.Code)), slog.Any("cause", failure.Cause))
	}
	body := errorBody(string(failure.Code), failure.Message)
	if failure.Code == fault.NotFound {
		body["message"] = failure.Message // where pepy's clients look
	}
	writeJSON(w, status, body)
}
