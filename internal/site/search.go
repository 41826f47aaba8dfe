package site

import (
	"net/http"
	"net/url"
	"strings"

	"clickql/internal/pypi"
)

// searchBody is the page's middle.
type searchBody struct {
	Text string
	List widget
}

// search lists the projects that a text finds: what the search box shows while
// typing, for readers without scripts. A name that is a project's leads there.
func (s *Site) search(r *http.Request, m *manifest) (view, error) {
	text := strings.TrimSpace(r.URL.Query().Get("q"))
	if text == "" {
		return view{}, redirect{"/", true}
	}
	var data struct {
		Search *struct {
			Nodes []struct {
				Name      string
				Summary   *string
				Downloads *counted
			}
		}
	}
	v := view{Template: "search", Title: text + " · ClickQL", Search: text, Canonical: "/search?" + url.Values{"q": {text}}.Encode()}
	a, err := s.fill(r, m, &v, "Search", map[string]any{"text": text, "first": 50}, &data)
	if err != nil {
		return view{}, err
	}
	list := widget{ID: "found", Title: "Projects", Note: "downloads of the last 30 days", Wide: "full", Head: []string{"Project", "", "Downloads"}, Error: a.under("search"), Empty: "No project is like that."}
	if data.Search != nil {
		for _, n := range data.Search.Nodes {
			if n.Name == pypi.NormalizeName(text) {
				return view{}, redirect{"/project/" + url.PathEscape(n.Name), true}
			}
			row := []cell{projectCell(n.Name), {}, {Class: "num"}}
			if n.Summary != nil {
				row[1].Text = *n.Summary
			}
			if n.Downloads != nil && n.Downloads.Total != nil {
				row[2] = number(*n.Downloads.Total)
			}
			list.Rows = append(list.Rows, row)
		}
	}
	v.Body = searchBody{text, list}
	return v, nil
}
