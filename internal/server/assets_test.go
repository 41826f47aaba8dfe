package server

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// bundle is a built bundle in small.
func bundle(t *testing.T, files map[string]string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		fsys[name+".gz"] = &fstest.MapFile{Data: b.Bytes()}
	}
	return fsys
}

func TestPagesLoadFromTheirOwnSiteOnly(t *testing.T) {
	ts := httptest.NewServer(page(bundle(t, map[string]string{"playground.html": "<p>hello"}), "playground"))
	defer ts.Close()
	got := ask(t, "GET", ts.URL, "", "Accept-Encoding", "br, gzip")
	if got.header.Get("Content-Type") != "text/html; charset=utf-8" || gunzip(t, got.body) != "<p>hello" {
		t.Errorf("%+v", got)
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "http") {
		t.Errorf("policy %q", policy)
	}
}

func TestPageWithoutBundleSaysHowToBuildIt(t *testing.T) {
	ts := httptest.NewServer(page(fstest.MapFS{".gitkeep": {}}, "playground"))
	defer ts.Close()
	got := ask(t, "GET", ts.URL, "")
	if got.status != http.StatusNotImplemented || !strings.Contains(got.body, "make build") {
		t.Errorf("%+v", got)
	}
}

func TestAssets(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/{file}", asset(bundle(t, map[string]string{"assets/app-1.js": "run()"})))
	ts := httptest.NewServer(mux)
	defer ts.Close()

	got := ask(t, "GET", ts.URL+"/assets/app-1.js", "", "Accept-Encoding", "gzip")
	if got.header.Get("Content-Encoding") != "gzip" || gunzip(t, got.body) != "run()" {
		t.Errorf("packed: %+v", got)
	}
	if !strings.Contains(got.header.Get("Cache-Control"), "immutable") || got.header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("headers: %v", got.header)
	}
	for _, encodings := range []string{"", "gzip;q=0", "br"} {
		if got := ask(t, "GET", ts.URL+"/assets/app-1.js", "", "Accept-Encoding", encodings); got.body != "run()" {
			t.Errorf("accepting %q: %+v", encodings, got)
		}
	}
	if got := ask(t, "GET", ts.URL+"/assets/app-1.js", "", "If-None-Match", got.header.Get("ETag")); got.status != http.StatusNotModified {
		t.Errorf("again: %+v", got)
	}
	if got := ask(t, "GET", ts.URL+"/assets/none.js", ""); got.status != http.StatusNotFound || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("missing: %+v", got)
	}
}
