package server

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// pagePolicy lets a page load from its own site only. Monaco writes its themes
// into style elements, hence the inline styles; fonts and icons may be data.
const pagePolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// unbuilt is the page in place of one whose bundle is not in the binary.
const unbuilt = "This binary was built without its pages. Run `make build`, which bundles them first.\n" +
	"The API is at /graphql, its schema at /schema.graphql.\n"

// page serves one page of the bundle.
func page(files fs.FS, name string) http.Handler {
	file := name + ".html"
	if _, err := fs.Stat(files, file+".gz"); err != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, unbuilt, http.StatusNotImplemented)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache") // it names the assets of one build
		sendPacked(w, r, files, file)
	})
}

// asset serves what pages load. Names carry a hash of the content, so that a
// browser never has to ask again.
func asset(files fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file := r.PathValue("file")
		if file != path.Base(file) || file == ".." || file == "." { // it leads elsewhere
			w.Header().Set("Cache-Control", "no-store")
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		sendPacked(w, r, files, path.Join("assets", file))
	})
}

// sendPacked sends a file of the bundle, which is in gzip form, unpacked for
// the rare client that does not take that.
func sendPacked(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	packed, err := fs.ReadFile(files, name+".gz")
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if err != nil {
		h.Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	}
	h.Set("Content-Type", contentType(name))
	sendGzip(w, r, contentTag(packed), packed)
}

// sendGzip sends what is packed, unless the client has it: as it is to who can
// unpack it.
func sendGzip(w http.ResponseWriter, r *http.Request, tag string, packed []byte) {
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", tag)
	switch {
	case fresh(r, tag):
		w.WriteHeader(http.StatusNotModified)
	case acceptsGzip(r):
		h.Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed) // the client has gone: nobody to tell
	default:
		unpack(w, packed)
	}
}

// unpack writes the content of a gzip file of the bundle.
func unpack(w http.ResponseWriter, packed []byte) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		http.Error(w, "the bundle in this binary is damaged; run `make build`", http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, z) // as above
}

// acceptsGzip reports that the client can unpack gzip.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(coding), ";")
		refused := strings.HasPrefix(strings.ReplaceAll(params, " ", ""), "q=0") && !strings.ContainsAny(params, "123456789")
		if (strings.EqualFold(name, "gzip") || name == "*") && !refused {
			return true
		}
	}
	return false
}

// contentType is the media type by the file's name, the same on every machine
// (mime's table depends on the system's files for some of them).
func contentType(name string) string {
	ext := path.Ext(name)
	return cmp.Or(mediaTypes[ext], mime.TypeByExtension(ext), "application/octet-stream")
}

var mediaTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".ttf": "font/ttf", ".woff": "font/woff", ".woff2": "font/woff2",
}
