package site

import (
	"net/http"
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
	most := mostOf(nodes, func(n ranked) int64 { return n.Total })
	var rows [][]cell
	for i, n := range nodes {
		rows = append(rows, []cell{
			{Text: exactText(int64(place + i)), Class: "nth num"}, projectCell(n.Project.Name), bar(float64(n.Total) / float64(most)),
			changed(n.Project.Downloads.change()), number(n.Total),
		})
	}
	return rows
}
