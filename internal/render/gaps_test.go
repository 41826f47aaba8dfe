package render

import (
	"strings"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// TestGaps tells which intervals have no data: those all of whose days are
// missing, as far as the chart covers them.
func TestGaps(t *testing.T) {
	weeks := daysFrom("2024-01-01", query.Weekly, 4)
	spec := ChartSpec{Days: weeks, Interval: query.Weekly, Series: []Series{{Totals: []int64{0, 5, 0, 3}}},
		Covered: catalog.Range{From: weeks[0] + 5, To: weeks[3] + 2}}
	spec.Missing = append(spec.Missing, weeks[0]+5, weeks[0]+6, weeks[1]+2)
	for d := weeks[2]; d < weeks[3]; d++ {
		spec.Missing = append(spec.Missing, d)
	}
	d := newData(spec)
	for j, want := range []bool{true, false, true, false} {
		if d.isAbsent(j) != want {
			t.Errorf("week %d is a gap: %v", j, !want)
		}
	}
	if got := d.lacks(); got != "10 days without data" {
		t.Errorf("it says %q", got)
	}
	p := &plot{d: d}
	if whole, parts := p.runs(); len(whole) != 1 || whole[0] != (run{1, 1}) || len(parts) != 0 {
		t.Errorf("runs %v, parts %v", whole, parts)
	}
}

// TestGapsAreDrawn breaks the line in every shape, and keeps the picture small
// where every other day is missing.
func TestGapsAreDrawn(t *testing.T) {
	days := daysFrom("2024-01-01", query.Daily, 2000)
	for _, shape := range []Shape{Area, Lines, Bars, Share} {
		spec := ChartSpec{Days: days[:9], Interval: query.Daily, Shape: shape, Theme: Light, Series: []Series{{Totals: make([]int64, 9)}}}
		for j := range spec.Series[0].Totals {
			spec.Series[0].Totals[j] = int64(j%3) * 100
		}
		without, err := Chart(spec)
		if err != nil {
			t.Fatal(err)
		}
		spec.Missing = []catalog.Day{days[3]}
		with, err := Chart(spec)
		if err != nil || strings.Count(string(with), faint) != strings.Count(string(without), faint)+1 || !strings.Contains(string(with), "1 day without data") {
			t.Errorf("%s: %v\n%s", shape, err, with)
		}
		spec.Days, spec.Missing = days, nil
		spec.Series = make([]Series, MaxSeries)
		for i := range spec.Series {
			spec.Series[i].Totals = wave(days, 1e6, 0)
		}
		for j := 0; j < len(days); j += 2 {
			spec.Missing = append(spec.Missing, days[j])
		}
		if svg, err := Chart(spec); err != nil || len(svg) > 100_000 {
			t.Errorf("%s with 1000 gaps: %d bytes, %v", shape, len(svg), err)
		}
		spec.Missing = spec.Missing[:maxGaps]
		if svg, err := Chart(spec); err != nil || len(svg) > 100_000 {
			t.Errorf("%s with %d gaps: %d bytes, %v", shape, maxGaps, len(svg), err)
		}
	}
}
