package render

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

func TestIncomplete(t *testing.T) {
	months := daysFrom("2024-01-01", query.Monthly, 3)
	one := func(days []catalog.Day, every query.Interval, from, to string) *data {
		totals := make([]int64, len(days))
		for i := range totals {
			totals[i] = 5
		}
		return newData(ChartSpec{Days: days, Interval: every, Series: []Series{{Totals: totals}}, Covered: catalog.Range{From: day(from), To: day(to)}})
	}
	for _, c := range []struct {
		d    *data
		want string
	}{
		{one(months, query.Monthly, "2024-01-01", "2024-03-31"), ""},
		{one(months, query.Monthly, "2024-01-01", "2024-03-30"), "last month incomplete"},
		{one(months, query.Monthly, "2024-01-02", "2024-03-31"), "first month incomplete"},
		{one(months, query.Monthly, "2024-01-15", "2024-03-15"), "first and last month incomplete"},
		{one(months[:1], query.Monthly, "2024-01-15", "2024-01-20"), "month incomplete"},
		{one(daysFrom("2024-01-01", query.Weekly, 2), query.Weekly, "2024-01-01", "2024-01-13"), "last week incomplete"},
		{one(daysFrom("2024-01-01", query.Daily, 2), query.Daily, "2024-01-01", "2024-01-02"), ""},
		{newData(ChartSpec{Days: months, Interval: query.Monthly, Series: []Series{{Totals: []int64{1, 2, 3}}}}), ""},
	} {
		if got := c.d.incomplete(); got != c.want {
			t.Errorf("%v: %q, want %q", c.d.Covered, got, c.want)
		}
	}
}

// What is incomplete is dashed and faint, and nothing else is.
func TestIncompleteIsDrawn(t *testing.T) {
	for name, want := range map[string]bool{"area-day": false, "area-week-part": true} {
		svg, _ := Chart(charts()[name])
		if got := strings.Contains(string(svg), dashed) && strings.Contains(string(svg), faint); got != want {
			t.Errorf("%s: dashed and faint is %v", name, got)
		}
	}
}

func TestStackedTops(t *testing.T) {
	spec := ChartSpec{Days: daysFrom("2024-01-01", query.Daily, 3), Series: []Series{{Totals: []int64{3, 0, 5}}, {Totals: []int64{1, 0, 15}}}}
	for shape, want := range map[Shape][2][3]float64{
		Area:  {{3, 0, 5}, {4, 0, 20}},
		Bars:  {{3, 0, 5}, {4, 0, 20}},
		Lines: {{3, 0, 5}, {1, 0, 15}},
		Share: {{.75, 0, .25}, {1, 0, 1}},
	} {
		spec.Shape = shape
		d := newData(spec)
		for i := range want {
			for j := range want[i] {
				if d.tops[i][j] != want[i][j] {
					t.Errorf("%s: series %d is %v, want %v", shape, i, d.tops[i], want[i])
					break
				}
			}
		}
	}
}

func TestSumDoesNotOverflow(t *testing.T) {
	if got := sum([]int64{math.MaxInt64, 5, 7}); got != math.MaxInt64 {
		t.Errorf("got %d", got)
	}
	if got := sum([]int64{4, 5, -7}); got != 9 {
		t.Errorf("got %d", got)
	}
}

// An area's corners stand where its scale puts the totals.
func TestAreaHitsItsTotals(t *testing.T) {
	spec := ChartSpec{Title: "x", Interval: query.Daily, Days: daysFrom("2024-01-01", query.Daily, 3), Theme: Light,
		Series: []Series{{Totals: []int64{0, 100, 50}}}}
	d := newData(spec)
	k := newCard(800, 400, Light, "", "", d.inks)
	p := newPlot(k, d)
	if p.ceiling != 100 || p.at(0) != p.x0 || p.at(2) != p.x1 || p.y(100) != p.y0 || p.y(0) != p.y1 {
		t.Fatalf("ceiling %v, x %v to %v of %v to %v", p.ceiling, p.at(0), p.at(2), p.x0, p.x1)
	}
	if mid := (p.y0 + p.y1) / 2; math.Abs(p.y(50)-mid) > 1e-9 {
		t.Errorf("50 is at %v, want %v", p.y(50), mid)
	}
	edge := p.edge(0, 0, 2)
	if len(edge) != 3 || edge[1][1] != p.y0 {
		t.Errorf("the edge is %v", edge)
	}
}

// The name and the description say what the picture shows.
func TestDescription(t *testing.T) {
	svg, err := Chart(charts()["area-week-part"])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`role="img"`, "<title>requests, downloads per week, 2023-08-14 to 2024-08-14</title>",
		"<desc>7.4B downloads. 53 values from 2023-08-14 to 2024-08-12, last week incomplete.</desc>"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %s", want)
		}
	}
	svg, _ = Badge(BadgeSpec{Label: "downloads/week", Value: "61M"})
	if !strings.Contains(string(svg), "<title>downloads/week: 61M</title>") {
		t.Error("the badge has no title")
	}
}

func TestEmpty(t *testing.T) {
	days := daysFrom("2024-01-01", query.Daily, 2)
	for name, spec := range map[string]ChartSpec{
		"no days":   {Title: "x"},
		"no series": {Title: "x", Days: days},
		"zeros":     {Title: "x", Days: days, Series: []Series{{Totals: []int64{0, 0}}, {Totals: []int64{0, 0}, Rest: true}}},
	} {
		svg, err := Chart(spec)
		if err != nil || !strings.Contains(string(svg), "no downloads in this range") {
			t.Errorf("%s: %v\n%s", name, err, svg)
		}
	}
}

// A badge is as wide as its halves, and each text has its room.
func TestBadgeWidth(t *testing.T) {
	svg, err := Badge(BadgeSpec{Label: "downloads", Value: "273M"})
	if err != nil {
		t.Fatal(err)
	}
	// Verdana's widths of both texts and five pixels on each side, as
	// shields.io has them.
	if !regexp.MustCompile(`<svg\s+width="110"\s+height="20"`).Match(svg) {
		t.Errorf("the badge is not 110 x 20 pixels: %s", svg)
	}
}
