package server

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"

	"clickql/internal/access"
	"clickql/internal/cache"
	"clickql/internal/fetch"
	"clickql/internal/gqlhttp"
)

// staleIfError is for how many seconds caches may give an answer while the gateway
// fails: a week.
const staleIfError = 604800

// response is a whole answer, as it was sent.
type response struct {
	contentType string
	body        []byte
	tag         string
}

// responses answers requests that were answered before on the same data,
// without looking into them. Only answers without errors are kept: an error may
// pass.
type responses struct {
	kept    *cache.Cache[response]
	loader  *fetch.Loader
	metrics *metrics
	salt    []byte // of tags: another binary may write the same data differently
	trusted *gqlhttp.Trusted
	next    http.Handler
}

// notModified answers a GET from a client that has the answer on this data
// already: tags are given for answers without errors only, so that nothing need
// be looked up, not even here.
func (s *responses) notModified(w http.ResponseWriter, r *http.Request, tag string) bool {
	if r.Method != http.MethodGet || !tagged(r, tag) {
		return false
	}
	response{tag: tag}.send(w, r, 0)
	return true
}

// newResponses keeps the answers of the GraphQL handler.
func (s *Server) newResponses(m *metrics) http.Handler {
	if s.cfg.CacheBytes <= 0 || s.cfg.Loader == nil {
		return s.cfg.GraphQL
	}
	kept := cache.New[response](cache.Config{Bytes: s.cfg.CacheBytes, Keep: s.cfg.Loader.StaleFor(), Now: time.Now})
	return &responses{kept, s.cfg.Loader, m, buildSalt(), s.cfg.Trusted, s.cfg.GraphQL}
}

// ServeHTTP answers from memory, or lets next answer and keeps it. The body has
// been read into memory before. While ClickHouse is away, what was answered before is
// the answer, marked, whatever data it was of.
func (s *responses) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, ok := s.key(r)
	if !ok {
		s.next.ServeHTTP(w, r)
		return
	}
	if s.loader.Stale() != nil {
		if !s.instead(w, r, key, "") {
			s.next.ServeHTTP(w, r)
		}
		return
	}
	version := s.loader.Version()
	if version == "" && (s.loader.StaleFor() <= 0 || s.loader.Ready() != nil) {
		s.next.ServeHTTP(w, r)
		return
	}
	tag := contentTag([]byte(version), []byte(key), s.salt)
	if version != "" && s.notModified(w, r, tag) {
		s.metrics.response("not_modified")
		return
	}
	s.kept.Use(version)
	kept, age, hit := s.kept.Get(version, key)
	if hit {
		s.metrics.response("hit")
		kept.send(w, r, age)
		return
	}
	s.metrics.response("miss")
	rec, ok := s.fresh(w, r, key)
	switch {
	case !ok:
		if !s.instead(w, r, key, "") { // it was too old after all
			s.next.ServeHTTP(w, r)
		}
		return
	case rec.streamed:
		return
	}
	s.settle(w, r, key, version, tag, rec)
}

// fresh lets next answer; ok is false where ClickHouse turned out to be away, and there
// is an answer from before.
func (s *responses) fresh(w http.ResponseWriter, r *http.Request, key string) (rec *recorder, ok bool) {
	if _, _, before := s.kept.Any(key); !before || s.loader.StaleFor() <= 0 {
		rec = &recorder{Recorder: gqlhttp.Recorder{Head: w.Header()}, to: w}
		s.next.ServeHTTP(rec, r)
		return rec, true
	}
	rec, ok = unlessAway(s.loader, func() *recorder {
		apart := &recorder{Recorder: gqlhttp.Recorder{Head: w.Header().Clone()}} // there may be nobody left to write to
		s.next.ServeHTTP(apart, r)
		return apart
	})
	if ok {
		maps.Copy(w.Header(), rec.Head)
	}
	return rec, ok
}

// settle keeps an answer that has no errors, and sends it; one that failed as
// ClickHouse could not be asked gives way to one from before.
func (s *responses) settle(w http.ResponseWriter, r *http.Request, key, version, tag string, rec *recorder) {
	answer := response{rec.Head.Get("Content-Type"), rec.Body.Bytes(), tag}
	if code := failedAway(answer.body); code != "" && s.instead(w, r, key, code) {
		return
	}
	if rec.Status != http.StatusOK && rec.Status != 0 || bytes.HasPrefix(answer.body, []byte(`{"errors"`)) {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(max(rec.Status, http.StatusOK))
		_, _ = w.Write(answer.body) // the client has gone: nobody to tell
		return
	}
	switch {
	case s.loader.Stale() != nil: // it may tell that it is
		answer.tag = ""
	case s.loader.Version() == version: // else some of it may be of newer data
		s.kept.Put(version, key, answer, int64(len(answer.body)))
	}
	if version == "" || s.loader.Version() != version {
		answer.tag = ""
	}
	answer.send(w, r, 0)
}

// instead sends an answer from before in place of one that failed with a code; it
// reports whether there is one.
func (s *responses) instead(w http.ResponseWriter, r *http.Request, key, code string) bool {
	kept, stale := fromBefore(s.kept, s.loader, key, code)
	if stale == nil {
		return false
	}
	s.metrics.response("stale")
	h := w.Header()
	h.Del("Retry-After")
	h.Set("Content-Type", kept.contentType)
	tellAge(w, stale)
	if r.Method == http.MethodGet {
		h.Add("Vary", "Accept")
	}
	_, _ = w.Write(markedResponse(kept.body, stale)) // the client has gone: nobody to tell
	return true
}

// send writes the answer. To GET it is sent with a tag by which it can be asked
// for again at no cost: new data changes the tag, so no copy may be used
// without asking.
func (a response) send(w http.ResponseWriter, r *http.Request, age time.Duration) {
	h := w.Header()
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if r.Method == http.MethodPost {
		h.Set("Cache-Control", "no-store")
	} else if a.tag != "" {
		h.Set("Cache-Control", "public, no-cache, stale-if-error="+strconv.Itoa(staleIfError))
		h.Set("ETag", a.tag)
		h.Add("Vary", "Accept")
		if fresh(r, a.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if age > 0 {
		h.Set("Age", strconv.Itoa(int(age.Seconds())))
	}
	_, _ = w.Write(a.body) // the client has gone: nobody to tell
}

// key is what determines an answer beside the data; ok is false for a request whose
// answer also tells how it was come by, or that is not of a form that is answered with
// data. Of a batch the errors of a part are in the middle of the answer: its parts' own
// answers are in memory all the same.
func (s *responses) key(r *http.Request) (key string, ok bool) {
	body := requestBody(r)
	asked := []byte(r.URL.RawQuery)
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		return "", false
	}
	if bytes.Contains(body, []byte("explain")) || bytes.Contains(asked, []byte("explain")) {
		return "", false
	}
	trusted := ""
	if s.trusted != nil {
		trusted = s.trusted.State()
	}
	sum := digest([]byte(r.Method), asked, []byte(r.Header.Get("Accept")), []byte(r.Header.Get("Content-Type")), []byte(access.Of(r.Context()).Variant()), []byte(trusted), body)
	return string(sum), r.Method == http.MethodGet || r.Method == http.MethodPost
}

// requestBody is the request's body, which stays to be read.
func requestBody(r *http.Request) []byte {
	if there, ok := r.Body.(interface{ Bytes() []byte }); ok {
		return there.Bytes()
	}
	body, err := io.ReadAll(r.Body)
	if err != nil { // of a body in memory: cannot be
		body = nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// recorder takes an answer in, unless it is a stream.
type recorder struct {
	gqlhttp.Recorder
	to       http.ResponseWriter
	streamed bool
}

// Stream is the client's writer: a stream is not kept.
func (r *recorder) Stream() http.ResponseWriter {
	if r.to == nil { // taken in like everything else
		return r
	}
	r.streamed = true
	if below, ok := r.to.(interface{ Stream() http.ResponseWriter }); ok {
		return below.Stream()
	}
	return r.to
}
