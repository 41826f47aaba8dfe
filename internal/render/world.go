package render

import (
	"math"
	"slices"

	"clickql/internal/draw"
	"clickql/internal/worldmap"
)

// world draws the parts by country, in five classes of equal ratio; countries
// without downloads are hatched.
func (s *sheet) world(t *table) {
	key := s.size * 2.2
	s.top += s.size * .4
	room := s.bottom - s.top - key
	scale := min((s.w-2*s.pad)/worldmap.Width, room/(worldmap.Bottom-worldmap.Top))
	x0 := (s.w - scale*worldmap.Width) / 2
	y0 := s.top + (room-scale*(worldmap.Bottom-worldmap.Top))/2 - scale*worldmap.Top
	totals := map[string]int64{}
	for _, p := range t.Parts {
		totals[p.Code] += p.Total
	}
	steps := classSteps(t.Parts)
	var land [6]draw.Path // by class, the last without downloads
	var dots [6]draw.Path
	var empty [][]draw.Point
	for _, c := range worldmap.Countries() {
		class := 5
		if n := totals[c.Code]; n > 0 {
			class = classOf(n, steps)
		}
		for _, outline := range c.Outlines {
			points := make([]draw.Point, len(outline))
			for i, at := range outline {
				points[i] = draw.Point{X: x0 + float64(at.X)*scale, Y: y0 + float64(at.Y)*scale}
			}
			switch points = coarse(points); {
			case len(points) > 2:
				land[class].Polygon(points)
				if class == 5 {
					empty = append(empty, points)
				}
			case len(c.Outlines) == 1 && class < 5 && s.w >= narrow:
				dots[class].Circle(points[0].X, points[0].Y, max(2, 3.5*scale))
			}
		}
	}
	border := draw.Style{Fill: s.grid, Stroke: s.paper, Width: min(.5, s.w/1600)}
	s.Path(land[5], border)
	var hatch draw.Path
	hatch.Hatch(max(4, s.w/200), empty...)
	s.Path(hatch, draw.Style{Stroke: s.axis, Width: .5})
	for class := range 5 {
		border.Fill = s.classes[class]
		s.Path(land[class], border)
	}
	for class := range 5 { // small countries last: neighbours must not cover them
		border.Fill = s.classes[class]
		s.Path(dots[class], border)
	}
	s.key(steps, y0+scale*worldmap.Bottom)
}

// coarse leaves out points that lie little more than a pixel from the one before. What
// has then no area is one point.
func coarse(points []draw.Point) []draw.Point {
	out := points[:1]
	for _, at := range points[1:] {
		if last := out[len(out)-1]; math.Abs(at.X-last.X)+math.Abs(at.Y-last.Y) >= 1.25 {
			out = append(out, at)
		}
	}
	if len(out) < 3 {
		return out[:1]
	}
	return out
}

// classSteps are the four borders of the classes, round, equally far from each
// other by ratio between the tenth part from below and the largest.
func classSteps(parts []Part) []float64 {
	var totals []float64
	for _, p := range parts {
		if p.Total > 0 {
			totals = append(totals, float64(p.Total))
		}
	}
	if len(totals) == 0 {
		return []float64{1, 10, 100, 1000}
	}
	slices.Sort(totals)
	low, high := totals[len(totals)/10], totals[len(totals)-1]
	ratio := max(math.Pow(high/low, .2), 1.5)
	var steps []float64
	for k := 4; k >= 1; k-- {
		v := roundTo125(high / math.Pow(ratio, float64(k)))
		if n := len(steps); n > 0 && v <= steps[n-1] {
			v = steps[n-1] * 2
		}
		steps = append(steps, v)
	}
	return steps
}

// roundTo125 is the nearest of 1, 2 and 5 times a power of ten, not below 1.
func roundTo125(v float64) float64 {
	v = max(v, 1)
	power := math.Pow(10, math.Floor(math.Log10(v)))
	best := power
	for _, m := range []float64{2, 5, 10} {
		if math.Abs(math.Log(v/(m*power))) < math.Abs(math.Log(v/best)) {
			best = m * power
		}
	}
	return best
}

// classOf is the class of a number of downloads.
func classOf(n int64, steps []float64) int {
	class := 0
	for class < len(steps) && float64(n) >= steps[class] {
		class++
	}
	return class
}

// key shows the classes with the numbers between them, and what hatching means.
func (s *sheet) key(steps []float64, y float64) {
	y = min(y+s.size*.5, s.bottom-s.size*1.5)
	cell := min(max(s.w*.075, s.wide("000.0M")+6), 70)
	none := "no downloads"
	if s.w < narrow {
		none, cell = "none", min(cell, (s.w-2*s.pad-s.wide("none")-14)/5.6)
	}
	long := 5*cell + 14 + cell*.5 + 5 + s.wide(none)
	x := max((s.w-long)/2, s.pad)
	high := s.size * .7
	for i, ink := range s.classes {
		var box draw.Path
		box.Rect(x+float64(i)*cell, y, cell, high)
		s.Path(box, draw.Style{Fill: ink})
		if i > 0 && (cell > s.wide("000M")+4 || i%3 == 1) {
			s.write(x+float64(i)*cell, y+high+s.size, exact(steps[i-1]), draw.Middle, s.muted)
		}
	}
	x += 5*cell + 14
	var box, lines draw.Path
	box.Rect(x, y, cell*.5, high)
	lines.Hatch(4, []draw.Point{{X: x, Y: y}, {X: x + cell*.5, Y: y}, {X: x + cell*.5, Y: y + high}, {X: x, Y: y + high}})
	s.Path(box, draw.Style{Fill: s.grid})
	s.Path(lines, draw.Style{Stroke: s.axis, Width: .5})
	s.write(x+cell*.5+5, y+high, none, draw.Start, s.muted)
}
