package site

import (
	"net/http"
	"net/url"
	"strconv"
)

// perPage is how many projects a page of the ranking has.
const perPage = 50

// rankingsBody is the page's middle.
type rankingsBody struct {
	List widget
	// Next and First are addresses of other pages of the ranking, empty where
	// there are none.
	Next, First string
}

// rankings makes a page of the ranking of all projects.
func (s *Site) rankings(r *http.Request, m *manifest) (view, error) {
	st := readState(r.URL.Query())
	v := view{Template: "rankings", State: st, Canonical: withQuery("/rankings", st), Title: "Rankings · ClickQL", Image: "/chart.png?height=630&width=1200",
		Description: "Python projects by downloads in " + st.Said() + ", with any filter."}
	variables := map[string]any{"range": st.dateRange(), "filter": st.filter(), "first": perPage, "after": nil}
	place := 1
	if after := r.URL.Query().Get("after"); after != "" {
		variables["after"] = after
		if n, err := strconv.Atoi(r.URL.Query().Get("nth")); err == nil && n > 0 {
			place = n
		}
	}
	var data struct {
		TopProjects *struct {
			Nodes    []ranked
			PageInfo struct {
				HasNextPage bool
				EndCursor   *string
			}
		}
	}
	a, err := s.fill(r, m, &v, "RankingsPage", variables, &data)
	if err != nil {
		return view{}, err
	}
	list := widget{ID: "ranking", Title: "Most downloaded", Wide: "full", Head: []string{"#", "Project", "", "Change", "Downloads"},
		Error: a.under("topProjects"), Empty: "No project has downloads in this range and filter."}
	body := rankingsBody{}
	if top := data.TopProjects; top != nil {
		list.Rows = rankingRows(top.Nodes, place)
		if top.PageInfo.HasNextPage && top.PageInfo.EndCursor != nil {
			next := st.query()
			next.Set("after", *top.PageInfo.EndCursor)
			next.Set("nth", strconv.Itoa(place+len(top.Nodes)))
			body.Next = "/rankings?" + next.Encode()
		}
	}
	if place > 1 {
		body.First = withQuery("/rankings", st)
	}
	body.List = list
	v.Body = body
	return v, nil
}

// rankingRows are the table's rows, the first of which has that place.
func rankingRows(nodes []ranked, place int) [][]cell {
	var most int64 = 1
	for _, n := range nodes {
		most = max(most, n.Total)
	}
	var rows [][]cell
	for i, n := range nodes {
		var change *float64
		if n.Project.Downloads != nil {
			change = n.Project.Downloads.Change
		}
		rows = append(rows, []cell{
			{Text: exactText(int64(place + i)), Class: "nth num"}, projectCell(n.Project.Name), bar(float64(n.Total) / float64(most)), changed(change), number(n.Total),
		})
	}
	return rows
}

// build makes the page of the builder: a form that works without a script too.
func (s *Site) build(r *http.Request, _ *manifest) (view, error) {
	q := r.URL.Query()
	v := view{Template: "build", Title: "Build a chart or a badge · ClickQL", Canonical: "/build",
		Description: "Charts and badges of downloads from PyPI for READMEs and pages, always of the newest data."}
	v.Boot = `{"page":"build","operation":"","variables":{},"answer":{}}`
	v.State.mirrors = true
	if project := q.Get("project"); project != "" {
		parameters := url.Values{}
		for _, name := range []string{"last", "interval", "by", "first", "shape", "theme", "period", "label", "color", "label_color", "style", "mirrors"} {
			if value := q.Get(name); value != "" {
				parameters.Set(name, value)
			}
		}
		kind := "chart"
		if q.Get("kind") == "badge" {
			kind = "badge"
		}
		picture := "/" + kind + "/" + url.PathEscape(project) + ".svg"
		if len(parameters) > 0 {
			picture += "?" + parameters.Encode()
		}
		v.Body = picture
	} else {
		v.Body = ""
	}
	return v, nil
}
