package server

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"clickql/internal/cache"
	"clickql/internal/draw"
	"clickql/internal/embeds"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/picture"
	"clickql/internal/site"
	"clickql/internal/tabular"
)

// A format is the ending of an address. Those of tables are tabular's.
const (
	formatSVG  = "svg"
	formatPNG  = "png"
	formatHTML = "html"
)

// subject is what an address of pictures is about.
type subject interface {
	// answer is the subject in a format. The error is a *picture.Notice or a
	// *fault.Error.
	answer(ctx context.Context, op *fetch.Operation, format string) (body []byte, err error)
	// words are a few words in the subject's place, in its look; nil in a format of
	// numbers alone, which has no words.
	words(format string, w words) []byte
	// keep is how many seconds it may be kept.
	keep() int
}

// words are what stands in a subject's place: a few words, which may be drawn
// small, and a sentence. failed tells that something broke.
type words struct {
	text, detail string
	failed       bool
}

// kind is a kind of subjects: charts, badges or embeds.
type kind struct {
	use picture.Use
	// formats are the endings of addresses; without one, the first is meant.
	formats []string
	// policy is the Content-Security-Policy of its pictures or pages.
	policy string
	// read reads an address: the name in its path without the ending, and its
	// query. With an error, the subject can still say what is wrong.
	read func(name, query string) (subject, error)
}

// How long a picture may be kept by browsers and by the proxies of the sites
// that show it. The data changes daily, and a stale picture is revalidated by its
// tag at no cost. What is said in a picture's place may change in a minute.
const (
	keepStale   = ", stale-while-revalidate=86400, stale-if-error=604800" // as staleIfError has it
	keepUnknown = "public, max-age=60"                                    // the project may be in the next load
	keepNothing = "no-store"
)

// picturePolicy forbids an SVG that is opened by itself everything but its own
// styles.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'"

// maxPictures bounds the pictures that are kept in memory, in bytes: they save
// drawing, and outlast an absence of ClickHouse.
const maxPictures = 32 << 20

// pictures serves a kind of pictures, and their numbers. Whatever goes wrong is
// drawn as well, since pages show pictures and not texts.
type pictures struct {
	*Server
	kind
	salt []byte
	kept *cache.Cache[[]byte]
}

// pictures is the handler of a kind.
func (s *Server) pictures(k kind) http.Handler {
	return &pictures{s, k, buildSalt(), cache.New[[]byte](cache.Config{Bytes: maxPictures, Keep: keepOf(s.cfg.Loader), Now: time.Now})}
}

// ServeHTTP answers /KIND/NAME.FORMAT, /KIND/NAME and /KIND.FORMAT.
func (p *pictures) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, format, ok := p.split(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	subject, err := p.read(name, r.URL.RawQuery)
	v := view{p, w, r, subject, format}
	v.headers()
	if refused := refusalOf(r.Context()); refused != nil {
		err = refused
	}
	if err != nil {
		v.fail(err)
		return
	}
	if p.use == picture.OfChart && (v.drawn() || format == formatHTML) {
		w.Header()["Link"] = embeds.Discovery(site.Origin(r), v.address())
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.cfg.QueryTimeout)
	defer cancel()
	op := p.cfg.Loader.Begin(ctx)
	asked := format + " " + name + "?" + picture.Canonical(r.URL.RawQuery, p.use)
	version, tag := p.versioned(op, asked)
	stale := p.cfg.Loader.Stale()
	if stale == nil && version != "" && tagged(r, tag) {
		v.send(nil, tag)
		return
	}
	body, _, known := p.kept.Get(version, asked)
	switch {
	case known && stale != nil:
		v.old(body, stale)
		return
	case !known:
		op, body, err = v.draw(ctx, op, asked)
		version, tag = p.versioned(op, asked)
		stale = p.cfg.Loader.Stale()
	}
	failure := new(fault.Error)
	switch {
	case errors.As(err, &failure) && away(failure.Code) && v.instead(asked, failure.Code):
	case err != nil:
		v.fail(err)
	case stale != nil:
		v.old(body, stale)
	case known:
		v.send(body, tag)
	default:
		p.kept.Put(version, asked, body, int64(len(body)+len(asked)))
		if version == "" { // the content is the tag
			tag = contentTag(body)
		}
		v.send(body, tag)
	}
}

// versioned is the version of the data that an operation is of, and the tag of what
// was asked at that version.
func (p *pictures) versioned(op *fetch.Operation, asked string) (version, tag string) {
	version = op.Snapshot().Version
	p.kept.Use(version)
	return version, contentTag(p.salt, []byte(version), []byte(asked))
}

// keepOf is how long pictures of data that is no longer the newest are kept.
func keepOf(l *fetch.Loader) time.Duration {
	if l == nil {
		return 0
	}
	return l.StaleFor()
}

// split takes an address's path apart. A name may hold dots: only endings that
// there are count.
func (p *pictures) split(r *http.Request) (name, format string, ok bool) {
	file := r.PathValue("file")
	if file == "" {
		_, ending, dotted := strings.Cut(r.URL.Path[1:], ".")
		if !dotted {
			ending = p.formats[0]
		}
		return "", ending, true
	}
	for _, f := range p.formats {
		if name, ok := cutEnding(file, "."+f); ok {
			return name, f, name != ""
		}
	}
	return file, p.formats[0], true
}

// cutEnding is the name without its ending, in any case.
func cutEnding(name, ending string) (string, bool) {
	n := len(name) - len(ending)
	if n < 0 || !strings.EqualFold(name[n:], ending) {
		return name, false
	}
	return name[:n], true
}

// view is one request for a picture.
type view struct {
	*pictures
	w       http.ResponseWriter
	r       *http.Request
	subject subject
	format  string
}

// drawn tells that the answer is a picture.
func (v view) drawn() bool { return v.format == formatSVG || v.format == formatPNG }

// address is what was asked for, as a consumer of oEmbed would name it, with the
// parameters of pictures alone: a key stays with its owner.
func (v view) address() string {
	address := site.Origin(v.r) + v.r.URL.EscapedPath()
	if q := picture.Canonical(v.r.URL.RawQuery, v.use); q != "" {
		address += "?" + q
	}
	return address
}

// headers are those of every answer.
func (v view) headers() {
	h := v.w.Header()
	switch v.format {
	case formatSVG:
		h.Set("Content-Type", "image/svg+xml; charset=utf-8")
	case formatPNG:
		h.Set("Content-Type", "image/png")
	case formatHTML:
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp") // for pages around it that ask for it
	default:
		h.Set("Content-Type", tabular.Format(v.format).ContentType())
	}
	h.Set("Content-Security-Policy", v.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// draw has the subject answered, by the operation or the one that came in its place.
// Where ClickHouse turns out to be away meanwhile, and there is an answer from before,
// it is UNAVAILABLE at once.
func (v view) draw(ctx context.Context, op *fetch.Operation, asked string) (*fetch.Operation, []byte, error) {
	type drawing struct {
		op   *fetch.Operation
		body []byte
		err  error
	}
	answer := func() (d drawing) {
		d.op, d.err = v.cfg.Loader.Answer(ctx, op, func(op *fetch.Operation) (err error) {
			d.body, err = v.subject.answer(ctx, op, v.format)
			return err
		})
		return d
	}
	if _, _, before := v.kept.Any(asked); !before || v.cfg.Loader.StaleFor() <= 0 {
		d := answer()
		return d.op, d.body, d.err
	}
	d, ok := unlessAway(v.cfg.Loader, answer)
	if !ok {
		return op, nil, &fault.Error{Code: fault.Unavailable, Message: "ClickHouse does not answer"}
	}
	return d.op, d.body, d.err
}

// instead sends an answer from before in place of one that failed with a code; it
// reports whether there is one.
func (v view) instead(asked string, code fault.Code) bool {
	body, stale := fromBefore(v.kept, v.cfg.Loader, asked, string(code))
	if stale != nil {
		v.old(body, stale)
	}
	return stale != nil
}

// old sends an answer from before, marked.
func (v view) old(body []byte, stale *fetch.Stale) {
	tellAge(v.w, stale)
	_, _ = v.w.Write(markedPicture(body, v.format, v.density(), stale)) // the client has gone: nobody to tell
}

// density is how many pixels of a PNG there are to one of the page.
func (v view) density() float64 {
	switch s := v.subject.(type) {
	case badge:
		return s.Density
	case chart:
		return s.Density
	}
	return 1
}

// send sends an answer, unless the client has it.
func (v view) send(body []byte, tag string) {
	v.w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(v.subject.keep())+keepStale)
	sendTagged(v.w, v.r, tag, body)
}

// fail says what went wrong, or that there is nothing to show, with the status
// that tells it to proxies. A picture that there is none of is one all the same.
func (v view) fail(err error) {
	if notice := new(picture.Notice); errors.As(err, &notice) {
		status := http.StatusOK
		if !v.drawn() && v.use != picture.OfBadge {
			status = http.StatusNotFound
		}
		v.w.Header().Set("Cache-Control", keepUnknown)
		v.words(status, words{notice.Text, notice.Detail, false}, "NOT_FOUND")
		return
	}
	failure := new(fault.Error)
	if !errors.As(err, &failure) {
		failure = &fault.Error{Code: fault.Internal, Message: "the picture could not be drawn", Cause: err}
	}
	status, text := pictureStatus(failure.Code)
	keep := keepUnknown
	if status >= http.StatusInternalServerError {
		keep = keepNothing
		v.cfg.Log.LogAttrs(v.r.Context(), slog.LevelWarn, "picture failed",
			slog.String("code", string(failure.Code)), slog.String("error", failure.Message), slog.Any("cause", failure.Cause))
	}
	if failure.Retry > 0 {
		keep = keepNothing
	}
	retryAfter(v.w, failure)
	v.w.Header().Set("Cache-Control", keep)
	v.words(status, words{text, failure.Message, true}, string(failure.Code))
}

// words answers with a few words: in the subject's look, or as an error in
// GraphQL's form.
func (v view) words(status int, w words, code string) {
	body := v.subject.words(v.format, w)
	if body == nil {
		body, _ = json.Marshal(errorBody(code, sentence(w.text, w.detail))) // a map of texts can be written
	}
	if !v.drawn() && v.format != formatHTML {
		v.w.Header().Set("Content-Type", "application/json")
	}
	v.w.WriteHeader(status)
	_, _ = v.w.Write(body) // as above
}

// sentence is a few words with their explanation.
func sentence(text, detail string) string {
	if detail == "" {
		return text
	}
	return text + ": " + detail
}

// shown is a drawing in a format.
func shown(d *draw.Drawing, format string, theme draw.Theme, density float64) ([]byte, error) {
	if format != formatPNG {
		return d.SVG(theme, draw.File), nil
	}
	body, err := d.PNG(theme, density)
	if err != nil {
		return nil, fault.BadInput("a PNG of %.0f x %.0f at dpr=%g has too many pixels; at most %d are drawn", d.W, d.H, density, draw.MaxPixels)
	}
	return body, nil
}

// said is a drawing of words in a format: smaller where it has too many pixels, as
// words must not fail.
func said(d *draw.Drawing, format string, theme draw.Theme, density float64) []byte {
	body, err := shown(d, format, theme, density)
	if err != nil {
		body, err = shown(d, format, theme, 1)
	}
	if err != nil { // of words: cannot be
		return nil
	}
	return body
}

// pictureStatus is the HTTP status of a failure, and the word or two that fit
// on a badge.
func pictureStatus(code fault.Code) (status int, text string) {
	switch code {
	case fault.BadUserInput:
		return http.StatusBadRequest, "wrong parameter"
	case fault.NotFound:
		return http.StatusNotFound, "not found"
	case fault.CostLimit, fault.Uncovered:
		return http.StatusUnprocessableEntity, "too much to count"
	case fault.RateLimited:
		return http.StatusTooManyRequests, "too many requests"
	case fault.Unauthenticated:
		return http.StatusUnauthorized, "unknown key"
	case fault.Forbidden:
		return http.StatusForbidden, "forbidden"
	case fault.Unavailable, fault.Overloaded:
		return http.StatusServiceUnavailable, "unavailable"
	case fault.Timeout:
		return http.StatusGatewayTimeout, "timed out"
	default:
		return http.StatusInternalServerError, "failed"
	}
}
