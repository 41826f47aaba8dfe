package picture

import (
	"net/url"
	"slices"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/draw"
	"clickql/internal/pypi"
	"clickql/internal/render"
)

// Transform is what is made of the numbers of a series.
type Transform string

// The transforms.
const (
	Indexed    Transform = "indexed"
	Cumulative Transform = "cumulative"
	Average    Transform = "average"
)

// Chart is downloads over time or by parts, as an address describes them.
type Chart struct {
	// Names are projects' normalised names, each once, in order; none for all of
	// PyPI.
	Names    []string
	Bounds   cube.Bounds
	Interval cube.Interval  // empty: what suits the range
	By       cube.Dimension // empty: not split
	First    int            // values of By that are told apart
	Others   bool           // whether the rest is shown, too
	Filter   Filter
	Transform
	Releases bool
	Spikes   bool // days out of line are told apart

	Shape         render.Shape
	Log           bool
	Title         string // empty: the names
	Theme         draw.Theme
	Background    string // empty: a card
	Width, Height int
	Density       float64
}

// How many values are told apart where an address does not say.
const chartFirst, rankingFirst = 5, 10

// ReadChart reads a chart's address: the names in its path, separated by commas,
// and its query. With an error, which is a *fault.Error for the reader, the
// chart's looks are still good to draw it in.
func ReadChart(names, query string) (Chart, error) {
	r := newReader(query, OfChart)
	c := Chart{Bounds: r.bounds(defaultLast), Others: r.boolean("others", true), Filter: r.filter(), Releases: r.boolean("releases", false), Spikes: r.boolean("spikes", false)}
	c.Names = r.names(names)
	c.Interval = cube.Interval(strings.ToUpper(r.choice("interval", "")))
	c.By = cube.Dimension(strings.ToUpper(r.choice("by", "")))
	c.Transform = Transform(r.choice("transform", ""))
	c.looks(r)
	c.shapeUp(r)
	c.First = r.first(c.Shape)
	c.agree(r)
	return c, r.err
}

// names reads the projects in an address's path.
func (r *reader) names(text string) (names []string) {
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name := pypi.NormalizeName(part)
		if name == "" {
			r.fail("a project's name is empty; write /chart/numpy,pandas.svg")
			continue
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > render.MaxSeries {
		r.fail("these are %d projects; a chart shows at most %d", len(names), render.MaxSeries)
		names = names[:render.MaxSeries]
	}
	return names
}

// looks reads what does not change the numbers.
func (c *Chart) looks(r *reader) {
	c.Shape = render.Shape(r.choice("shape", ""))
	c.Log = r.choice("scale", "") == "log"
	c.Title, _ = r.text("title")
	c.Theme = draw.Theme(r.choice("theme", string(draw.Auto)))
	c.Density = r.density()
	if text, ok := r.text("background"); ok {
		if c.Background = render.Transparent; !strings.EqualFold(text, render.Transparent) {
			c.Background = r.color("background")
		}
	}
	c.Width, c.Height = r.number("width", 0), r.number("height", 0)
}

// shapeUp chooses the shape where none is said, and checks the size for it.
func (c *Chart) shapeUp(r *reader) {
	byProject := c.By == cube.Project && c.Interval == ""
	switch {
	case c.Shape == render.Bars && byProject: // bars of parts, not over time
		c.Shape = render.Ranking
	case c.Shape != "":
	case byProject && len(c.Names) == 0:
		c.Shape = render.Ranking
	case 0 < c.Width && c.Width < render.MinWidth && c.Width >= render.MinSparkWidth:
		c.Shape = render.Sparkline
	case len(c.Names) > 1 || c.Transform == Indexed:
		c.Shape = render.Lines
	default:
		c.Shape = render.Area
	}
	if c.Shape == render.Map && c.By == "" {
		c.By = cube.Country
	}
	if _, _, err := render.CheckSize(c.Shape, c.Width, c.Height); err != nil {
		r.check(err)
		c.Width, c.Height = 0, 0
	}
}

// first reads how many values are told apart.
func (r *reader) first(shape render.Shape) int {
	absent, most := chartFirst, render.MaxSeries
	switch shape {
	case render.Ranking:
		absent, most = rankingFirst, render.MaxParts
	case render.Map:
		absent, most = maxCountries, maxCountries
	}
	n := r.number("first", absent)
	if n < 1 || n > most {
		r.fail("first is %d; it must be between 1 and %d", n, most)
		return absent
	}
	return n
}

// maxCountries is more than there are: a map shows all.
const maxCountries = 300

// agree refuses what does not go together.
func (c *Chart) agree(r *reader) {
	several := len(c.Names) > 1
	split := c.By != "" || several
	switch {
	case c.By == cube.Project && len(c.Names) == 1:
		r.fail("by=project splits all of PyPI, or several projects; %s is one", c.Names[0])
	case several && c.By != "" && c.By != cube.Project && !c.Shape.OfParts():
		r.fail("by=%s splits one project; several are told apart already", c.By.Parameter())
	case c.Shape == render.Map && c.By != cube.Country:
		r.fail("shape=map is by country, and by is %s", c.By.Parameter())
	case (c.Shape == render.Share || c.Shape == render.Donut || c.Shape == render.Ranking) && !split:
		r.fail("shape=%s shows parts of a whole; say by what, such as by=version, or name several projects", c.Shape)
	case c.Transform != "" && (c.Shape == render.Share || c.Shape.OfParts()):
		r.fail("transform=%s is of series over time, and not of shape=%s", c.Transform, c.Shape)
	case c.Log && (c.Shape == render.Share || c.Shape.OfParts()):
		r.fail("scale=log is of values over time, and not of shape=%s", c.Shape)
	case c.Releases && (len(c.Names) != 1 || c.Shape.OfParts() || c.Shape == render.Sparkline):
		r.fail("releases=true marks those of one project on an axis of time")
	case c.Spikes && (split || c.Transform != "" || c.Shape.OfParts() || c.Shape == render.Sparkline):
		r.fail("spikes=true rings values of one series over time, as it was counted")
	case c.Transform == Average && c.Interval == cube.Yearly:
		r.fail("transform=average is over days, weeks, months or quarters, and not over years")
	}
}

// Canonical is an address's query with our parameters alone, by their documented
// names, in order: equal for addresses that ask for the same.
func Canonical(raw string, use Use) string {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return raw // which is refused
	}
	kept := url.Values{}
	for name, all := range values {
		if p := find(name, use); p != nil {
			kept[p.Name] = append(kept[p.Name], all...)
		}
	}
	return kept.Encode()
}
