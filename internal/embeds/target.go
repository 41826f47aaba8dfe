package embeds

import (
	"net/url"
	"strings"

	"clickql/internal/picture"
	"clickql/internal/render"
)

// target is what an address of the site shows.
type target struct {
	as    Type
	chart picture.Chart
	query string // of the chart
	name  string // of a page without a chart
}

// title names what the address shows.
func (t target) title() string {
	if t.name != "" {
		return t.name
	}
	return Caption(t.chart)
}

// read finds what an address of the site shows; ok is false for all others, and
// for one with a parameter that is wrong.
func read(address, origin string) (t target, ok bool) {
	u, err := url.Parse(address)
	if err != nil || !sameSite(u, origin) {
		return t, false
	}
	t = target{as: Rich, query: u.RawQuery}
	section, names, nested := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if strings.Contains(names, "/") || nested && names == "" {
		return t, false
	}
	section, ending, _ := strings.Cut(section, ".")
	switch section {
	case "embed":
	case "chart":
		if nested {
			names, ending = cutEnding(names)
		}
		switch strings.ToLower(ending) {
		case "", "svg":
		case "png":
			t.as = Photo
		default:
			return t, false // numbers
		}
		ending = ""
	default:
		if t.query, ok = pageQuery(section, nested, t.query); !ok {
			t.as, t.name, ok = unshown(section, nested)
			return t, ok && ending == ""
		}
	}
	if ending != "" {
		return t, false
	}
	t.chart, err = picture.ReadChart(names, t.query)
	return t, err == nil
}

// pageQuery is the query of the chart that shows what a page does; ok is false for
// a page that no chart stands for. A page's other parameters are left away.
func pageQuery(page string, nested bool, query string) (chart string, ok bool) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return "", false
	}
	switch {
	case page == "" && !nested, page == "project" && nested:
	case page == "rankings" && !nested:
		q.Set("by", "project")
	case page == "compare" && nested:
		if q.Get("transform") == "share" { // of charts it is a shape
			q.Del("transform")
			q.Del("scale")
			q.Set("shape", string(render.Share))
		}
	default:
		return "", false
	}
	return picture.Canonical(q.Encode(), picture.OfChart), true
}

// unshown is the name of a page that no chart stands for.
func unshown(page string, nested bool) (as Type, name string, ok bool) {
	switch {
	case nested:
		return "", "", false
	case page == "portfolio", page == "build", page == "compare":
		return Link, strings.ToUpper(page[:1]) + page[1:] + " · ClickQL", true
	}
	return "", "", false
}

// cutEnding takes the ending of a chart's address off. Names may have dots, too:
// only endings that there are count.
func cutEnding(file string) (names, ending string) {
	at := strings.LastIndexByte(file, '.')
	if at < 0 {
		return file, ""
	}
	switch ending = strings.ToLower(file[at+1:]); ending {
	case "svg", "png", "csv", "json", "arrow", "parquet":
		return file[:at], ending
	}
	return file, ""
}

// sameSite tells an address of the site: its host and port, by either scheme,
// since a proxy before the site may speak the other one.
func sameSite(u *url.URL, origin string) bool {
	own, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && strings.EqualFold(host(u), host(own))
}

// host is the address's host with its port, where that is not the scheme's own.
func host(u *url.URL) string {
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		return u.Hostname()
	}
	return u.Host
}
