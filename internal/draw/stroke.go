package draw

import "math"

// stroke is a line made an area: a quadrilateral for each straight part and a
// round or a pointed corner between, all in one direction, so that they add up
// where they overlap. half is half the width.
func stroke(line outline, half float64, roundEnds bool) []outline {
	at := line.at
	if line.closed && len(at) > 1 {
		at = append(append([]Point(nil), at...), at[0])
	}
	if len(at) == 1 && roundEnds {
		return []outline{disc(at[0], half)}
	}
	var out []outline
	for i := 1; i < len(at); i++ {
		a, b := at[i-1], at[i]
		dx, dy := b.X-a.X, b.Y-a.Y
		long := math.Hypot(dx, dy)
		if long == 0 {
			continue
		}
		nx, ny := -dy/long*half, dx/long*half
		out = append(out, outline{at: []Point{{a.X - nx, a.Y - ny}, {b.X - nx, b.Y - ny}, {b.X + nx, b.Y + ny}, {a.X + nx, a.Y + ny}}})
		inner := i < len(at)-1 || line.closed
		if half > .4 && (inner || roundEnds) {
			out = append(out, disc(b, half))
		}
		if i == 1 && roundEnds && !line.closed {
			out = append(out, disc(a, half))
		}
	}
	return out
}

// disc is a circle, in the direction of stroke's quadrilaterals.
func disc(at Point, r float64) outline {
	n := min(max(int(r*4), 8), 64)
	points := make([]Point, n)
	for i := range points {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		points[i] = Point{at.X + r*cos, at.Y + r*sin}
	}
	return outline{at: points}
}

// dashed cuts a line into the parts that a pattern of lengths draws.
func dashed(line outline, pattern []float64, scale float64) []outline {
	if len(pattern) == 0 {
		return []outline{line}
	}
	at := line.at
	if line.closed {
		at = append(append([]Point(nil), at...), at[0])
	}
	var out []outline
	nth, left := 0, pattern[0]*scale
	current := []Point{at[0]}
	for i := 1; i < len(at); i++ {
		a, b := at[i-1], at[i]
		for long := math.Hypot(b.X-a.X, b.Y-a.Y); long > left; long = math.Hypot(b.X-a.X, b.Y-a.Y) {
			a = Point{a.X + (b.X-a.X)*left/long, a.Y + (b.Y-a.Y)*left/long}
			if nth%2 == 0 {
				out = append(out, outline{at: append(current, a)})
			}
			nth++
			left = max(pattern[nth%len(pattern)]*scale, .01)
			current = []Point{a}
		}
		left -= math.Hypot(b.X-a.X, b.Y-a.Y)
		current = append(current, b)
	}
	if nth%2 == 0 {
		out = append(out, outline{at: current})
	}
	return out
}
