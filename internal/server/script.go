package server

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"

	"clickql/internal/server/web"
)

// scripts are the addresses of the script that draws charts in other people's
// pages: each released version at its own, which never changes, and the newest at
// /embed.js. Any page may load and check them: they are the same for everybody.
func scripts(versions []web.Embed) map[string]http.Handler {
	routes := map[string]http.Handler{}
	for _, v := range versions {
		routes[fmt.Sprintf("GET /embed.v%d.js", v.Version)] = script(v, "public, max-age=31536000, immutable")
		routes["GET /embed.js"] = script(v, "public, max-age=3600, stale-while-revalidate=86400")
	}
	routes["GET /embed.json"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		list := []map[string]any{}
		for _, v := range versions {
			list = append(list, map[string]any{"version": v.Version, "src": fmt.Sprintf("/embed.v%d.js", v.Version), "integrity": v.Integrity})
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		writeJSON(w, http.StatusOK, map[string]any{"versions": list})
	})
	return routes
}

// script serves one version. Integrity is not for browsers, which take it from the
// page: it is for people and programs that write one.
func script(v web.Embed, keep string) http.Handler {
	packed, tag := gzipped(v.Script), contentTag(v.Script)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType(".js"))
		h.Set("Cache-Control", keep)
		h.Set("Integrity", v.Integrity)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Access-Control-Allow-Origin", "*") // else a browser cannot check the hash
		h.Set("Access-Control-Expose-Headers", "Integrity")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		sendGzip(w, r, tag, packed)
	})
}

// gzipped is a content in gzip form.
func gzipped(content []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil { // there is that level
		panic(err)
	}
	_, _ = z.Write(content) // a buffer takes everything
	_ = z.Close()           // as above
	return out.Bytes()
}
