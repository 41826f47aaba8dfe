package render

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"clickql/internal/draw"
)

// The worst cases for size: random totals, which no thinning shortens, in
// every shape, up to as many days as there are, on the largest card.
func TestChartStaysSmall(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, shape := range []Shape{Area, Lines, Bars, Share} {
		for _, n := range []int{200, 1000, 20_000} {
			for _, count := range []int{1, 2, MaxSeries + 1} {
				spec := ChartSpec{Title: strings.Repeat("&", 500), Subtitle: []string{strings.Repeat("<", 500)}, Days: daysFrom("1980-01-01", daily, n),
					Interval: daily, Shape: shape, Width: MaxWidth, Height: MaxHeight}
				for i := range count {
					values := make([]float64, n)
					for j := range values {
						values[j] = random.Float64() * (1 << 40)
					}
					spec.Series = append(spec.Series, Series{Label: strings.Repeat(`"`, 500), Values: values, Rest: i == MaxSeries, Total: 1})
				}
				d, err := Chart(spec)
				if err != nil {
					t.Fatal(err)
				}
				if svg := d.SVG(draw.Auto, draw.File); len(svg) >= 150_000 {
					t.Errorf("%s, %d series of %d days: %d bytes", shape, count, n, len(svg))
				}
			}
		}
	}
	world := charts()["map"]
	world.Width, world.Height = MaxWidth, MaxHeight
	d, err := Chart(world)
	if err != nil {
		t.Fatal(err)
	}
	if svg := d.SVG(draw.Auto, draw.File); len(svg) >= 250_000 {
		t.Errorf("the largest map: %d bytes", len(svg))
	}
}

// Thinning keeps both ends and the extremes, and moves nothing.
func TestThinKeepsPeaks(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var line []draw.Point
	at := map[draw.Point]bool{}
	for i := range 5000 {
		y := 200 + 20*random.Float64()
		switch i {
		case 1777:
			y = 10
		case 3333:
			y = 390
		}
		p := draw.Point{X: float64(i) * .14, Y: y}
		line, at[p] = append(line, p), true
	}
	first, last, peak, dip := line[0], line[4999], line[1777], line[3333]
	got := thin(line, 1000)
	if len(got) > 1000 || len(got) < 900 {
		t.Errorf("%d points are left", len(got))
	}
	kept := map[draw.Point]bool{}
	for i, p := range got {
		kept[p] = true
		if !at[p] {
			t.Fatalf("%v was not in the line", p)
		}
		if i > 0 && p.X <= got[i-1].X {
			t.Fatalf("%v is behind %v", p, got[i-1])
		}
	}
	for _, p := range []draw.Point{first, last, peak, dip} {
		if !kept[p] {
			t.Errorf("%v has gone", p)
		}
	}
}

// A line that is short enough loses only what cannot be seen.
func TestThinIsFaithful(t *testing.T) {
	var line []draw.Point
	for i := range 700 {
		line = append(line, draw.Point{X: float64(i), Y: 200 + 100*math.Sin(float64(i)/30)})
	}
	got := thin(line, 5000)
	for i, j := 0, 0; i < len(line); i++ {
		for got[j+1].X < line[i].X {
			j++
		}
		a, b := got[j], got[j+1]
		y := a.Y + (b.Y-a.Y)*(line[i].X-a.X)/(b.X-a.X)
		if math.Abs(y-line[i].Y) > .25 {
			t.Fatalf("at %v the thinned line is %.2f pixels off", line[i], y-line[i].Y)
		}
	}
}
