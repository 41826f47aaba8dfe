// Package fakes3 starts a store that speaks the protocol of S3 in this process, for
// tests and benchmarks.
package fakes3

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Bucket is one bucket of a store of its own on loopback, held in memory.
type Bucket struct {
	server  *httptest.Server
	backend *s3mem.Backend
	name    string

	mu    sync.Mutex
	key   string // the only one that may ask; empty: whoever asks
	token string // that goes with it
}

// Start starts a store with an empty bucket.
func Start(bucket string) (*Bucket, error) {
	b := &Bucket{backend: s3mem.New(), name: bucket}
	if err := b.backend.CreateBucket(bucket); err != nil {
		return nil, fmt.Errorf("make a bucket of a store for tests: %w", err)
	}
	store := gofakes3.New(b.backend, gofakes3.WithTimeSkewLimit(0)).Server()
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !b.admits(r) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`) // the client is gone
			return
		}
		store.ServeHTTP(w, r)
	}))
	return b, nil
}

// Stop ends the store.
func (b *Bucket) Stop() { b.server.Close() }

// URL is its address.
func (b *Bucket) URL() string { return b.server.URL }

// Require refuses requests that are not signed with a key and a session's token;
// empty ones require nothing. Signatures are not computed.
func (b *Bucket) Require(key, token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.key, b.token = key, token
}

// admits reports that a request is signed as required.
func (b *Bucket) admits(r *http.Request) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.key == "" || strings.Contains(r.Header.Get("Authorization"), "Credential="+b.key+"/") && r.Header.Get("X-Amz-Security-Token") == b.token
}

// Put writes an object.
func (b *Bucket) Put(name string, content []byte) error {
	_, err := b.backend.PutObject(b.name, name, nil, bytes.NewReader(content), int64(len(content)), nil)
	return err
}

// Remove removes an object.
func (b *Bucket) Remove(name string) error {
	_, err := b.backend.DeleteObject(b.name, name)
	return err
}
