package embeds

import (
	"encoding/json"
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
)

const origin = "https://clickql.example"

// known has two projects.
func known(names []string) bool {
	for _, name := range names {
		if name == "alpha" || name == "beta" {
			return true
		}
	}
	return false
}

func answer(t *testing.T, address string, limits Limits) *Response {
	t.Helper()
	r, ok := OEmbed(address, origin, limits, known)
	if !ok {
		t.Fatalf("%s: no answer", address)
	}
	return r
}

// TestOEmbedOfEveryAddress: what each address of the site is shown as, whatever
// else its query has.
func TestOEmbedOfEveryAddress(t *testing.T) {
	for address, want := range map[string]struct {
		as   Type
		src  string // of the iframe, or the photo's address
		size [2]int
	}{
		"/": {Rich, "/embed", [2]int{800, 440}},
		"":  {Rich, "/embed", [2]int{800, 440}},
		"/project/alpha?last=90d&python=3.12&tab=x&utm_source=y": {Rich, "/embed/alpha?last=90d&python=3.12", [2]int{800, 440}},
		"/project/Alpha?file_type=sdist":                         {Rich, "/embed/alpha?fileType=sdist", [2]int{800, 440}},
		"/compare/alpha,beta?transform=share&scale=log":          {Rich, "/embed/alpha,beta?shape=share", [2]int{800, 440}},
		"/compare/alpha,beta?transform=indexed":                  {Rich, "/embed/alpha,beta?transform=indexed", [2]int{800, 440}},
		"/rankings?country=DE":                                   {Rich, "/embed?by=project&country=DE", [2]int{800, 440}},
		"/chart/alpha.svg?width=600&height=300&dpr=2":            {Rich, "/embed/alpha?height=300", [2]int{600, 340}},
		"/chart/alpha":                {Rich, "/embed/alpha", [2]int{800, 440}},
		"/chart.svg?by=project":       {Rich, "/embed?by=project", [2]int{800, 440}},
		"/embed/alpha?theme=dark":     {Rich, "/embed/alpha?theme=dark", [2]int{800, 440}},
		"/embed":                      {Rich, "/embed", [2]int{800, 440}},
		"/chart/alpha.png?theme=dark": {Photo, "/chart/alpha.png?height=400&theme=dark&width=800", [2]int{800, 400}},
		"/chart/alpha.PNG?width=300&height=150&dpr=2": {Photo, "/chart/alpha.png?dpr=2&height=150&width=300", [2]int{600, 300}},
		"/chart.png":          {Photo, "/chart.png?height=400&width=800", [2]int{800, 400}},
		"/portfolio?author=x": {Link, "", [2]int{0, 0}},
		"/build":              {Link, "", [2]int{0, 0}},
	} {
		r := answer(t, origin+address, Limits{})
		got := r.URL
		if r.Type == Rich {
			src, err := iframe(r.HTML)
			if err != nil {
				t.Fatalf("%s: %v", address, err)
			}
			got = src
		}
		if want.src != "" {
			want.src = origin + want.src
		}
		if r.Type != want.as || unescape(got) != want.src || [2]int{r.Width, r.Height} != want.size || r.Version != "1.0" || r.Title == "" {
			t.Errorf("%s: %+v, want %v", address, r, want)
		}
	}
}

// unescape has commas of lists as people write them.
func unescape(address string) string { return strings.ReplaceAll(address, "%2C", ",") }

// iframe is the address of the one element of an answer's HTML.
func iframe(text string) (string, error) {
	var element struct {
		XMLName xml.Name `xml:"iframe"`
		Src     string   `xml:"src,attr"`
		Title   string   `xml:"title,attr"`
	}
	err := xml.Unmarshal([]byte(text), &element)
	return element.Src, err
}

// TestOEmbedOfOthers: other sites' addresses, what is no picture, what does not
// exist and what is wrong have no answer.
func TestOEmbedOfOthers(t *testing.T) {
	for _, address := range []string{
		"https://elsewhere.example/project/alpha", "https://clickql.example:8443/project/alpha", "https://clickql.example.evil/embed/alpha",
		"javascript:alert(1)", "//clickql.example/embed/alpha", "/embed/alpha", "ftp://clickql.example/embed/alpha", "https://user@elsewhere.example/",
		origin + "/graphql", origin + "/chart/alpha.csv", origin + "/chart.parquet", origin + "/badge/alpha.svg", origin + "/embed.js", origin + "/embed/",
		origin + "/embed/alpha/beta", origin + "/project", origin + "/project/", origin + "/project/none", origin + "/compare/none,nothing",
		origin + "/embed/alpha?last=yesterday", origin + "/chart/alpha.svg?shape=donut", origin + "/build/x", origin + "/rankings.csv", origin + "/build.png",
		origin + "/%zz",
	} {
		if r, ok := OEmbed(address, origin, Limits{}, known); ok {
			t.Errorf("%s: %+v", address, r)
		}
	}
	for _, address := range []string{"http://clickql.example:80/embed/alpha", "https://CLICKQL.example:443/embed/alpha", "http://clickql.example/embed/alpha"} {
		if _, ok := OEmbed(address, origin, Limits{}, known); !ok {
			t.Errorf("%s is the site's own", address)
		}
	}
}

// TestOEmbedFits: no answer is larger than the consumer lets it be, thumbnails
// included; where a picture cannot be that small, there is none.
func TestOEmbedFits(t *testing.T) {
	for _, path := range []string{"/project/alpha", "/embed/alpha?height=900", "/chart/alpha.png", "/chart/alpha.png?dpr=3", "/chart/alpha.png?by=python&shape=donut", "/embed/alpha?shape=sparkline"} {
		for _, l := range []Limits{{1000, 1000}, {600, 0}, {0, 300}, {320, 200}, {239, 0}, {100, 60}, {60, 10}, {1, 1}} {
			r, ok := OEmbed(origin+path, origin, l, known)
			if !ok {
				if strings.HasPrefix(path, "/chart") && (l.Width != 0 && l.Width < 240 || l.Height != 0 && l.Height < 120) {
					continue
				}
				t.Errorf("%s within %v: no answer", path, l)
				continue
			}
			for _, size := range [][2]int{{r.Width, r.Height}, {r.ThumbnailWidth, r.ThumbnailHeight}} {
				if l.Width > 0 && size[0] > l.Width || l.Height > 0 && size[1] > l.Height {
					t.Errorf("%s within %v: %v", path, l, size)
				}
			}
			if r.Width < 1 || r.Height < 1 {
				t.Errorf("%s within %v: %+v", path, l, r)
			}
		}
	}
	small := answer(t, origin+"/chart/alpha.png", Limits{Width: 120})
	if !strings.Contains(small.URL, "shape=sparkline") || small.Width != 120 || small.Height != 60 {
		t.Errorf("%+v", small)
	}
}

// TestOEmbedFormats: both formats hold the same, and nothing that strangers wrote
// leaves its place.
func TestOEmbedFormats(t *testing.T) {
	r := answer(t, origin+`/embed/alpha?title=`+url.QueryEscape(`"><script>&'`), Limits{})
	asJSON, err := r.Write(JSON)
	if err != nil {
		t.Fatal(err)
	}
	var back Response
	if err := json.Unmarshal(asJSON, &back); err != nil || back != *r {
		t.Errorf("%s: %v", asJSON, err)
	}
	asXML, err := r.Write(XML)
	if err != nil {
		t.Fatal(err)
	}
	back = Response{}
	if err := xml.Unmarshal(asXML, &back); err != nil {
		t.Fatalf("%s: %v", asXML, err)
	}
	if back.XMLName = (xml.Name{}); back != *r {
		t.Errorf("%+v, want %+v", back, r)
	}
	if strings.Contains(r.HTML, "<script") || strings.Contains(string(asXML), "<iframe") {
		t.Errorf("%s %s", r.HTML, asXML)
	}
	if _, err := iframe(r.HTML); err != nil {
		t.Errorf("%s: %v", r.HTML, err)
	}
}
