package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clickql/ingest/export"
)

// The bounds of asking a server.
const (
	maxTries      = 4
	firstWait     = 500 * time.Millisecond // before the second try; doubles
	answerTimeout = 2 * time.Minute
	maxRedirects  = 10
	maxPage       = 64 << 20 // bytes of an index page or a list
)

// errGone reports that a server does not have what was asked for.
var errGone = errors.New("there is no such file on the server")

// newClient bounds a client, and lets it be sent on to safe addresses only.
func newClient(c *http.Client) *http.Client {
	if c == nil {
		c = &http.Client{}
	}
	bounded := *c
	bounded.Timeout = answerTimeout
	bounded.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		switch {
		case len(via) >= maxRedirects:
			return fmt.Errorf("the server sends on more than %d times", maxRedirects)
		case r.URL.Scheme != "https" && !loopback(r.URL.Hostname()),
			loopback(r.URL.Hostname()) && !loopback(via[0].URL.Hostname()):
			return errors.New("the server sends on to an address that is not read: another than https, or this machine's own")
		}
		return nil
	}
	return &bounded
}

// authorization is the header that a server is told who asks by; empty for one that
// no login is known for.
func (s *Source) authorization(host string) string {
	l, ok := s.logins()[host]
	if !ok {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(l.name+":"+l.password))
}

// ask sends a request, again where the server or the network fails for the moment.
// The caller closes the answer's body. Answers that are no success are errors,
// except those that take no such request.
func (s *Source) ask(ctx context.Context, method string, a address, header http.Header) (*http.Response, error) {
	wait := s.cfg.Wait
	for try := 1; ; try++ {
		res, again, err := s.askOnce(ctx, method, a, header)
		if !again || try == maxTries || ctx.Err() != nil {
			return res, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, context.Cause(ctx)
		case <-timer.C:
		}
		wait *= 2
	}
}

// askOnce sends a request once; again reports that another try may succeed.
func (s *Source) askOnce(ctx context.Context, method string, a address, header http.Header) (res *http.Response, again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, method, a.String(), http.NoBody)
	if err != nil {
		return nil, false, fmt.Errorf("%s is no address: %w", a, err)
	}
	r.Header = http.Header{"User-Agent": {"clickql"}, "Accept-Encoding": {"identity"}} // a compressed answer has another ETag and size
	for name, values := range header {
		r.Header[name] = values
	}
	if login := s.authorization(a.host); login != "" {
		r.Header.Set("Authorization", login)
	}
	if res, err = s.client.Do(r); err != nil {
		if ctx.Err() != nil {
			return nil, false, context.Cause(ctx)
		}
		return nil, true, export.Unreachable(a.origin, err)
	}
	switch code := res.StatusCode; code {
	case http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusOK, http.StatusPartialContent:
		return res, false, nil
	case http.StatusNotFound, http.StatusGone:
		err = errGone
	case http.StatusUnauthorized, http.StatusForbidden:
		err = fmt.Errorf("the server refuses it (%s): give a login for the machine %s in the netrc file (~/.netrc, or the one that NETRC names)", res.Status, a.host)
	default:
		again = code == http.StatusTooManyRequests || code >= http.StatusInternalServerError
		err = fmt.Errorf("the server answers %s", res.Status)
	}
	_ = res.Body.Close() // nothing of it is wanted
	return nil, again, err
}

// stat looks at a file: at its head, or, where the server does not tell all by that,
// at its first byte.
func (s *Source) stat(ctx context.Context, a address) (export.Object, error) {
	res, err := s.ask(ctx, http.MethodHead, a, nil)
	if err != nil {
		return export.Object{}, err
	}
	_ = res.Body.Close() // it has none
	size := res.ContentLength
	if res.StatusCode != http.StatusOK || size < 0 {
		if res, err = s.ask(ctx, http.MethodGet, a, http.Header{"Range": {"bytes=0-0"}}); err != nil {
			return export.Object{}, err
		}
		_ = res.Body.Close() // only its header is wanted
		size = sizeOf(res)
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent {
		return export.Object{}, fmt.Errorf("the server answers %s", res.Status)
	}
	if size < 0 {
		return export.Object{}, errors.New("the server does not tell how large it is (Content-Length)")
	}
	generation, err := generationOf(res.Header, size)
	return export.Object{Name: a.String(), Generation: generation, Size: size, Path: escaped(a.path)}, err
}

// sizeOf is the whole size of what was answered with, whole or in part; -1 where the
// server does not tell.
func sizeOf(res *http.Response) int64 {
	if res.StatusCode == http.StatusOK {
		return res.ContentLength
	}
	_, total, _ := strings.Cut(res.Header.Get("Content-Range"), "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return -1
	}
	return size
}

// longTag is the length from which an ETag is known by its digest.
const longTag = 128

// generationOf tells one content of a file from another.
func generationOf(h http.Header, size int64) (string, error) {
	if tag := strings.ReplaceAll(h.Get("ETag"), `"`, ""); tag != "" {
		if len(tag) > longTag {
			return fmt.Sprintf("%x", sha256.Sum256([]byte(tag))), nil
		}
		return tag, nil
	}
	at, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil {
		return "", errors.New("the server gives it neither an ETag nor a Last-Modified, so that nobody could tell when it changes: have the server give one")
	}
	return fmt.Sprintf("%d-%s", size, at.UTC().Format("20060102T150405Z")), nil
}

// page is what a server answers with, whole.
type page struct {
	content []byte
	kind    string   // its Content-Type
	at      *url.URL // where the server has sent on to
}

// read reads a page.
func (s *Source) read(ctx context.Context, a address) (page, error) {
	res, err := s.ask(ctx, http.MethodGet, a, nil)
	if err != nil {
		return page{}, err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	if res.StatusCode != http.StatusOK {
		return page{}, fmt.Errorf("the server answers %s", res.Status)
	}
	content, err := io.ReadAll(io.LimitReader(res.Body, maxPage+1))
	switch {
	case err != nil:
		return page{}, export.Unreachable(a.origin, err)
	case len(content) > maxPage:
		return page{}, fmt.Errorf("it is longer than %d MiB", maxPage>>20)
	}
	return page{content, res.Header.Get("Content-Type"), res.Request.URL}, nil
}
