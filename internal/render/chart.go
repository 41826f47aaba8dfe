package render

import (
	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Chart draws downloads over time as an SVG of less than 100 KB. A
// *query.Error is returned with BadUserInput for a size out of bounds or too
// many series, and with Internal for series that do not fit the days.
func Chart(spec ChartSpec) ([]byte, error) {
	width, height, err := CheckSize(spec.Width, spec.Height)
	if err != nil {
		return nil, err
	}
	if err := spec.check(); err != nil {
		return nil, err
	}
	spec = spec.cleaned()
	d := newData(spec)
	k := newCard(width, height, spec.Theme, sentence(spec.Title, spec.Subtitle), d.describe(), d.inks)
	figure, caption := "", ""
	if len(spec.Series) == 1 && !d.empty() {
		figure, caption = Count(d.totals[0]), "downloads"
		if spec.Series[0].Label != "" {
			caption = spec.Series[0].Label
		}
	}
	k.heading(spec.Title, spec.Subtitle, sentence(d.incomplete(), d.lacks()), figure, caption)
	if d.empty() {
		k.notice("no downloads in this range", "")
		return k.bytes(), nil
	}
	if len(spec.Series) > 1 {
		k.legend(d)
	}
	newPlot(k, d).draw()
	return k.bytes(), nil
}

// check refuses what cannot be drawn.
func (s ChartSpec) check() error {
	rests := 0
	for i, series := range s.Series {
		if len(series.Totals) != len(s.Days) {
			return misfit("series %d has %d totals for %d days", i, len(series.Totals), len(s.Days))
		}
		if series.Rest {
			rests++
		}
	}
	if named := len(s.Series) - rests; named > MaxSeries || rests > 1 {
		return badInput("a chart shows at most %d series and the rest; these are %d", MaxSeries, len(s.Series))
	}
	for i, d := range s.Days {
		if d < 0 || d > catalog.MaxDay || i > 0 && d <= s.Days[i-1] {
			return misfit("day %d (%s) is out of order or range", i, d)
		}
	}
	return nil
}

// misfit is an error in what the caller made of an answer.
func misfit(format string, args ...any) *query.Error {
	err := badInput("draw a chart: "+format, args...)
	err.Code = query.Internal
	return err
}

// cleaned is the spec with its texts fit to show and its defaults filled in.
func (s ChartSpec) cleaned() ChartSpec {
	s.Title, s.Subtitle = clean(s.Title, maxText), clean(s.Subtitle, maxText)
	if s.Shape == "" {
		s.Shape = Area
	}
	series := make([]Series, len(s.Series))
	for i, one := range s.Series {
		one.Label = clean(one.Label, maxLabel)
		if one.Rest && one.Label == "" {
			one.Label = "Other"
		}
		series[i] = one
	}
	s.Series = series
	return s
}
