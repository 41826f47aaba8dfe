package server

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clickql/internal/embeds"
	"clickql/internal/fetch"
	"clickql/internal/picture"
	"clickql/internal/site"
)

// framePolicy lets every site frame the page of an embed, which loads from its own
// site only.
const framePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors *"

// embedsWith are charts as pages for iframes.
func embedsWith(assets embeds.Assets) kind {
	return kind{
		use:     picture.OfChart,
		formats: []string{formatHTML},
		policy:  framePolicy,
		read: func(name, query string) (subject, error) {
			c, err := picture.ReadChart(name, query)
			return embed{c, query, assets}, err
		},
	}
}

// embed is one of them.
type embed struct {
	picture.Chart
	query  string
	assets embeds.Assets
}

func (e embed) keep() int { return chartSeconds }

func (e embed) answer(ctx context.Context, op *fetch.Operation, _ string) ([]byte, error) {
	n, err := e.Load(ctx, op)
	if err != nil {
		return nil, err
	}
	return embeds.Page(n, e.query, e.assets)
}

func (e embed) words(_ string, w words) []byte {
	body, _ := embeds.Message(e.Chart, e.query, e.assets, w.begin(), w.detail, w.failed) // of a template of ours: cannot fail
	return body
}

// unframed forbids all frames of other sites but those of embeds.
func unframed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/embed" && !strings.HasPrefix(r.URL.Path, "/embed/") {
			w.Header().Set("X-Frame-Options", "SAMEORIGIN")
		}
		next.ServeHTTP(w, r)
	})
}

// oembed answers /oembed: how to show one of the site's addresses.
func (s *Server) oembed() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		format := cmp.Or(embeds.Format(q.Get("format")), embeds.JSON)
		limits, wrong := embeds.Limits{}, ""
		for name, limit := range map[string]*int{"maxwidth": &limits.Width, "maxheight": &limits.Height} {
			text := q.Get(name)
			n, err := strconv.Atoi(text)
			if text != "" && (err != nil || n < 1) {
				wrong = name + " must be a whole number of pixels, such as 600"
			}
			*limit = n
		}
		switch {
		case format != embeds.JSON && format != embeds.XML:
			refuse(w, http.StatusNotImplemented, "NOT_IMPLEMENTED", "format must be json or xml")
		case q.Get("url") == "":
			refuse(w, http.StatusBadRequest, "BAD_USER_INPUT", "url is missing: name a page, a chart or an embed of this site")
		case wrong != "":
			refuse(w, http.StatusBadRequest, "BAD_USER_INPUT", wrong)
		default:
			s.answerOEmbed(w, r, q.Get("url"), format, limits)
		}
	})
}

func (s *Server) answerOEmbed(w http.ResponseWriter, r *http.Request, address string, format embeds.Format, limits embeds.Limits) {
	answer, ok := embeds.OEmbed(address, site.Origin(r), limits, s.someKnown(r.Context()))
	if !ok {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "url is no page, chart or embed of this site, or there is no such project, or it cannot be shown that small")
		return
	}
	body, err := answer.Write(format)
	if err != nil { // of a struct of texts and numbers: cannot be
		refuse(w, http.StatusInternalServerError, "INTERNAL", "the answer could not be written")
		return
	}
	h := w.Header()
	h.Set("Content-Type", format.ContentType())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=600")
	_, _ = w.Write(body) // the client has gone: nobody to tell
}

// someKnown tells whether any of some projects has downloads; all count as known
// while the data is not.
func (s *Server) someKnown(ctx context.Context) func(names []string) bool {
	projects := s.cfg.Loader.Begin(ctx).Snapshot().Projects
	return func(names []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return !projects.Lacks(name) })
	}
}
