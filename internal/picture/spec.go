package picture

import (
	"regexp"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/draw"
	"clickql/internal/render"
)

// majorVersion is a version that begins something: 3, 2.1, 2.1.0, and none that
// is not final.
var majorVersion = regexp.MustCompile(`^v?\d+(\.\d+)?(\.0+)*$`)

// major tells a release that is worth a label.
func major(version string) bool { return majorVersion.MatchString(version) }

// Draw draws the chart.
func (n *Numbers) Draw() (*draw.Drawing, error) { return render.Chart(n.Spec()) }

// Spec is the chart as the drawer takes it.
func (n *Numbers) Spec() render.ChartSpec {
	c := n.Chart
	s := render.ChartSpec{Title: n.title(), Subtitle: n.subtitle(), Shape: c.Shape, Width: c.Width, Height: c.Height, Background: c.Background,
		Interval: n.Interval, Days: n.Dates, Complete: n.Complete, Covered: n.Days, Missing: n.Missing, Log: c.Log, Marks: n.Marks, Spikes: n.Spikes,
		Measure: map[Transform]render.Measure{Indexed: render.Index, Cumulative: render.Sum, Average: render.Average}[c.Transform]}
	for _, l := range n.Lines {
		if c.Shape.OfParts() {
			s.Parts = append(s.Parts, render.Part{Label: l.Label, Code: l.Value, Total: l.Total, Rest: l.Rest})
		} else {
			s.Series = append(s.Series, render.Series{Label: l.Label, Values: l.Values, Total: l.Total, Rest: l.Rest})
		}
	}
	return s
}

// title is the chart's headline.
func (n *Numbers) title() string {
	switch {
	case n.Chart.Title != "":
		return n.Chart.Title
	case len(n.Known) > 0:
		return strings.Join(n.Known, ", ")
	case n.Chart.By == cube.Project:
		return "Most downloaded projects"
	}
	return "All of PyPI"
}

// subtitle says what the chart shows, the most important first.
func (n *Numbers) subtitle() []string {
	parts := []string{n.measure()}
	if len(n.Unknown) > 0 {
		parts = append(parts, "unknown: "+Shorten(strings.Join(n.Unknown, ", ")))
	}
	if words := n.Chart.Filter.says(); len(words) > 0 {
		parts = append(parts, strings.Join(words, ", "))
	}
	return append(parts, render.Span(n.Days))
}

// measure says what is counted, and by what it is split.
func (n *Numbers) measure() string {
	c := n.Chart
	per := " per " + strings.ToLower(string(n.Interval))
	text := "downloads"
	switch {
	case c.Shape.OfParts():
	case c.Transform == Indexed:
		text += per + ", first complete " + strings.ToLower(string(n.Interval)) + " = 100"
	case c.Transform == Cumulative:
		text += " since " + n.Days.From.Time().Format("2 Jan 2006") + per
	case c.Transform == Average:
		text += per + ", average of " + averaged[n.Interval]
	default:
		text += per
	}
	if c.Shape == render.Share {
		text = "share of " + text
	}
	if c.By != "" {
		text += ", by " + c.By.Title()
	}
	return text
}

// averaged says windows in words.
var averaged = map[cube.Interval]string{cube.Daily: "7 days", cube.Weekly: "4 weeks", cube.Monthly: "3 months", cube.Quarterly: "4 quarters"}
