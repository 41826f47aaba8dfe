package server

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/draw"
	"clickql/internal/fetch"
	"clickql/internal/query"
	"clickql/internal/render"
)

// chart is downloads over time, as its address describes them.
type chart struct {
	scope    scope
	bounds   query.Bounds
	interval query.Interval    // empty: what suits the range
	by       catalog.Dimension // empty: not split
	first    int               // values of by that get a series of their own
	others   bool              // whether the rest gets one, too
	shape    render.Shape
	theme    draw.Theme
	width    int
	height   int
}

// What a chart shows where its address does not say.
const (
	chartLast  = "12m"
	chartFirst = 5
)

// maxPoints bounds the intervals of a chart: beyond, several would share a
// pixel.
const maxPoints = 2000

// readChart reads a chart's address: from and to, or last (12m); interval; by,
// with first (5) and others (true); shape, theme, width, height; and the scope.
func readChart(u *url.URL) (picture, error) {
	a := newArgs(u)
	c := chart{
		scope: readScope(a), bounds: readBounds(a, chartLast),
		first: a.number("first", chartFirst), others: a.boolean("others", true),
	}
	if name, ok := a.choice("interval", intervalNames()...); ok {
		c.interval = query.Interval(name)
	}
	if name, ok := a.choice("by", dimensionNames()...); ok {
		c.by = catalog.Dimension(name)
	}
	if c.first < 1 || c.first > render.MaxSeries {
		a.fail("first is %d; it must be between 1 and %d", c.first, render.MaxSeries)
	}
	c.readLooks(a)
	return c, a.end()
}

// readLooks reads what does not change the numbers.
func (c *chart) readLooks(a *args) {
	theme, _ := a.text("theme")
	shape, _ := a.text("shape")
	var themeErr, shapeErr, sizeErr error
	c.theme, themeErr = parseTheme(theme)
	c.shape, shapeErr = parseShape(shape)
	c.width, c.height = a.number("width", 0), a.number("height", 0)
	_, _, sizeErr = render.CheckSize(c.shape, c.width, c.height)
	a.check(themeErr)
	a.check(shapeErr)
	a.check(sizeErr)
}

func (c chart) draw(ctx context.Context, op *fetch.Operation, project string) ([]byte, error) {
	data := op.Snapshot().Days
	slice, err := c.bounds.In(c.scope.of(project), data)
	if err != nil {
		return nil, err
	}
	covered := data
	if !slice.AllTime {
		// Days without data are not days without downloads.
		slice.Days = catalog.Range{From: max(slice.Days.From, data.From), To: min(slice.Days.To, data.To)}
		covered = slice.Days
	}
	every, err := c.every(covered)
	if err != nil {
		return nil, err
	}
	spec := render.ChartSpec{
		Title: project, Subtitle: []string{"downloads per " + strings.ToLower(string(every)), render.Span(covered)}, Interval: every, Covered: covered,
		Missing: op.Snapshot().MissingIn(covered),
		Shape:   c.shape, Width: c.width, Height: c.height,
	}
	if covered.Empty() {
		return c.svg(spec)
	}
	if c.by == "" {
		err = c.whole(ctx, op, slice, &spec)
	} else {
		err = c.split(ctx, op, slice, &spec)
	}
	if err != nil {
		return nil, err
	}
	for i, first := range spec.Days {
		next := covered.To + 1
		if i+1 < len(spec.Days) {
			next = spec.Days[i+1]
		}
		spec.Complete = append(spec.Complete, first >= covered.From && (i+1 < len(spec.Days) || every.Next(first) == next))
	}
	return c.svg(spec)
}

// svg draws the chart.
func (c chart) svg(spec render.ChartSpec) ([]byte, error) {
	d, err := render.Chart(spec)
	if err != nil {
		return nil, err
	}
	return d.SVG(c.theme, draw.File), nil
}

// floats are numbers as a chart draws them.
func floats(totals []int64) []float64 {
	out := make([]float64, len(totals))
	for i, n := range totals {
		out[i] = float64(n)
	}
	return out
}

// total adds up downloads.
func total(totals []int64) (n int64) {
	for _, v := range totals {
		n += v
	}
	return n
}

// parseTheme reads a theme's name, in any case; the empty name is auto.
func parseTheme(name string) (draw.Theme, error) {
	for _, t := range []draw.Theme{draw.Auto, draw.Light, draw.Dark} {
		if strings.EqualFold(name, string(t)) {
			return t, nil
		}
	}
	if name == "" {
		return draw.Auto, nil
	}
	return draw.Auto, &query.Error{Code: query.BadUserInput, Message: fmt.Sprintf("%q is not a theme; there are auto, light, dark", shorten(name))}
}

// parseShape reads a shape's name, in any case; the empty name is area.
func parseShape(name string) (render.Shape, error) {
	shapes := []render.Shape{render.Area, render.Lines, render.Bars, render.Share}
	for _, s := range shapes {
		if strings.EqualFold(name, string(s)) {
			return s, nil
		}
	}
	if name == "" {
		return render.Area, nil
	}
	return render.Area, &query.Error{Code: query.BadUserInput, Message: fmt.Sprintf("%q is not a shape; there are area, line, bar, share", shorten(name))}
}

// every is the chart's interval: the one asked for, or one that gives a curve
// of some dozens of points up to about a hundred.
func (c chart) every(covered catalog.Range) (query.Interval, error) {
	n := covered.Days()
	if c.interval == query.Daily && n > maxPoints {
		return "", &query.Error{Code: query.BadUserInput,
			Message: "so long a range has too many days for a chart; choose interval=week"}
	}
	switch {
	case c.interval != "":
		return c.interval, nil
	case n <= 120:
		return query.Daily, nil
	case n <= 3*366:
		return query.Weekly, nil
	default:
		return query.Monthly, nil
	}
}

// whole fills in the one series of an unsplit chart.
func (c chart) whole(ctx context.Context, op *fetch.Operation, slice query.Slice, spec *render.ChartSpec) error {
	res, err := op.Load(ctx, query.SeriesOf(slice, spec.Interval))
	if err != nil {
		return err
	}
	spec.Days = res.Days
	spec.Series = []render.Series{{Values: floats(res.Totals), Total: total(res.Totals)}}
	return nil
}

// split fills in a series for each of the largest values, and one for the rest
// where there is any. It takes at most three queries: the values and the whole
// side by side, then all values' series in one.
func (c chart) split(ctx context.Context, op *fetch.Operation, slice query.Slice, spec *render.ChartSpec) error {
	values, whole := query.SplitOf(slice, c.by, c.first, nil), query.SeriesOf(slice, spec.Interval)
	op.Prefetch(ctx, []query.Request{values, whole})
	top, err := op.Load(ctx, values)
	if err != nil {
		return err
	}
	all, err := op.Load(ctx, whole)
	if err != nil {
		return err
	}
	parts := make([]query.Request, len(top.Groups))
	for i, g := range top.Groups {
		parts[i] = query.SeriesOf(slice.Narrow(query.Condition{Dim: c.by, Values: []string{g.Value}}), spec.Interval)
	}
	op.Prefetch(ctx, parts)
	spec.Days = all.Days
	rest := append([]int64(nil), all.Totals...)
	for i, part := range parts {
		res, err := op.Load(ctx, part)
		if err != nil {
			return err
		}
		spec.Series = append(spec.Series, render.Series{Label: c.by.Label(top.Groups[i].Value), Values: floats(res.Totals), Total: total(res.Totals)})
		subtract(rest, res.Totals)
	}
	switch {
	case len(parts) == 0:
		spec.Series = []render.Series{{Values: floats(all.Totals), Total: total(all.Totals)}}
	case c.others && top.More:
		spec.Series = append(spec.Series, render.Series{Label: cube.Others, Values: floats(rest), Total: total(rest), Rest: true})
	}
	return nil
}

// subtract takes part from rest, bucket by bucket. Where a load came between
// the two queries, part may be ahead; a count is never below zero.
func subtract(rest, part []int64) {
	for i := range min(len(rest), len(part)) {
		rest[i] = max(rest[i]-part[i], 0)
	}
}

func (c chart) say(project string, n notice) []byte {
	return render.Message(render.MessageSpec{
		Title: shorten(project), Text: strings.ToUpper(n.text[:1]) + n.text[1:], Detail: n.detail,
		Width: c.width, Height: c.height,
	}).SVG(c.theme, draw.File)
}

// intervalNames lists the intervals by their GraphQL names.
func intervalNames() []string {
	names := make([]string, len(cube.Intervals))
	for i, every := range cube.Intervals {
		names[i] = string(every)
	}
	return names
}

// dimensionNames lists what a chart can be split by.
func dimensionNames() []string {
	names := make([]string, len(cube.OfProject))
	for i, d := range cube.OfProject {
		names[i] = string(d)
	}
	return names
}
