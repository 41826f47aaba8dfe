package server

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// contentTag is the entity tag of what the parts stand for: the content itself,
// or everything that determines it. It is weak, since one content may be sent
// in several encodings.
func contentTag(parts ...[]byte) string {
	return `W/"` + base64.RawURLEncoding.EncodeToString(digest(parts...)[:15]) + `"`
}

// digest tells lists of parts apart.
func digest(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256(p) // fixed length: parts cannot run into one another
		h.Write(sum[:])
	}
	return h.Sum(nil)
}

// sendTagged sends a body, unless the client has it.
func sendTagged(w http.ResponseWriter, r *http.Request, tag string, body []byte) {
	w.Header().Set("ETag", tag)
	if fresh(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(body) // the client has gone: nobody to tell
}

// fresh reports that the client has what tag stands for already (If-None-Match,
// RFC 9110 section 13.1.2, weak comparison).
func fresh(r *http.Request, tag string) bool { return tagged(r, "*") || tagged(r, tag) }

// tagged reports that the client names the tag itself in If-None-Match.
func tagged(r *http.Request, tag string) bool {
	opaque := strings.TrimPrefix(tag, "W/")
	for _, line := range r.Header.Values("If-None-Match") {
		for candidate := range strings.SplitSeq(line, ",") {
			if strings.TrimPrefix(strings.TrimSpace(candidate), "W/") == opaque {
				return true
			}
		}
	}
	return false
}
