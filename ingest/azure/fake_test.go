package azure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// exporter is the account of the service, and exporterKey what it would be signed with.
const (
	exporter    = "exporter"
	exporterKey = "aHVudGVyMg==" // hunter2
)

// pageSize is how many blobs a page of a listing holds: few, so that there are pages.
const pageSize = 2

// fakeContainer is one container of a blob service of its own on loopback, which speaks
// Azure's protocol and is held in memory: listing in pages, and reading whole or by ranges.
type fakeContainer struct {
	server *httptest.Server
	name   string

	mu     sync.Mutex
	writes int
	blobs  map[string]fakeBlob
	secret string // the only signature or key's name that may ask; empty: whoever asks
}

// fakeBlob is an object's content.
type fakeBlob struct {
	content []byte
	etag    string
}

// startFake starts a service with an empty container.
func startFake(name string) *fakeContainer {
	c := &fakeContainer{name: name, blobs: map[string]fakeBlob{}}
	c.server = httptest.NewServer(c)
	return c
}

// Stop ends the service.
func (c *fakeContainer) Stop() { c.server.Close() }

// Endpoint is the address of the account's blobs.
func (c *fakeContainer) Endpoint() string { return c.server.URL + "/" + exporter }

// Put writes a blob.
func (c *fakeContainer) Put(name string, content []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	c.blobs[name] = fakeBlob{content, fmt.Sprintf(`"0x8DE%011X"`, c.writes)}
}

// Remove takes a blob away.
func (c *fakeContainer) Remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.blobs, name)
}

// Require refuses requests that do not hold a text, in their address or in their
// Authorization: a signature's sig, or a key's "SharedKey ACCOUNT:". Signatures are
// not computed.
func (c *fakeContainer) Require(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secret = text
}

func (c *fakeContainer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("x-ms-version", r.Header.Get("x-ms-version"))
	w.Header().Set("x-ms-request-id", "1")
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"+exporter+"/"), "/")
	found, ok := c.blobs[key]
	switch {
	case c.secret != "" && !strings.Contains(r.URL.RawQuery+r.Header.Get("Authorization"), c.secret):
		if r.Header.Get("Authorization") == "" && !r.URL.Query().Has("sig") {
			refuse(w, r, http.StatusNotFound, "ResourceNotFound") // as private containers are to strangers
			return
		}
		refuse(w, r, http.StatusForbidden, "AuthorizationPermissionMismatch")
	case name != c.name:
		refuse(w, r, http.StatusNotFound, "ContainerNotFound")
	case r.URL.Query().Get("comp") == "list":
		c.list(w, r)
	case !ok:
		refuse(w, r, http.StatusNotFound, "BlobNotFound")
	default:
		serve(w, r, found)
	}
}

// refuse answers with one of the service's errors.
func refuse(w http.ResponseWriter, r *http.Request, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, code) // the client is gone
	}
}

// written is when every blob was last written.
var written = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// serve answers with a blob or a range of it.
func serve(w http.ResponseWriter, r *http.Request, b fakeBlob) {
	h := w.Header()
	h.Set("ETag", b.etag)
	h.Set("Content-Type", "application/octet-stream")
	h.Set("x-ms-blob-type", "BlockBlob")
	h.Set("x-ms-creation-time", written.Format(http.TimeFormat))
	h.Set("x-ms-lease-state", "available")
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-server-encrypted", "true")
	if of := r.Header.Get("x-ms-range"); of != "" {
		r.Header.Set("Range", of)
	}
	http.ServeContent(w, r, "", written, bytes.NewReader(b.content))
}

// The elements of a listing.
type (
	listing struct {
		XMLName xml.Name `xml:"EnumerationResults"`
		Name    string   `xml:"ContainerName,attr"`
		Prefix  string
		Blobs   []entry `xml:"Blobs>Blob"`
		Next    string  `xml:"NextMarker"`
	}
	entry struct {
		Name       string
		Properties properties
	}
	properties struct {
		Created  string `xml:"Creation-Time"`
		Modified string `xml:"Last-Modified"`
		ETag     string `xml:"Etag"`
		Length   int    `xml:"Content-Length"`
		Type     string `xml:"Content-Type"`
		BlobType string
		Tier     string `xml:"AccessTier"`
		Lease    string `xml:"LeaseStatus"`
		State    string `xml:"LeaseState"`
		Crypted  bool   `xml:"ServerEncrypted"`
	}
)

// list answers with a page of the blobs, in the order of their names.
func (c *fakeContainer) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	l := listing{Name: c.name, Prefix: q.Get("prefix")}
	for _, name := range slices.Sorted(maps.Keys(c.blobs)) {
		if !strings.HasPrefix(name, l.Prefix) || name < q.Get("marker") {
			continue
		}
		if len(l.Blobs) == pageSize {
			l.Next = name
			break
		}
		b, at := c.blobs[name], written.Format(http.TimeFormat)
		l.Blobs = append(l.Blobs, entry{name, properties{at, at, strings.Trim(b.etag, `"`), len(b.content), "application/octet-stream", "BlockBlob", "Hot", "unlocked", "available", true}})
	}
	w.Header().Set("Content-Type", "application/xml")
	text, err := xml.Marshal(l)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(append([]byte(xml.Header), text...)) // the client is gone
}
