package site

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"clickql/internal/embeds"
	"clickql/internal/pypi"
	"clickql/internal/render"
)

// mostCompared is how many projects a comparison shows at most.
const mostCompared = 10

// comparison is the projects on one axis of time.
type comparison struct {
	Dates []string
	Lines []*struct {
		Project struct {
			Name          string
			LatestVersion *string
			Rank          *struct{ Position int64 }
		}
		Total     *int64
		Downloads *struct{ Change *float64 }
		Series    *series
	}
}

// compareBody is the page's middle.
type compareBody struct {
	Names, Unknown []string
	Widgets        []widget
}

// compare makes the page of several projects side by side; without names, one
// to choose them.
func (s *Site) compare(r *http.Request, m *manifest) (view, error) {
	st := readState(r.URL.Query())
	if typed := r.URL.Query().Get("names"); typed != "" {
		return view{}, redirect{withQuery(comparePath(namesOf(typed)), st), true}
	}
	given := r.PathValue("names")
	names := namesOf(given)
	if len(names) > mostCompared {
		names = names[:mostCompared]
	}
	if strings.Join(names, ",") != given {
		return view{}, redirect{withQuery(comparePath(names), st), false}
	}
	v := view{Template: "compare", State: st, Title: "Compare projects · ClickQL", Canonical: withQuery(comparePath(names), st),
		Description: "Downloads of several Python projects on one axis: absolute, indexed, and as shares of PyPI."}
	every := st.every(s.cfg.Now())
	var data struct{ Compare *comparison }
	variables := map[string]any{"projects": names, "range": st.dateRange(), "filter": st.filter(), "interval": every}
	a, err := s.fill(r, m, &v, "ComparePage", variables, &data)
	if err != nil {
		return view{}, err
	}
	body := compareBody{Names: names}
	if len(names) > 0 {
		body.fill(names, data.Compare, a, every)
		v.Title = strings.Join(names, " vs ") + " · ClickQL"
		v.Image = "/chart/" + url.PathEscape(strings.Join(names, ",")) + ".png?height=630&shape=line&width=1200"
		v.Description = describeComparison(data.Compare, st)
	}
	v.Body = body
	return v, nil
}

// namesOf are the normalised names of a list with commas, each once, in the order given.
func namesOf(text string) []string {
	names := []string{}
	for name := range strings.SplitSeq(text, ",") {
		if name = pypi.NormalizeName(strings.TrimSpace(name)); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// comparePath is the address of a comparison.
func comparePath(names []string) string {
	if len(names) == 0 {
		return "/compare"
	}
	return "/compare/" + embeds.Names(names)
}

// describeComparison is the sentence that a link to the page is shown with.
func describeComparison(c *comparison, st state) string {
	if c == nil {
		return ""
	}
	var parts []string
	for _, l := range c.Lines {
		if l != nil && l.Total != nil {
			parts = append(parts, fmt.Sprintf("%s %s", l.Project.Name, countText(*l.Total)))
		}
	}
	return "Downloads in " + st.Said() + ": " + strings.Join(parts, ", ") + "."
}

// axis is the intervals that all lines have, with what is lacking of them.
func (c *comparison) axis() *series {
	all := series{Dates: c.Dates, Totals: make([]int64, len(c.Dates))}
	for _, l := range c.Lines {
		if l != nil && l.Series != nil && len(l.Series.Totals) == len(c.Dates) {
			all.Complete, all.Missing = l.Series.Complete, l.Series.Missing
			for j, n := range l.Series.Totals {
				all.Totals[j] += n
			}
		}
	}
	return &all
}

// fill makes the parts of the page.
func (b *compareBody) fill(names []string, c *comparison, a answer, every string) {
	lines := widget{ID: "lines", Title: "Downloads", Wide: "full", Error: a.under("compare"), Empty: "None of these projects has downloads."}
	standing := widget{ID: "standing", Title: "In this range", Wide: "full", Head: []string{"Project", "", "Downloads", "Change", "Rank", "Version"}, Error: lines.Error, Empty: "Nothing to compare."}
	if c == nil {
		b.Widgets = []widget{lines}
		return
	}
	over := c.axis()
	spec := axis("Downloads", every, over)
	spec.Shape = render.Lines
	lines.Head = []string{"Interval"}
	var most int64 = 1
	for _, l := range c.Lines {
		if l != nil && l.Total != nil {
			most = max(most, *l.Total)
		}
	}
	for j := range c.Dates {
		lines.Rows = append(lines.Rows, []cell{{Text: over.named(j, every)}})
	}
	for i, l := range c.Lines {
		if l == nil {
			b.Unknown = append(b.Unknown, names[i])
			continue
		}
		lines.Head = append(lines.Head, l.Project.Name)
		if l.Series != nil && len(l.Series.Totals) == len(c.Dates) {
			spec.Series = append(spec.Series, seriesOf(l.Project.Name, l.Series.Totals))
		}
		for j := range lines.Rows {
			value := cell{Text: "–", Class: "num"}
			if l.Series != nil {
				l.Series.Dates = c.Dates
				value = l.Series.number(j, every)
			}
			lines.Rows[j] = append(lines.Rows[j], value)
		}
		row := []cell{projectCell(l.Project.Name), {}, {Text: "–", Class: "num"}, {}, {Class: "num"}, {Class: "num"}}
		if l.Total != nil {
			row[1], row[2] = bar(float64(*l.Total)/float64(most)), number(*l.Total)
		}
		if l.Downloads != nil {
			row[3] = changed(l.Downloads.Change)
		}
		if l.Project.Rank != nil {
			row[4].Text = "#" + exactText(l.Project.Rank.Position)
		}
		if l.Project.LatestVersion != nil {
			row[5].Text = *l.Project.LatestVersion
		}
		standing.Rows = append(standing.Rows, row)
	}
	lines.Chart = drawn(spec)
	b.Widgets = []widget{lines, standing}
}
