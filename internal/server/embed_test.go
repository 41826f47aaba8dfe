package server

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestEmbedsAlone may be in frames of other sites.
func TestEmbedsAlone(t *testing.T) {
	g, _ := sampled(t)
	for path, framed := range map[string]bool{
		"/embed/alpha?last=all": true, "/embed": true, "/embed/none": true, "/embed/alpha?last=x": true,
		"/": false, "/chart/alpha.svg?last=all": false, "/playground": false, "/project/alpha": false, "/graphql?query=%7B__typename%7D": false, "/badge/alpha.svg": false, "/nothing": false,
	} {
		h := ask(t, "GET", g.base+path, "").header
		policy := h.Get("Content-Security-Policy")
		if got := h.Get("X-Frame-Options") == ""; got != framed {
			t.Errorf("%s: X-Frame-Options %q", path, h.Get("X-Frame-Options"))
		}
		if got := strings.Contains(policy, "frame-ancestors *"); got != framed {
			t.Errorf("%s: policy %q", path, policy)
		}
		if framed && (h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || strings.Contains(policy, "unsafe-inline") || !strings.HasPrefix(h.Get("Content-Type"), "text/html")) {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// TestEmbedShowsTheChart: the page has the chart's numbers, keeps, is revalidated,
// and says what it cannot show.
func TestEmbedShowsTheChart(t *testing.T) {
	g, _ := sampled(t)
	path := "/embed/alpha?last=all&interval=week"
	got := ask(t, "GET", g.base+path, "")
	if got.status != http.StatusOK || !strings.Contains(got.body, "<th scope=\"row\">week of 4 Mar 2024</th><td>280</td>") || strings.Count(got.body, "<svg") != 4 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if keep := got.header.Get("Cache-Control"); !strings.HasPrefix(keep, "public, max-age=600") {
		t.Errorf("%s", keep)
	}
	if again := ask(t, "GET", g.base+path, "", "If-None-Match", got.header.Get("ETag")); again.status != http.StatusNotModified {
		t.Errorf("%d", again.status)
	}
	if links := strings.Join(got.header.Values("Link"), "\n"); strings.Count(links, "+oembed") != 2 {
		t.Errorf("%s", links)
	}
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/embed/alphq":                                 {http.StatusNotFound, "Is alpha meant?"},
		"/embed/alpha?last=soon":                       {http.StatusBadRequest, "soon"},
		"/embed/alpha?country=NZ":                      {http.StatusBadRequest, "there are DE, FR"},
		"/embed?by=project&last=all":                   {http.StatusOK, "<th scope=\"row\">alpha</th><td>1,200</td><td>98 %</td>"},
		"/embed/alpha,beta?last=all":                   {http.StatusOK, `href="/compare/alpha,beta?last=all"`},
		"/embed/alpha?last=all&shape=map":              {http.StatusOK, "<th scope=\"row\">Germany</th><td>900</td><td>75 %</td>"},
		"/embed/alpha?last=all&by=country&shape=donut": {http.StatusOK, "Germany"},
	} {
		if got := ask(t, "GET", g.base+path, ""); got.status != want.status || !strings.Contains(got.body, want.text) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// TestOEmbed: statuses, types and limits as the specification has them, found from
// the addresses themselves.
func TestOEmbed(t *testing.T) {
	g, _ := sampled(t)
	of := func(path, more string) string { return g.base + "/oembed?url=" + url.QueryEscape(g.base+path) + more }
	for address, status := range map[string]int{
		of("/project/alpha", ""): 200, of("/project/alpha", "&format=json"): 200, of("/project/alpha", "&format=xml"): 200,
		of("/project/alpha", "&format=yaml"): 501, of("/project/none", ""): 404, of("/graphql", ""): 404,
		of("/chart/alpha.png", "&maxwidth=20"): 404, of("/project/alpha", "&maxwidth=wide"): 400,
		g.base + "/oembed": 400, g.base + "/oembed?url=https%3A%2F%2Felsewhere.example%2F": 404,
	} {
		if got := ask(t, "GET", address, ""); got.status != status {
			t.Errorf("%s: %d, want %d: %s", address, got.status, status, got.body)
		}
	}
	got := ask(t, "GET", of("/project/alpha", "&maxwidth=400&maxheight=300"), "", "Origin", "https://blog.example")
	var answer struct {
		Type, HTML    string
		Width, Height int
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || answer.Type != "rich" || answer.Width != 400 || answer.Height != 300 || !strings.Contains(answer.HTML, g.base+"/embed/alpha") {
		t.Errorf("%v %s", err, got.body)
	}
	if got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", got.header)
	}
	if xml := ask(t, "GET", of("/project/alpha", "&format=xml"), ""); !strings.HasPrefix(xml.header.Get("Content-Type"), "text/xml") || !strings.Contains(xml.body, "<oembed>") {
		t.Errorf("%+v", xml)
	}
	link := ask(t, "GET", g.base+"/chart/alpha.svg?last=all&key=secret", "").header.Values("Link")
	if len(link) != 2 || strings.Contains(strings.Join(link, ""), "secret") {
		t.Fatalf("%q", link)
	}
	found, _, _ := strings.Cut(strings.TrimPrefix(link[0], "<"), ">")
	if got := ask(t, "GET", found, ""); got.status != http.StatusOK || !strings.Contains(got.body, "last=all") {
		t.Errorf("%s: %d %s", found, got.status, got.body)
	}
}
