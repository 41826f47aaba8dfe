package site

import (
	"net/http"
	"net/url"

	"clickql/internal/embeds"
	"clickql/internal/picture"
	"clickql/internal/render"
)

// buildBody is the page's middle: what the form made, if anything, as addresses
// from the root. Width and Height are the chart's, so that its place is kept until it
// has come.
type buildBody struct {
	Picture, Frame, Problem string
	Width, Height           int
}

// build makes the page of the builder: a form that works without a script too.
func (s *Site) build(r *http.Request, _ *manifest) (view, error) {
	q := r.URL.Query()
	v := view{Template: "build", Title: "Build an embed · ClickQL", Canonical: "/build",
		Description: "Charts and badges of downloads from PyPI for READMEs and pages, always of the newest data."}
	v.Boot = `{"page":"build","operation":"","variables":{},"answer":{}}`
	v.State.mirrors = true
	project, body := q.Get("project"), buildBody{}
	switch {
	case project == "":
	case q.Get("kind") == "badge":
		query := picture.Canonical(r.URL.RawQuery, picture.OfBadge)
		if _, err := picture.ReadBadge(project, query); err != nil {
			body.Problem = err.Error()
			break
		}
		body.Picture = "/badge/" + url.PathEscape(project) + ".svg"
		if query != "" {
			body.Picture += "?" + query
		}
	default:
		query := picture.Canonical(r.URL.RawQuery, picture.OfChart)
		c, err := picture.ReadChart(project, query)
		if err != nil {
			body.Problem = err.Error()
			break
		}
		body.Width, body.Height, _ = render.CheckSize(c.Shape, c.Width, c.Height) // which ReadChart has checked
		body.Picture, body.Frame = embeds.ChartPath(c, "svg", query), embeds.FramePath(c, query)
	}
	v.Body = body
	return v, nil
}
