package site

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"clickql/internal/embeds"
	"clickql/internal/render"
)

// policy lets a page load from its own site only, and run no inline script or
// style.
const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"

//go:embed templates/*.html
var sources embed.FS

// templates are the pages' forms; they are part of the binary, so that one that
// cannot be read is a fault of the build.
var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"count": countText, "exact": exactText, "share": render.Percent, "change": changeText, "changeClass": changeClass,
	"day": dayText, "percent": func(part float64) float64 { return float64(int(part*10000+.5)) / 100 },
}).ParseFS(sources, "templates/*.html"))

// view is a page as its template takes it.
type view struct {
	// Template is the block that the page's middle is drawn by, and the page's name
	// for the script.
	Template string
	// Title, Description, Canonical and Image are what crawlers and chats show.
	Title, Description, Canonical, Image string
	// Search is the text in the search box.
	Search string
	State  state
	// Notice is what the reader should know before the rest.
	Notice string
	// Until is the newest day that is loaded wholly, where lengths of time end; empty
	// where the page shows other days.
	Until string
	// Hints are about filters that nothing can pass.
	Hints []string
	// Body is what the template draws.
	Body any
	// Boot is what the script starts with, as JSON.
	Boot   template.JS
	Assets *manifest
	// Discovery are where consumers of oEmbed find how to show the page.
	Discovery *discovery
	status    int
}

// discovery are the addresses of oEmbed's answers about a page.
type discovery struct{ JSON, XML string }

// embeddable are the pages that a chart stands for.
var embeddable = []string{"home", "project", "compare", "rankings"}

// boot is what the script starts with: the operation that the page was made of,
// and its answer.
type boot struct {
	Page      string         `json:"page"`
	Operation string         `json:"operation"`
	Variables map[string]any `json:"variables"`
	Answer    answer         `json:"answer"`
}

// builder makes a page of a request.
type builder func(r *http.Request, m *manifest) (view, error)

// redirect is an error that sends the reader to the page's one address.
type redirect struct {
	to      string
	passing bool
}

// status is permanent for another spelling of an address; what a search finds may
// change.
func (r redirect) status() int {
	if r.passing {
		return http.StatusFound
	}
	return http.StatusMovedPermanently
}

// Error names the address.
func (r redirect) Error() string { return "moved to " + r.to }

// page serves what build makes.
func (s *Site) page(build builder) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := s.manifest()
		if err != nil {
			s.cfg.Log.LogAttrs(r.Context(), slog.LevelWarn, "page failed", slog.Any("error", err))
			http.Error(w, "This binary was built without its pages. Run `make build`, which bundles them first.\nThe API is at /graphql, its schema at /schema.graphql.\n", http.StatusNotImplemented)
			return
		}
		v, err := build(r, m)
		if moved := new(redirect); errors.As(err, moved) {
			http.Redirect(w, r, moved.to, moved.status())
			return
		}
		if err != nil {
			s.cfg.Log.LogAttrs(r.Context(), slog.LevelWarn, "page failed", slog.Any("error", err))
			v = view{Template: "failed", Title: "ClickQL", Notice: "This page could not be made: the gateway did not answer. Try again in a moment.", status: http.StatusServiceUnavailable}
		}
		s.send(w, r, v, m)
	})
}

// send writes the page.
func (s *Site) send(w http.ResponseWriter, r *http.Request, v view, m *manifest) {
	v.Assets = m
	origin := Origin(r)
	v.Canonical = origin + v.Canonical
	if v.Image != "" {
		v.Image = origin + v.Image
	}
	if v.status == 0 && slices.Contains(embeddable, v.Template) {
		v.Discovery = &discovery{embeds.OEmbedAddress(origin, v.Canonical, embeds.JSON), embeds.OEmbedAddress(origin, v.Canonical, embeds.XML)}
	}
	if v.State.problem != "" && v.Notice == "" {
		v.Notice = v.State.problem
	}
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, "page.html", v); err != nil {
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelError, "page failed", slog.Any("error", err))
		http.Error(w, "this page could not be made; the log has the reason", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if v.status != 0 && v.status != http.StatusOK {
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(v.status)
		_, _ = w.Write(out.Bytes()) // the client has gone: nobody to tell
		return
	}
	sum := sha256.Sum256(out.Bytes())
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", tag)
	if match := r.Header.Get("If-None-Match"); strings.TrimSuffix(strings.TrimPrefix(match, "W/"), "-gzip") == tag || match == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(out.Bytes()) // as above
}

// Origin is the address that the reader reached the site by.
func Origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// fill asks the page's operation into data and gives the view its script's start.
func (s *Site) fill(r *http.Request, m *manifest, v *view, operation string, variables map[string]any, data any) (answer, error) {
	a, err := s.ask(r, m, operation, variables)
	if err != nil {
		return a, err
	}
	if len(a.Data) > 0 {
		var whole struct{ Dataset *dataset }
		if err := cmp.Or(json.Unmarshal(a.Data, data), json.Unmarshal(a.Data, &whole)); err != nil {
			return a, err
		}
		if d := whole.Dataset; d != nil && d.SettledDay != nil && v.State.last != "" {
			v.Until = *d.SettledDay
		}
	}
	if v.Hints, err = a.hints(); err != nil {
		return a, err
	}
	text, err := json.Marshal(boot{v.Template, operation, variables, a}) // which escapes <, > and &
	if err != nil {
		return a, err
	}
	v.Boot = template.JS(text)
	return a, nil
}

// withQuery is a path with the state's query behind it, where it has any.
func withQuery(path string, s state) string {
	if q := s.query().Encode(); q != "" {
		return path + "?" + q
	}
	return path
}
