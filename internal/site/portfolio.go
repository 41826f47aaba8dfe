package site

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// portfolioKinds are the ways to say which projects: the address's parameters and
// the arguments in the schema.
var portfolioKinds = []string{"requirements", "author", "maintainer", "projects"}

// unresolved is a line of what was asked for that is no project.
type unresolved struct {
	Line         int
	Text, Reason string
}

// Why says the reason in words.
func (u unresolved) Why() string {
	return cmp.Or(reasons[u.Reason], u.Reason)
}

var reasons = map[string]string{
	"UNKNOWN": "no project of that name has a download", "INVALID": "no requirement",
	"REFERENCE": "points to a file or an address, which is not followed",
}

// portfolioAnswer is what the page's operation selects.
type portfolioAnswer struct {
	Portfolio *struct {
		ProjectCount int64
		Unresolved   []unresolved
		Projects     []member
		Downloads    *counted
	}
}

// member is one of the portfolio's projects.
type member struct {
	Name        string
	LastRelease *string
	Downloads   *counted
}

// portfolioBody is the page's middle.
type portfolioBody struct {
	// Kind is how the projects were said, empty where they were not; Text is what
	// was said.
	Kind, Text string
	Unresolved []unresolved
	Widgets    []widget
}

// portfolio makes the page of a set of projects.
func (s *Site) portfolio(r *http.Request, m *manifest) (view, error) {
	q := r.URL.Query()
	st := readState(q)
	v := view{Template: "portfolio", State: st, Canonical: "/portfolio", Title: "Portfolio · ClickQL",
		Description: "Downloads of all projects of a requirements file, an author or a maintainer, taken together."}
	body := portfolioBody{}
	every := st.every(s.cfg.Now())
	variables := map[string]any{"range": st.dateRange(), "filter": st.filter(), "interval": every}
	for _, kind := range portfolioKinds {
		variables[kind] = nil
		if text := q.Get(kind); body.Kind == "" && strings.TrimSpace(text) != "" {
			body.Kind, body.Text = kind, text
			variables[kind] = text
			if kind == "projects" {
				variables[kind] = strings.Split(text, ",")
			}
		}
	}
	if body.Kind == "" {
		v.Body = body
		v.Boot = `{"page":"portfolio","operation":"","variables":{},"answer":{}}`
		return v, nil
	}
	var data portfolioAnswer
	a, err := s.fill(r, m, &v, "PortfolioPage", variables, &data)
	if err != nil {
		return view{}, err
	}
	if body.Kind == "author" || body.Kind == "maintainer" {
		v.Title = fmt.Sprintf("Projects of %s · ClickQL", body.Text)
	}
	body.fill(data, a, every)
	v.Body = body
	return v, nil
}

// fill makes the parts of the page.
func (b *portfolioBody) fill(data portfolioAnswer, a answer, every string) {
	together := widget{ID: "series", Title: "Together", Wide: "full", Error: a.under("portfolio", "downloads"), Empty: "No downloads in this range."}
	list := widget{ID: "projects", Title: "Its projects", Wide: "full", Head: []string{"Project", "", "Downloads", "Change", "Last release"}, Error: a.under("portfolio", "projects"), Empty: "No project is part of it."}
	p := data.Portfolio
	if p == nil {
		b.Widgets = []widget{together}
		return
	}
	b.Unresolved = p.Unresolved
	if d := p.Downloads; d != nil {
		together = overTime("series", fmt.Sprintf("%s projects together", exactText(p.ProjectCount)), every, d.Series, a.under("portfolio", "downloads", "series"))
		together.Wide = "full"
		if d.Total != nil {
			together.Note = countText(*d.Total) + " " + changeText(d.Change)
		}
	}
	most := mostOf(p.Projects, func(m member) int64 { return m.Downloads.total() })
	slices.SortStableFunc(p.Projects, func(a, b member) int { return cmp.Compare(b.Downloads.total(), a.Downloads.total()) })
	for _, project := range p.Projects {
		total := project.Downloads.total()
		row := []cell{projectCell(project.Name), bar(float64(total) / float64(most)), number(total), {}, {Class: "num"}}
		if project.Downloads != nil {
			row[3] = changed(project.Downloads.Change)
		}
		if project.LastRelease != nil {
			row[4].Text = dayText(*project.LastRelease)
		}
		list.Rows = append(list.Rows, row)
	}
	b.Widgets = []widget{together, list}
}
