package gqlhttp

import (
	"bytes"
	"net/http"
)

// Recorder takes an answer in, for who asks a handler within its own process.
type Recorder struct {
	Head   http.Header
	Status int // 0 where the handler has not told one
	Body   bytes.Buffer
}

// Header is that of the response to come.
func (r *Recorder) Header() http.Header { return r.Head }

// WriteHeader notes the status.
func (r *Recorder) WriteHeader(status int) { r.Status = status }

// Write takes a part of the body.
func (r *Recorder) Write(p []byte) (int, error) { return r.Body.Write(p) }
