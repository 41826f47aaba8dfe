package render

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"clickql/internal/query"
)

// plotOf lays out a chart of the shape with two series on three days.
func plotOf(shape Shape) *plot {
	d := newData(ChartSpec{Title: "x", Interval: query.Daily, Days: daysFrom("2024-01-01", query.Daily, 3), Shape: shape, Theme: Light,
		Series: []Series{{Label: "a", Totals: []int64{10, 100, 50}}, {Label: "b", Totals: []int64{30, 0, 50}, Rest: true}}})
	return newPlot(newCard(800, 400, Light, "", "", d.inks), d)
}

// A bar reaches from the base to its total, within its day.
func TestBarHitsItsTotal(t *testing.T) {
	p := plotOf(Bars)
	for j, total := range []float64{10, 100, 50} {
		var pen pen
		p.bar(&pen, 0, j)
		var x, y, width, height, back float64
		if _, err := fmt.Sscanf(pen.String(), "M%f %fh%fv%fh%fz", &x, &y, &width, &height, &back); err != nil {
			t.Fatalf("%s: %v", pen.String(), err)
		}
		from, to := p.slot(j)
		if x < from || x+width > to || width <= 0 || back != -width {
			t.Errorf("bar %d spans %v to %v of %v to %v", j, x, x+width, from, to)
		}
		if got := (p.y1 - y) / (p.y1 - p.y0) * p.ceiling; got < total-.1 || got > total+.1 {
			t.Errorf("bar %d stands for %v, not %v", j, got, total)
		}
		if bottom := y + height; bottom < p.y1-.11 || bottom > p.y1+.11 {
			t.Errorf("bar %d ends at %v, the base is at %v", j, bottom, p.y1)
		}
	}
}

// Stacked shapes are drawn from the top of the stack down, each series in its
// own colour: the reverse would hide all but the tallest.
func TestStackIsDrawnBackToFront(t *testing.T) {
	for _, shape := range []Shape{Area, Bars, Share} {
		p := plotOf(shape)
		p.draw()
		var fills []string
		for _, m := range regexp.MustCompile(`<path d="M[^"]*" fill="(#\w+)"`).FindAllStringSubmatch(p.buf.String(), -1) {
			fills = append(fills, m[1])
		}
		if got, want := strings.Join(fills, " "), rest.light+" "+palette[0].light; got != want {
			t.Errorf("%s: drawn in the order %s, want %s", shape, got, want)
		}
	}
}

// The legend names every series or counts the ones that it leaves out.
func TestLegendIsComplete(t *testing.T) {
	for _, width := range []int{MinWidth, 400, 800} {
		spec := charts()["bar-version"]
		spec.Width, spec.Height, spec.Subtitle = width, 200, ""
		svg, err := Chart(spec)
		if err != nil {
			t.Fatal(err)
		}
		_, shown, _ := strings.Cut(wellFormed(t, svg), "incomplete.\n")
		named, left := 0, 0
		for _, line := range strings.Split(shown, "\n") {
			for _, s := range spec.Series {
				if line == s.Label {
					named++
				}
			}
			if strings.HasPrefix(line, "+") {
				if _, err := fmt.Sscanf(line, "+%d", &left); err != nil {
					t.Fatal(err)
				}
			}
		}
		if named == 0 || named+left != len(spec.Series) {
			t.Errorf("at %d pixels %d series are named and %d counted, of %d", width, named, left, len(spec.Series))
		}
	}
}

// The count of what the legend leaves out stays within the card.
func TestLegendCountHasRoom(t *testing.T) {
	for width := MinWidth; width < 700; width += 7 {
		spec := charts()["bar-version"]
		spec.Width, spec.Height = width, 150
		svg, err := Chart(spec)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`<text x="([\d.]+)"[^>]*>(\+\d+)<`).FindSubmatch(svg)
		if m == nil {
			continue
		}
		x, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		if right := x + regular().width(string(m[2]), 10.5); right > float64(width)-12 {
			t.Errorf("at %d pixels %s ends at %.1f", width, m[2], right)
		}
	}
}

// Bars too many to be told apart become an area; a single value a bar.
func TestShapeAdapts(t *testing.T) {
	for n, want := range map[int]Shape{1: Bars, 2: Area, 5: Area} {
		days := daysFrom("2024-01-01", query.Daily, n)
		d := newData(ChartSpec{Interval: query.Daily, Days: days, Shape: Area, Series: []Series{{Totals: wave(days, 100, 0)}}})
		if p := newPlot(newCard(400, 200, Light, "", "", nil), d); p.shape != want {
			t.Errorf("an area of %d days is drawn as %s", n, p.shape)
		}
		d.Shape = Bars
		if p := newPlot(newCard(400, 200, Light, "", "", nil), d); p.shape != Bars {
			t.Errorf("bars of %d days are drawn as %s", n, p.shape)
		}
	}
	days := daysFrom("2024-01-01", query.Daily, 300)
	d := newData(ChartSpec{Interval: query.Daily, Days: days, Shape: Bars, Series: []Series{{Totals: wave(days, 100, 0)}}})
	if p := newPlot(newCard(400, 200, Light, "", "", nil), d); p.shape != Area {
		t.Errorf("300 bars on 400 pixels are drawn as %s", p.shape)
	}
}
