package site

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/pypi"
	"clickql/internal/render"
)

// ranked is a project with a number of downloads.
type ranked struct {
	Total   int64
	Project struct {
		Name        string
		Summary     *string
		LastRelease *string
		Downloads   *counted
	}
}

// projectAnswer is what the page's operation selects.
type projectAnswer struct {
	Dataset *dataset
	Project *projectFacts
}

// projectFacts is a project as its page shows it.
type projectFacts struct {
	Name                                                                      string
	Summary, LatestVersion, Author, Maintainer, License, HomePage, Repository *string
	RequiresPython, FirstDownload, LastDownload, LastRelease                  *string
	Rank                                                                      *struct{ Position, ProjectCount int64 }
	Day, Week, Month, All                                                     *counted
	Downloads                                                                 *struct {
		Total                                                                            *int64
		Change                                                                           *float64
		Series                                                                           *series
		Versions, Adoption, Python, System, Installer, FileType, Ci, Libc, Country, More []slice
		OldPython, OldGlibc, OldMajor                                                    *dropped
	}
	ReleaseImpact            []taken
	Dependencies, Dependents []ranked
	Repo                     *repo
	RepoRange                *repo
	Related                  []struct {
		Together int64
		Share    float64
		Project  struct{ Name string }
	}
}

// repo is what happened in the project's repository on GitHub.
type repo struct {
	Repository, URL, FirstDay  string
	Stars, Forks, Contributors *int64
	Issues, PullRequests       struct{ Opened, Closed, Open *int64 }
	Series                     *repoSeries
}

// repoSeries is its stars over time.
type repoSeries struct {
	Dates      []string
	TotalStars []*int64
	Complete   []bool
}

// projectBody is the page's middle.
type projectBody struct {
	*projectFacts
	// Medal is the rank's class: gold, silver, bronze, or none.
	Medal string
	// Links are where the metadata points to, each of a kind that is safe to follow.
	Links   []link
	Figures []figure
	Widgets []widget
	// Splits lead to the page split by each dimension that it does not always show.
	Splits []link
}

// link is an address with its name.
type link struct{ Text, Href string }

// figure is one of the numbers at the page's head.
type figure struct {
	Title, Text, Exact, Change, Class string
	Error                             string
}

// project makes a project's page.
func (s *Site) project(r *http.Request, m *manifest) (view, error) {
	given := r.PathValue("name")
	name := pypi.NormalizeName(given)
	st := readState(r.URL.Query())
	if name != given {
		return view{}, redirect{withQuery("/project/"+url.PathEscape(name), st), false}
	}
	v := view{Template: "project", State: st, Canonical: withQuery("/project/"+url.PathEscape(name), st)}
	every := st.every(s.cfg.Now())
	more := st.more()
	variables := map[string]any{
		"name": name, "range": st.dateRange(), "interval": every, "filter": st.filter(), "split": cmp.Or(more, moreSplits[0]), "more": more != "",
	}
	var data projectAnswer
	a, err := s.fill(r, m, &v, "ProjectPage", variables, &data)
	if err != nil {
		return view{}, err
	}
	if data.Project == nil {
		return unknownProject(v, name, a), nil
	}
	p := data.Project
	v.Title = p.Name + " downloads · ClickQL"
	v.Description = describeProject(p)
	v.Image = "/chart/" + url.PathEscape(name) + ".png?width=1200&height=630"
	v.Body = projectBody{
		projectFacts: p, Medal: medal(p), Links: linksOf(p), Figures: figuresOf(p, a), Widgets: projectWidgets(p, a, every, more), Splits: splitsOf(name, st),
	}
	return v, nil
}

// unknownProject is the page of a name that has no project, or of an answer
// that failed.
func unknownProject(v view, name string, a answer) view {
	v.Template, v.Boot, v.status = "failed", "", http.StatusNotFound // the script has nothing to add
	v.Title, v.Search = "No project "+name+" · ClickQL", name
	v.Notice = fmt.Sprintf("No project named %q has downloads in the data.", name)
	if failed := a.under("project"); failed != "" {
		v.Title, v.Notice, v.status = name+" · ClickQL", failed, http.StatusServiceUnavailable
	}
	return v
}

// describeProject is the sentence that a link to the page is shown with.
func describeProject(p *projectFacts) string {
	text := ""
	if p.Month != nil && p.Month.Total != nil {
		text = exactText(*p.Month.Total) + " downloads of " + p.Name + " in the last 30 days"
		if c := changeText(p.Month.Change); c != "" {
			text += " (" + c + ")"
		}
		text += ". "
	}
	if p.Rank != nil {
		text += fmt.Sprintf("Rank %s of %s on PyPI. ", exactText(p.Rank.Position), exactText(p.Rank.ProjectCount))
	}
	if p.Summary != nil {
		text += *p.Summary
	}
	return strings.TrimSpace(text)
}

// medal is the class of a rank among the first.
func medal(p *projectFacts) string {
	switch {
	case p.Rank == nil:
		return ""
	case p.Rank.Position <= 10:
		return "gold"
	case p.Rank.Position <= 100:
		return "silver"
	case p.Rank.Position <= 1000:
		return "bronze"
	}
	return ""
}

// linksOf are the addresses of the metadata. They were written by strangers:
// only http and https are followed.
func linksOf(p *projectFacts) []link {
	links := []link{{"PyPI", "https://pypi.org/project/" + url.PathEscape(p.Name) + "/"}}
	if p.Repository != nil && *p.Repository != "" {
		links = append(links, link{*p.Repository, "https://github.com/" + *p.Repository})
	}
	if p.HomePage != nil {
		if u, err := url.Parse(*p.HomePage); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
			links = append(links, link{strings.TrimPrefix(u.Host, "www."), u.String()})
		}
	}
	return links
}

// figuresOf are the numbers at the page's head.
func figuresOf(p *projectFacts, a answer) []figure {
	return []figure{
		figureOf("Last day", p.Day, a.under("project", "day")),
		figureOf("Last 7 days", p.Week, a.under("project", "week")),
		figureOf("Last 30 days", p.Month, a.under("project", "month")),
		figureOf("All time", p.All, a.under("project", "all")),
	}
}

// figureOf is a number with its change.
func figureOf(title string, c *counted, failed string) figure {
	f := figure{Title: title, Error: failed}
	if c == nil || c.Total == nil {
		f.Text = "–"
		return f
	}
	f.Text, f.Exact, f.Change, f.Class = countText(*c.Total), exactText(*c.Total), changeText(c.Change), changeClass(c.Change)
	return f
}

// projectWidgets are the parts below the figures.
func projectWidgets(p *projectFacts, a answer, every string, more cube.Dimension) []widget {
	d := p.Downloads
	if d == nil {
		return []widget{{ID: "series", Title: "Downloads", Error: a.under("project", "downloads")}}
	}
	failed := func(part string) string { return a.under("project", "downloads", part) }
	over := overTime("series", "Downloads", every, d.Series, failed("series"))
	over.Wide = "two-thirds"
	adoption := split("adoption", "Releases", d.Adoption, failed("adoption"))
	adoption.Wide = "third"
	adoption.Chart = partsOf(render.Share, "Adoption by release", every, d.Series, d.Adoption)
	python := split("python", "Python", d.Python, failed("python"))
	python.Chart = partsOf(render.Share, "Python", every, d.Series, d.Python)
	versions := split("version", "Version", d.Versions, failed("versions"))
	versions.Chart = partsOf(render.Lines, "Version", every, d.Series, d.Versions)
	country := split("country", "Country", d.Country, failed("country"))
	country.Wide = "full"
	parts := []widget{
		over, adoption,
		versions, python,
		country,
		split("system", "System", d.System, failed("system")), split("installer", "Installer", d.Installer, failed("installer")),
		split("file_type", "File type", d.FileType, failed("fileType")), split("ci", "CI", d.Ci, failed("ci")),
		split("libc", "C library", d.Libc, failed("libc")),
	}
	if more != "" {
		parts = append(parts, split(more.Parameter(), more.Title(), d.More, failed("more")))
	}
	parts = append(parts,
		droppings([]dropping{
			{"Pythons past the end of their life", failed("oldPython"), d.OldPython}, {"glibc before 2.28", failed("oldGlibc"), d.OldGlibc},
			{"Major releases before the newest", failed("oldMajor"), d.OldMajor},
		}),
		impactOf(p.ReleaseImpact, a.under("project", "releaseImpact")),
		projectList("dependencies", "Requires", p.Dependencies, a.under("project", "dependencies"), "It requires no other project, as far as is known."),
		projectList("dependents", "Required by", p.Dependents, a.under("project", "dependents"), "No other project requires it, as far as is known."),
		relatedList(p, a.under("project", "related")))
	if failed := cmp.Or(a.under("project", "repo"), a.under("project", "repoRange")); failed != "" || p.Repo != nil && p.RepoRange != nil {
		parts = append(parts, repoWidget(p, every, failed))
	}
	return parts
}

// repoWidget shows the project's repository: its stars over time, and what happened in
// the range and since events are known.
func repoWidget(p *projectFacts, every, failed string) widget {
	w := widget{ID: "github", Title: "GitHub", Wide: "full", Error: failed, Empty: "No events of it are loaded."}
	if failed != "" {
		return w
	}
	all, within := p.Repo, p.RepoRange
	w.Head, w.Note = []string{all.Repository, "In this range", "Since " + dayText(all.FirstDay)}, all.Repository
	row := func(title string, part, whole *int64) {
		w.Rows = append(w.Rows, []cell{{Text: title}, known(part), known(whole)})
	}
	row("Stars", within.Stars, all.Stars)
	row("Forks", within.Forks, all.Forks)
	row("Contributors", within.Contributors, all.Contributors)
	row("Issues opened", within.Issues.Opened, all.Issues.Opened)
	row("Issues open", within.Issues.Open, all.Issues.Open)
	row("Pull requests opened", within.PullRequests.Opened, all.PullRequests.Opened)
	row("Pull requests open", within.PullRequests.Open, all.PullRequests.Open)
	if s := within.Series; s != nil {
		w.Chart = lineOf("Stars", every, s.known())
	}
	return w
}

// known is the part of the series that is known, from the first interval of which
// something is on.
func (s *repoSeries) known() *series {
	out := &series{}
	for i, n := range s.TotalStars {
		if n == nil {
			continue
		}
		out.Dates, out.Totals = append(out.Dates, s.Dates[i]), append(out.Totals, *n)
		if len(s.Complete) == len(s.Dates) {
			out.Complete = append(out.Complete, s.Complete[i])
		}
	}
	return out
}

// known is a cell with a count that may not be known.
func known(n *int64) cell {
	if n == nil {
		return cell{Text: "–", Exact: "not known", Class: "num"}
	}
	return number(*n)
}

// relatedList is what is required beside the project.
func relatedList(p *projectFacts, failed string) widget {
	w := widget{ID: "related", Title: "Required beside it", Note: "by its most downloaded dependents", Head: []string{"Project", "", "Share", "Dependents"}, Error: failed, Empty: "Nothing is required beside it, as far as is known."}
	for _, r := range p.Related {
		w.Rows = append(w.Rows, []cell{projectCell(r.Project.Name), bar(float64(r.Together) / float64(p.Related[0].Together)), parted(r.Share), number(r.Together)})
	}
	return w
}

// splitsOf lead to the page split by each dimension that it does not always show.
func splitsOf(name string, st state) []link {
	links := make([]link, len(moreSplits))
	for i, d := range moreSplits {
		st.split = d
		links[i] = link{d.Title(), withQuery("/project/"+url.PathEscape(name), st) + "#" + d.Parameter()}
	}
	return links
}

// projectList is a widget of projects with their downloads.
func projectList(id, title string, projects []ranked, failed, empty string) widget {
	w := widget{ID: id, Title: title, Head: []string{"Project", "", "Downloads"}, Error: failed, Empty: empty}
	most := mostOf(projects, func(p ranked) int64 { return p.Total })
	for _, p := range projects {
		w.Rows = append(w.Rows, []cell{projectCell(p.Project.Name), bar(float64(p.Total) / float64(most)), number(p.Total)})
	}
	return w
}

// projectCell is a cell that leads to a project's page.
func projectCell(name string) cell {
	return cell{Text: name, Href: "/project/" + url.PathEscape(name)}
}
