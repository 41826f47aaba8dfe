package site

import (
	"html/template"

	"clickql/internal/cube"
	"clickql/internal/draw"
	"clickql/internal/render"
)

// The size of pictures in a page, in CSS pixels; the style sheet fits them to
// their place.
const (
	pictureWidth  = 720
	pictureHeight = 300
)

// drawn is a chart in the page's HTML; empty where there is nothing to draw. A
// chart that cannot be drawn is left away: its numbers stand below it.
func drawn(spec render.ChartSpec) template.HTML {
	if len(spec.Days) == 0 || len(spec.Series) == 0 {
		return ""
	}
	spec.Background, spec.Width, spec.Height = render.Transparent, pictureWidth, pictureHeight
	chart, err := render.Chart(spec)
	if err != nil {
		return ""
	}
	// The drawer escapes every text that it is given; the page's own sheet has the
	// rules of its classes.
	return template.HTML(`<div class="picture">` + string(chart.SVG(draw.Auto, draw.Page)) + `</div>`)
}

// axis is the chart's axis of time.
func axis(title, interval string, s *series) render.ChartSpec {
	spec := render.ChartSpec{Title: title, Interval: cube.Interval(interval)}
	if s == nil {
		return spec
	}
	spec.Days, spec.Missing = daysOf(s.Dates), daysOf(s.Missing)
	if len(s.Complete) == len(spec.Days) {
		spec.Complete = s.Complete
	}
	return spec
}

// daysOf are the days as the drawer takes them.
func daysOf(texts []string) []cube.Day {
	var days []cube.Day
	for _, text := range texts {
		if d, err := cube.ParseDay(text); err == nil {
			days = append(days, d)
		}
	}
	return days
}

// lineOf draws a series over time.
func lineOf(title, interval string, s *series) template.HTML {
	spec := axis(title, interval, s)
	if s != nil {
		spec.Series = []render.Series{seriesOf("", s.Totals)}
		for _, day := range s.Spikes {
			if d, err := cube.ParseDay(day.Date); err == nil {
				spec.Spikes = append(spec.Spikes, cube.Spike{Date: d, Total: day.Total, Expected: day.Expected, Deviation: day.Deviation})
			}
		}
	}
	return drawn(spec)
}

// partsOf draws the parts of a split over time, on the axis of the whole.
func partsOf(shape render.Shape, title, interval string, whole *series, slices []slice) template.HTML {
	spec := axis(title, interval, whole)
	spec.Shape = shape
	for _, s := range slices {
		over := s.Series
		if s.Downloads != nil {
			over = s.Downloads.Series
		}
		if over == nil || len(over.Totals) != len(spec.Days) {
			continue
		}
		part := seriesOf(s.Label, over.Totals)
		part.Rest = s.Value == nil && s.Release == nil
		spec.Series = append(spec.Series, part)
	}
	return drawn(spec)
}

// seriesOf is a series of downloads as the drawer takes it.
func seriesOf(label string, totals []int64) render.Series {
	s := render.Series{Label: label, Values: make([]float64, len(totals))}
	for i, n := range totals {
		s.Values[i] = float64(n)
		s.Total += n
	}
	return s
}
