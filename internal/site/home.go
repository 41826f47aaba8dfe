package site

import (
	"encoding/json"
	"fmt"
	"net/http"

	"clickql/internal/render"
)

// dataset is the data as a whole.
type dataset struct {
	TotalDownloads, ProjectCount  *int64
	FirstDay, LastDay, SettledDay *string
	Missing                       []string
}

// homeAnswer is what the page's operation selects.
type homeAnswer struct {
	Dataset         *dataset
	Top             *struct{ Nodes []ranked }
	Emerging, Stale []ranked
	Hot             []struct {
		Growth  float64
		Project struct{ Name string }
		Series  *series
	}
	Recent *struct {
		Nodes []struct {
			Version, UploadedAt string
			Project             struct{ Name string }
		}
	}
	Downloads *struct {
		Total                              *int64
		Change                             *float64
		Series                             *series
		Python, System, Installer, Country []slice
	}
}

// homeBody is the page's middle.
type homeBody struct {
	Figures []figure
	Lists   []widget
	Widgets []widget
}

// home makes the home page.
func (s *Site) home(r *http.Request, m *manifest) (view, error) {
	st := readState(r.URL.Query())
	v := view{Template: "home", State: st, Canonical: withQuery("/", st), Image: "/chart.png?width=1200&height=630"}
	every := st.every(s.cfg.Now())
	var data homeAnswer
	variables := map[string]any{"range": st.dateRange(), "interval": every, "filter": st.filter(), "minDownloads": s.leastHot(r, m)}
	a, err := s.fill(r, m, &v, "HomePage", variables, &data)
	if err != nil {
		return view{}, err
	}
	v.Title = "ClickQL: downloads of every Python project"
	v.Description = "Downloads from PyPI by project, version, country, Python, system and installer, as pages, charts and a GraphQL API."
	if d := data.Dataset; d != nil && d.TotalDownloads != nil && d.ProjectCount != nil && d.LastDay != nil {
		v.Description = fmt.Sprintf("%s downloads of %s Python projects, up to %s: by version, country, Python, system and installer.",
			countText(*d.TotalDownloads), exactText(*d.ProjectCount), dayText(*d.LastDay))
	}
	v.Body = homeBody{Figures: homeFigures(data, a), Lists: homeLists(data, a), Widgets: homeWidgets(data, a, every)}
	return v, nil
}

// mostHot is what a hot project has to have where there is much data: the
// schema's default.
const mostHot = 100_000

// leastHot is how many downloads a hot project has to have: a part of all, so that
// a small set of data has hot projects, too. The size is asked once.
func (s *Site) leastHot(r *http.Request, m *manifest) int64 {
	if s.total.Load() == 0 {
		a, err := s.ask(r, m, "Size", map[string]any{})
		var data homeAnswer
		if err == nil && json.Unmarshal(a.Data, &data) == nil && data.Dataset != nil && data.Dataset.TotalDownloads != nil {
			s.total.Store(*data.Dataset.TotalDownloads)
		}
	}
	return min(mostHot, max(10, s.total.Load()/3000))
}

// homeFigures are how much there is and how fresh it is.
func homeFigures(data homeAnswer, a answer) []figure {
	failed := a.under("dataset")
	if data.Dataset == nil {
		return []figure{{Title: "Downloads", Text: "–", Error: failed}}
	}
	d := data.Dataset
	figures := []figure{figureOf("Downloads", &counted{Total: d.TotalDownloads}, failed), figureOf("Projects", &counted{Total: d.ProjectCount}, failed)}
	if d.FirstDay != nil && d.LastDay != nil {
		figures = append(figures, figure{Title: "First day", Text: dayText(*d.FirstDay)}, figure{Title: "Newest day", Text: dayText(*d.LastDay)})
	}
	if d.SettledDay != nil && d.LastDay != nil && *d.SettledDay != *d.LastDay {
		figures = append(figures, figure{Title: "Loaded wholly until", Text: dayText(*d.SettledDay)})
	}
	return figures
}

// homeLists are the five lists of projects.
func homeLists(data homeAnswer, a answer) []widget {
	top := widget{ID: "top", Title: "Most downloaded", Note: "in the last 30 days", Head: []string{"Project", "Change", "Downloads"}, Error: a.under("top"), Empty: "No downloads yet."}
	if data.Top != nil {
		for _, p := range data.Top.Nodes {
			top.Rows = append(top.Rows, []cell{projectCell(p.Project.Name), changed(p.Project.Downloads.change()), number(p.Total)})
		}
	}
	emerging := widget{ID: "emerging", Title: "Emerging", Note: "first downloaded in the last three months", Head: []string{"Project", "Downloads"}, Error: a.under("emerging"), Empty: "No project is that new."}
	for _, p := range data.Emerging {
		emerging.Rows = append(emerging.Rows, []cell{projectCell(p.Project.Name), number(p.Total)})
	}
	hot := widget{ID: "hot", Title: "Hot", Note: "largest rise from one month to the next", Head: []string{"Project", "Rise"}, Error: a.under("hot"), Empty: "No project rises that much."}
	for _, p := range data.Hot {
		growth := p.Growth
		hot.Rows = append(hot.Rows, []cell{projectCell(p.Project.Name), changed(&growth)})
	}
	stale := widget{ID: "stale", Title: "In need of a release", Note: "popular, none in the last six months", Head: []string{"Project", "Last release", "Downloads"}, Error: a.under("stale"), Empty: "Every project has one."}
	for _, p := range data.Stale {
		released := cell{Class: "num"}
		if p.Project.LastRelease != nil {
			released.Text = dayText(*p.Project.LastRelease)
		}
		stale.Rows = append(stale.Rows, []cell{projectCell(p.Project.Name), released, number(p.Total)})
	}
	return []widget{top, emerging, hot, stale, recentList(data, a)}
}

// recentList is the newest releases.
func recentList(data homeAnswer, a answer) widget {
	recent := widget{ID: "recent", Title: "Recent releases", Head: []string{"Project", "Version", "Released"}, Error: a.under("recent"), Empty: "No release is known."}
	if data.Recent != nil {
		for _, n := range data.Recent.Nodes {
			recent.Rows = append(recent.Rows, []cell{projectCell(n.Project.Name), {Text: n.Version, Class: "num"}, {Text: dayText(n.UploadedAt), Class: "num"}})
		}
	}
	return recent
}

// homeWidgets are all of PyPI, over time and split.
func homeWidgets(data homeAnswer, a answer, every string) []widget {
	d := data.Downloads
	if d == nil {
		return []widget{{ID: "series", Title: "All of PyPI", Error: a.under("downloads")}}
	}
	failed := func(part string) string { return a.under("downloads", part) }
	over := overTime("series", "All of PyPI", every, d.Series, failed("series"))
	over.Wide = "full"
	widgets := []widget{over}
	for _, of := range []struct {
		id, title string
		slices    []slice
	}{{"python", "Python", d.Python}, {"system", "System", d.System}, {"installer", "Installer", d.Installer}} {
		w := split(of.id, of.title, of.slices, failed(of.id))
		w.Wide = "third"
		w.Chart = partsOf(render.Share, of.title, every, d.Series, of.slices)
		widgets = append(widgets, w)
	}
	countries := split("country", "Country", d.Country, failed("country"))
	countries.Wide = "full"
	return append(widgets, countries)
}
