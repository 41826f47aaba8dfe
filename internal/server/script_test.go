package server

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"clickql/internal/server/web"
)

// released are the hashes of the versions of /embed.vN.js. Pages of others hold
// them: a line is added here with each release, and none ever changes.
var released = []string{
	"sha384-oX4umYIUesNK3kNMUjyHABim1EwlykMfQ6KtPGOceDpcZtFDuvRkfh1JzFgJnQeb",
	"sha384-EiGbE26AW2hNsjBmMQ6Q+YKCRXuEDrValBSCVQgKfZirsgfz6twffrMdRCbNMNDf",
}

// maxScript is how large a version may be when it is sent, in bytes.
const maxScript = 30_000

// TestReleasedScriptsNeverChange: what is served at a version's address is what its
// hash says, to a page of any site, whatever sites may read answers.
func TestReleasedScriptsNeverChange(t *testing.T) {
	versions := web.Embeds()
	if len(versions) != len(released) {
		t.Fatalf("%d versions; %d are written down", len(versions), len(released))
	}
	base, _ := start(t, Config{Origins: []string{"https://ours.example"}})
	for i, want := range released {
		address := fmt.Sprintf("%s/embed.v%d.js", base, i+1)
		got := ask(t, "GET", address, "", "Origin", "https://blog.example")
		sum := sha512.Sum384([]byte(got.body))
		if hash := "sha384-" + base64.StdEncoding.EncodeToString(sum[:]); hash != want || got.header.Get("Integrity") != want || versions[i].Integrity != want {
			t.Errorf("%s: %s, said %s and %s, want %s", address, hash, got.header.Get("Integrity"), versions[i].Integrity, want)
		}
		for name, value := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Content-Type": "text/javascript; charset=utf-8",
			"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
		} {
			if got.header.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", address, name, got.header.Get(name), value)
			}
		}
		packed := ask(t, "GET", address, "", "Accept-Encoding", "gzip")
		if packed.header.Get("Content-Encoding") != "gzip" || gunzip(t, packed.body) != got.body || len(packed.body) > maxScript {
			t.Errorf("%s: %d bytes as it is sent, %v", address, len(packed.body), packed.header)
		}
		if again := ask(t, "GET", address, "", "If-None-Match", got.header.Get("ETag")); again.status != http.StatusNotModified {
			t.Errorf("%s again: %d", address, again.status)
		}
	}
	if newest := ask(t, "GET", base+"/embed.js", ""); newest.header.Get("Integrity") != released[len(released)-1] || strings.Contains(newest.header.Get("Cache-Control"), "immutable") {
		t.Errorf("%v", newest.header)
	}
	if none := ask(t, "GET", base+fmt.Sprintf("/embed.v%d.js", len(released)+1), ""); none.status != http.StatusNotFound {
		t.Errorf("%d", none.status)
	}
	var list struct {
		Versions []struct{ Src, Integrity string }
	}
	if err := json.Unmarshal([]byte(ask(t, "GET", base+"/embed.json", "").body), &list); err != nil || len(list.Versions) != len(released) || list.Versions[0].Integrity != released[0] || list.Versions[0].Src != "/embed.v1.js" {
		t.Errorf("%v %+v", err, list)
	}
}
