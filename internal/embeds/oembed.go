package embeds

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"net/url"

	"clickql/internal/render"
)

// Format is a form of oEmbed's answers.
type Format string

// The formats; of others the specification wants 501 Not Implemented.
const (
	JSON Format = "json"
	XML  Format = "xml"
)

var mediaTypes = map[Format]string{JSON: "application/json", XML: "text/xml"}

// ContentType is the format's media type, as the specification names it.
func (f Format) ContentType() string { return mediaTypes[f] + "; charset=utf-8" }

// linked is the media type of a link to an answer in the format (oEmbed, section 4).
func (f Format) linked() string { return mediaTypes[f] + "+oembed" }

// Response is an answer of oEmbed 1.0, section 2.3.4.
type Response struct {
	XMLName         xml.Name `json:"-" xml:"oembed"`
	Version         string   `json:"version" xml:"version"`
	Type            Type     `json:"type" xml:"type"`
	Title           string   `json:"title" xml:"title"`
	ProviderName    string   `json:"provider_name" xml:"provider_name"`
	ProviderURL     string   `json:"provider_url" xml:"provider_url"`
	CacheAge        int      `json:"cache_age" xml:"cache_age"` // seconds
	HTML            string   `json:"html,omitempty" xml:"html,omitempty"`
	URL             string   `json:"url,omitempty" xml:"url,omitempty"`
	Width           int      `json:"width,omitempty" xml:"width,omitempty"`
	Height          int      `json:"height,omitempty" xml:"height,omitempty"`
	ThumbnailURL    string   `json:"thumbnail_url,omitempty" xml:"thumbnail_url,omitempty"`
	ThumbnailWidth  int      `json:"thumbnail_width,omitempty" xml:"thumbnail_width,omitempty"`
	ThumbnailHeight int      `json:"thumbnail_height,omitempty" xml:"thumbnail_height,omitempty"`
}

// Type is what an answer shows.
type Type string

// The types that there are answers of.
const (
	Rich  Type = "rich"  // HTML: an iframe
	Photo Type = "photo" // an image's address
	Link  Type = "link"  // nothing but the title
)

// Write is the answer in a format.
func (r *Response) Write(f Format) (body []byte, err error) {
	if f == XML {
		body, err = xml.Marshal(r)
		body = append([]byte(`<?xml version="1.0" encoding="utf-8" standalone="yes"?>`+"\n"), body...)
	} else {
		var out bytes.Buffer
		plain := json.NewEncoder(&out)
		plain.SetEscapeHTML(false) // it is read as JSON, and by people
		err = plain.Encode(r)
		body = out.Bytes()
	}
	if err != nil {
		return nil, fmt.Errorf("write oEmbed's answer: %w", err)
	}
	return body, nil
}

// cacheAge is for how many seconds a consumer may keep an answer: it names an
// address, behind which the numbers change.
const cacheAge = 24 * 60 * 60

// OEmbed tells how to show one of the site's addresses within a consumer's limits;
// ok is false for one that there is nothing to show of. origin is the site's own,
// such as https://example.org; known tells that there is one of these projects.
func OEmbed(address, origin string, limits Limits, known func(names []string) bool) (r *Response, ok bool) {
	t, ok := read(address, origin)
	if !ok || len(t.chart.Names) > 0 && !known(t.chart.Names) {
		return nil, false
	}
	r = &Response{Version: "1.0", Type: t.as, Title: t.title(), ProviderName: "ClickQL", ProviderURL: origin + "/", CacheAge: cacheAge}
	if t.as == Link {
		return r, true
	}
	if path, w, h, ok := t.thumbnail(limits); ok {
		r.ThumbnailURL, r.ThumbnailWidth, r.ThumbnailHeight = origin+path, w, h
	}
	if t.as == Rich {
		r.frame(t, origin, limits)
		return r, true
	}
	path, w, h, ok := t.png(limits)
	r.URL, r.Width, r.Height = origin+path, w, h
	return r, ok
}

// frame has the answer be an iframe.
func (r *Response) frame(t target, origin string, limits Limits) {
	r.Width, _, _ = render.CheckSize(t.chart.Shape, t.chart.Width, t.chart.Height) // which ReadChart has checked
	if limits.Width > 0 {
		r.Width = min(r.Width, limits.Width)
	}
	r.Height = frameHeight(t.chart, r.Width)
	if limits.Height > 0 {
		r.Height = min(r.Height, limits.Height)
	}
	r.HTML = fmt.Sprintf(`<iframe src="%s" width="%d" height="%d" title="%s" loading="lazy" frameborder="0"></iframe>`,
		html.EscapeString(origin+FramePath(t.chart, t.query)), r.Width, r.Height, html.EscapeString(r.Title))
}

// Discovery are the values of an HTTP header Link, one for each format, by which a
// consumer finds how to show an address of the site.
func Discovery(origin, address string) []string {
	var links []string
	for _, f := range []Format{JSON, XML} {
		links = append(links, fmt.Sprintf(`<%s>; rel="alternate"; type="%s"`, OEmbedAddress(origin, address, f), f.linked()))
	}
	return links
}

// OEmbedAddress is where oEmbed's answer for one of the site's addresses is.
func OEmbedAddress(origin, address string, f Format) string {
	return origin + "/oembed?" + url.Values{"url": {address}, "format": {string(f)}}.Encode()
}
