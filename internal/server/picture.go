package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"clickql/internal/fetch"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// picture is one picture as its address describes it.
type picture interface {
	// draw answers for a project that is known, in the operation's data. The
	// error is a *query.Error.
	draw(ctx context.Context, op *fetch.Operation, project string) ([]byte, error)
	// say draws a few words in the picture's place, in its look.
	say(project string, n notice) []byte
}

// notice is what a picture says where it has nothing to show.
type notice struct {
	text, detail string
	failed       bool // in contrast to: there is nothing to show
	wrong        bool // the address is wrong, and detail tells its author how
}

// reader reads an address into a picture. With an error, the picture can still
// say what is wrong.
type reader func(*url.URL) (picture, error)

// How long a picture may be kept by browsers and by the proxies of the sites
// that show it. The data changes daily, and a stale picture is revalidated by
// its tag at no cost.
const (
	keepPicture = "public, max-age=600, stale-while-revalidate=86400"
	keepUnknown = "public, max-age=60" // the project may be in the next load
	keepNothing = "no-store"
)

// picturePolicy forbids an SVG that is opened by itself everything but its own
// styles.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'"

// picture serves /KIND/PROJECT.svg. Whatever goes wrong is drawn as well, since
// pages show pictures and not texts.
func (s *Server) picture(read reader) http.Handler {
	salt := buildSalt()
	drawn := newDrawn()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutSuffix(r.PathValue("file"), ".svg")
		if !ok {
			http.NotFound(w, r)
			return
		}
		project := pypi.NormalizeName(name)
		h := w.Header()
		h.Set("Content-Type", "image/svg+xml; charset=utf-8")
		h.Set("Content-Security-Policy", picturePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		pic, err := read(r.URL)
		if err != nil {
			s.sendFailure(w, r, pic, project, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), s.cfg.QueryTimeout)
		defer cancel()
		op := s.cfg.Loader.Begin(ctx)
		tag := ""
		if version := op.Snapshot().Version; version != "" {
			tag = contentTag(salt, []byte(version), []byte(r.URL.Path), []byte(r.URL.Query().Encode()))
		}
		d, known := drawn.Get(tag)
		switch {
		case known:
		case tag != "" && fresh(r, tag):
			d.keep = keepPicture // the client has the rest
		default:
			if d, err = paint(ctx, op, pic, project); err != nil {
				s.sendFailure(w, r, pic, project, err)
				return
			}
			if tag != "" {
				drawn.Add(tag, d)
			}
		}
		d.send(w, r, tag)
	})
}

// drawing is a picture as it is sent, and how long it may be kept.
type drawing struct {
	svg  []byte
	keep string
}

// maxDrawn is how many drawings are kept, of some kilobytes each and never more
// than a hundred.
const maxDrawn = 512

// newDrawn keeps drawings by their tags, which change with the data: they save
// drawing, and outlast an absence of ClickHouse.
func newDrawn() *lru.Cache[string, drawing] {
	c, err := lru.New[string, drawing](maxDrawn)
	if err != nil {
		panic(err) // the size is positive
	}
	return c
}

// send sends the drawing. Without a tag, which stands for the data's version,
// its own content is the tag.
func (d drawing) send(w http.ResponseWriter, r *http.Request, tag string) {
	if tag == "" {
		tag = contentTag(d.svg)
	}
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", d.keep)
	if fresh(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(d.svg) // the client has gone: nobody to tell
}

// paint draws the picture, or says that there is no such project. Without an
// index of projects, every project counts as known.
func paint(ctx context.Context, op *fetch.Operation, pic picture, project string) (drawing, error) {
	if err := op.Ready(); err != nil {
		return drawing{}, err
	}
	projects := op.Snapshot().Projects
	if _, known := projects.Total(project); !known && projects != nil {
		n := notice{text: "unknown project", detail: "No project of this name has downloads in the data."}
		return drawing{pic.say(project, n), keepUnknown}, nil
	}
	svg, err := pic.draw(ctx, op, project)
	return drawing{svg, keepPicture}, err
}

// sendFailure draws what went wrong, with the status that tells it to proxies.
func (s *Server) sendFailure(w http.ResponseWriter, r *http.Request, pic picture, project string, err error) {
	failure := new(query.Error)
	if !errors.As(err, &failure) {
		failure = &query.Error{Code: query.Internal, Message: "the picture could not be drawn", Cause: err}
	}
	status, text := pictureStatus(failure.Code)
	if status >= http.StatusInternalServerError {
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelWarn, "picture failed",
			slog.String("code", string(failure.Code)), slog.String("error", failure.Message), slog.Any("cause", failure.Cause))
	}
	w.Header().Set("Cache-Control", keepNothing)
	w.WriteHeader(status)
	n := notice{text: text, detail: failure.Message, failed: true, wrong: status == http.StatusBadRequest}
	_, _ = w.Write(pic.say(project, n)) // as above
}

// pictureStatus is the HTTP status of a failure, and the word or two that fit
// on a badge.
func pictureStatus(code query.Code) (status int, text string) {
	switch code {
	case query.BadUserInput:
		return http.StatusBadRequest, "wrong parameter"
	case query.CostLimit, query.Uncovered:
		return http.StatusUnprocessableEntity, "too much to count"
	case query.Unavailable, query.Overloaded:
		return http.StatusServiceUnavailable, "unavailable"
	case query.Timeout:
		return http.StatusGatewayTimeout, "timed out"
	default:
		return http.StatusInternalServerError, "failed"
	}
}
