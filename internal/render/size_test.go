package render

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"clickql/internal/query"
)

// The worst cases for size: random totals, which no thinning shortens, in
// every shape, up to as many days as there are, on the largest card.
func TestChartStaysSmall(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, shape := range []Shape{Area, Lines, Bars, Share} {
		for _, n := range []int{200, 640, 1000, 5000, 20_000} {
			for _, count := range []int{1, 2, 5, MaxSeries, MaxSeries + 1} {
				spec := ChartSpec{Title: strings.Repeat("&", 500), Subtitle: strings.Repeat("<", 500), Days: daysFrom("1980-01-01", query.Daily, n),
					Interval: query.Daily, Shape: shape, Width: MaxWidth, Height: MaxHeight}
				for i := range count {
					s := Series{Label: strings.Repeat(`"`, 500), Totals: make([]int64, n), Rest: i == MaxSeries}
					for j := range s.Totals {
						s.Totals[j] = random.Int64N(1 << 40)
					}
					spec.Series = append(spec.Series, s)
				}
				svg, err := Chart(spec)
				if err != nil {
					t.Fatal(err)
				}
				if len(svg) >= 100_000 {
					t.Errorf("%s, %d series of %d days: %d bytes", shape, count, n, len(svg))
				}
				wellFormed(t, svg)
			}
		}
	}
}

// Thinning keeps both ends and the extremes, and moves nothing.
func TestThinKeepsPeaks(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var line orb.LineString
	at := map[orb.Point]bool{}
	for i := range 5000 {
		y := 200 + 20*random.Float64()
		switch i {
		case 1777:
			y = 10
		case 3333:
			y = 390
		}
		p := orb.Point{float64(i) * .14, y}
		line, at[p] = append(line, p), true
	}
	first, last, peak, dip := line[0], line[4999], line[1777], line[3333]
	got := thin(line.Clone(), 1000)
	if len(got) > 1000 || len(got) < 900 {
		t.Errorf("%d points are left", len(got))
	}
	kept := map[orb.Point]bool{}
	for i, p := range got {
		kept[p] = true
		if !at[p] {
			t.Fatalf("%v was not in the line", p)
		}
		if i > 0 && p[0] <= got[i-1][0] {
			t.Fatalf("%v is behind %v", p, got[i-1])
		}
	}
	for _, p := range []orb.Point{first, last, peak, dip} {
		if !kept[p] {
			t.Errorf("%v has gone", p)
		}
	}
}

// A line that is short enough loses only what cannot be seen.
func TestThinIsFaithful(t *testing.T) {
	var line orb.LineString
	for i := range 700 {
		line = append(line, orb.Point{float64(i), 200 + 100*math.Sin(float64(i)/30)})
	}
	got := thin(line.Clone(), 5000)
	for i, j := 0, 0; i < len(line); i++ {
		for got[j+1][0] < line[i][0] {
			j++
		}
		a, b := got[j], got[j+1]
		y := a[1] + (b[1]-a[1])*(line[i][0]-a[0])/(b[0]-a[0])
		if math.Abs(y-line[i][1]) > .25 {
			t.Fatalf("at %v the thinned line is %.2f pixels off", line[i], y-line[i][1])
		}
	}
}

// The pen's relative steps, added up, are the points it was given to a tenth.
func TestPen(t *testing.T) {
	var p pen
	p.move(10.04, 20.06)
	p.line(10.04, 30)
	p.line(9.5, 30)
	p.line(9.96, -3.25)
	p.line(9.98, -3.26)
	p.close()
	if got, want := p.String(), "M10 20.1v9.9h-.5l.5-33.3z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	random := rand.New(rand.NewPCG(5, 6))
	var q pen
	for i := range 5000 {
		x, y := float64(i)/7, 400*random.Float64()
		if i == 0 {
			q.move(x, y)
		} else {
			q.line(x, y)
		}
		if math.Abs(float64(q.x)/10-x) > .0501 || math.Abs(float64(q.y)/10-y) > .0501 {
			t.Fatalf("point %d is at %d, %d tenths, not %v, %v", i, q.x, q.y, x, y)
		}
	}
}

// A text is as wide as a browser draws it with DejaVu Sans (58.92 by Chromium's
// getComputedTextLength), and cut between letters, never inside one.
func TestText(t *testing.T) {
	if got := regular().width("downloads", 11); math.Abs(got-58.92) > .05 {
		t.Errorf("downloads is %.2f pixels wide", got)
	}
	if got := regular().width("e\u0301", 10); got != regular().width("e", 10) {
		t.Errorf("a combining accent takes room: %v", got)
	}
	for _, text := range []string{"pandas-and-much-more", strings.Repeat("e\u0301", 40), strings.Repeat("👩‍👩‍👧‍👦", 9), "日本語のプロジェクト"} {
		got := regular().fit(text, 12, 60)
		if w := regular().width(got, 12); w > 60 || !strings.HasSuffix(got, "…") {
			t.Errorf("%q is %.1f wide", got, w)
		}
		head := strings.TrimSuffix(got, "…")
		tail, ok := strings.CutPrefix(text, head)
		if !ok || strings.HasPrefix(tail, "\u0301") || strings.HasPrefix(tail, "\u200d") {
			t.Errorf("%q was cut to %q", text, got)
		}
	}
	if lines := regular().wrap("one two three four five six seven eight", 12, 60, 3); len(lines) != 3 || lines[0] != "one two" || !strings.HasSuffix(lines[2], "…") {
		t.Errorf("wrapped: %q", lines)
	}
	if got := clean("a\tb\n\x00c\u202Ed \xff", maxText); got != "a b cd \uFFFD" {
		t.Errorf("cleaned: %q", got)
	}
	if got := clean(strings.Repeat("x", 10_000), maxText); !bytes.Equal([]byte(got), bytes.Repeat([]byte("x"), maxText)) {
		t.Errorf("a long text has %d bytes", len(got))
	}
}
