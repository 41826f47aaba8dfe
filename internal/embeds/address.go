package embeds

import (
	"net/url"
	"slices"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/picture"
	"clickql/internal/render"
)

// Names are projects as a part of a path.
func Names(names []string) string {
	escaped := make([]string, len(names))
	for i, name := range names {
		escaped[i] = url.PathEscape(name)
	}
	return strings.Join(escaped, ",")
}

// withQuery is a path with a query behind it, where there is one.
func withQuery(path string, q url.Values) string {
	if len(q) > 0 {
		return path + "?" + q.Encode()
	}
	return path
}

// parameters are those of a chart that a query has, by their documented names.
func parameters(query string) url.Values {
	q, err := url.ParseQuery(picture.Canonical(query, picture.OfChart))
	if err != nil {
		return url.Values{}
	}
	return q
}

// ChartPath is the address, from the root, of the chart in another form: svg, png,
// csv.
func ChartPath(c picture.Chart, ending, query string) string {
	q := parameters(query)
	if ending != "svg" && ending != "png" {
		for _, look := range []string{"theme", "background", "width", "height", "dpr", "title"} {
			q.Del(look)
		}
	}
	path := "/chart." + ending
	if len(c.Names) > 0 {
		path = "/chart/" + Names(c.Names) + "." + ending
	}
	return withQuery(path, q)
}

// FramePath is the address of the chart's page for an iframe, from the root.
func FramePath(c picture.Chart, query string) string {
	q := parameters(query)
	q.Del("width") // the frame's
	q.Del("dpr")
	path := "/embed"
	if len(c.Names) > 0 {
		path += "/" + Names(c.Names)
	}
	return withQuery(path, q)
}

// stated are the parameters that pages have, too, beside the filters.
var stated = []string{"last", "from", "to", "interval", "mirrors", "human"}

// PagePath is the address, from the root, of the site's page that shows the same
// as a chart, in the same range and filters.
func PagePath(c picture.Chart, query string) string {
	given, q := parameters(query), url.Values{}
	for name, values := range given {
		p := slices.IndexFunc(picture.Parameters, func(p picture.Parameter) bool { return p.Name == name && p.Of&picture.OfChart != 0 })
		switch {
		case slices.Contains(stated, name):
			q[name] = values
		case p >= 0 && picture.Parameters[p].Filter != "":
			q[picture.Parameters[p].Filter.Parameter()] = values
		}
	}
	switch {
	case len(c.Names) == 0 && c.By == cube.Project:
		q.Del("interval")
		return withQuery("/rankings", q)
	case len(c.Names) == 0:
		return withQuery("/", q)
	case len(c.Names) == 1:
		return withQuery("/project/"+Names(c.Names), q)
	}
	if c.Transform == picture.Indexed {
		q.Set("transform", "indexed")
	}
	if c.Log {
		q.Set("scale", "log")
	}
	return withQuery("/compare/"+Names(c.Names), q)
}

// attribute is one of the component's.
type attribute struct{ Name, Value string }

// drawnByScript are the shapes that the component draws; others stay pictures.
var drawnByScript = []render.Shape{render.Area, render.Lines, render.Bars, render.Share}

// attributes are those of the component that draws the same; nil where it cannot,
// and the picture stays.
func attributes(n *picture.Numbers, query string) []attribute {
	c := n.Chart
	if !slices.Contains(drawnByScript, c.Shape) || c.Releases || c.Spikes || c.Background != "" || c.Transform != "" && c.Transform != picture.Indexed || len(n.Unknown) > 0 || c.By == cube.Project {
		return nil
	}
	q := parameters(query)
	q.Set("interval", strings.ToLower(string(n.Interval)))
	q.Set("shape", string(c.Shape))
	if len(c.Names) > 0 {
		q.Set("project", strings.Join(c.Names, ","))
	}
	for _, look := range []string{"width", "dpr", "theme", "background", "releases", "spikes", "title"} {
		q.Del(look)
	}
	if c.Title != "" {
		q.Set("heading", c.Title)
	}
	var all []attribute
	for name, values := range q {
		all = append(all, attribute{strings.ToLower(name), values[0]})
	}
	slices.SortFunc(all, func(a, b attribute) int { return strings.Compare(a.Name, b.Name) })
	return all
}
