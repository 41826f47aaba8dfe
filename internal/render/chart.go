package render

import (
	"cmp"
	"slices"

	"clickql/internal/draw"
)

// Chart draws numbers as an SVG of less than 150 KB or a PNG. A *fault.Error is
// returned with BadUserInput for a size out of bounds or too many series, and
// with Internal for series that do not fit the days.
func Chart(c ChartSpec) (*draw.Drawing, error) {
	width, height, err := CheckSize(c.Shape, c.Width, c.Height)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.cleaned()
	t := newTable(c)
	d := &draw.Drawing{W: float64(width), H: float64(height), Title: headline(c), Desc: t.describe(), Fonts: draw.SansFonts}
	if c.Shape == Sparkline {
		d.Layers = []*draw.Layer{spark(t, d.W, d.H)}
		return d, nil
	}
	layered(d, func(w, h float64) *draw.Layer { return t.lay(w, h, d.W) })
	return d, nil
}

// headline is the chart's name for those who do not see it.
func headline(c ChartSpec) string {
	text := c.Title
	for _, part := range c.Subtitle {
		text += ", " + part
	}
	return text
}

// cleaned is the spec with its texts fit to show and its defaults filled in.
func (c ChartSpec) cleaned() ChartSpec {
	c.Title = draw.Clean(c.Title, maxText)
	subtitle := make([]string, 0, len(c.Subtitle))
	for _, part := range c.Subtitle {
		if part = draw.Clean(part, maxText); part != "" {
			subtitle = append(subtitle, part)
		}
	}
	c.Subtitle = subtitle
	c.Shape = cmp.Or(c.Shape, Area)
	c.Series, c.Parts, c.Marks = slices.Clone(c.Series), slices.Clone(c.Parts), slices.Clone(c.Marks)
	for i := range c.Series {
		one := &c.Series[i]
		one.Label = draw.Clean(one.Label, maxLabel)
		if one.Rest {
			one.Label = cmp.Or(one.Label, "Other")
		}
	}
	for i := range c.Parts {
		c.Parts[i].Label = draw.Clean(c.Parts[i].Label, maxLabel)
	}
	for i := range c.Marks {
		c.Marks[i].Label = draw.Clean(c.Marks[i].Label, maxLabel)
	}
	return c
}

// lay lays the chart out for one width; whole is the drawing's.
func (t *table) lay(w, h, whole float64) *draw.Layer {
	s := newSheet(w, h, t.Background)
	figure, caption := t.figure()
	s.heading(t.Title, append(t.Subtitle[:len(t.Subtitle):len(t.Subtitle)], t.notes()...), figure, caption)
	switch {
	case t.empty():
		s.notice("No downloads in this range", "")
	case t.Shape == Donut:
		s.donut(t)
	case t.Shape == Ranking:
		s.ranking(t)
	case t.Shape == Map:
		s.world(t)
	default:
		p := newPlot(s, t, whole)
		p.draw()
	}
	return s.Layer
}

// figure is what stands at the right of the title: the one number of a chart of
// one series.
func (t *table) figure() (figure, caption string) {
	switch {
	case t.empty(), t.Measure == Index:
		return "", ""
	case t.Shape.OfParts():
		if t.Shape == Donut {
			return "", "" // it has its total in the middle
		}
		return Figure(float64(t.total)), "downloads"
	case len(t.Series) != 1:
		return "", ""
	}
	caption = "downloads"
	if t.Series[0].Label != "" {
		caption = t.Series[0].Label
	}
	return Figure(float64(t.Series[0].Total)), caption
}
