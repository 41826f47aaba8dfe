package draw

import (
	"math"
	"slices"
)

// op is one step of a path.
type op struct {
	kind byte // M, L, C or Z
	// at are the points: one for M and L, three for C.
	at [3]Point
}

// Point is a place in pixels, from the upper left corner.
type Point struct{ X, Y float64 }

// Path is an outline of straight lines and cubic curves.
type Path struct {
	ops  []op
	fine bool // written to hundredths of a pixel
}

// Empty tells a path without any step.
func (p *Path) Empty() bool { return len(p.ops) == 0 }

// Move lifts the pen to a point.
func (p *Path) Move(x, y float64) { p.ops = append(p.ops, op{kind: 'M', at: [3]Point{{x, y}}}) }

// Line draws to a point.
func (p *Path) Line(x, y float64) { p.ops = append(p.ops, op{kind: 'L', at: [3]Point{{x, y}}}) }

// Curve draws a cubic curve to the last of three points.
func (p *Path) Curve(x1, y1, x2, y2, x, y float64) {
	p.ops = append(p.ops, op{kind: 'C', at: [3]Point{{x1, y1}, {x2, y2}, {x, y}}})
}

// Close goes back to where the outline began.
func (p *Path) Close() { p.ops = append(p.ops, op{kind: 'Z'}) }

// Lines draws through points, beginning with the first.
func (p *Path) Lines(points []Point) {
	for i, at := range points {
		if i == 0 {
			p.Move(at.X, at.Y)
		} else {
			p.Line(at.X, at.Y)
		}
	}
}

// Polygon draws a closed outline through points.
func (p *Path) Polygon(points []Point) {
	if len(points) > 0 {
		p.Lines(points)
		p.Close()
	}
}

// Rect draws a rectangle, clockwise.
func (p *Path) Rect(x, y, w, h float64) {
	p.Polygon([]Point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}})
}

// round is how far a control point is from the corner of a quarter circle of
// radius 1, counted from its end.
const round = .5522847

// RoundRect draws a rectangle whose corners are rounded with radius r, of which
// the left or the right ones may be left square.
func (p *Path) RoundRect(x, y, w, h, r float64, left, right bool) {
	rl, rr := r, r
	if !left {
		rl = 0
	}
	if !right {
		rr = 0
	}
	k := 1 - round
	p.Move(x+rl, y)
	p.Line(x+w-rr, y)
	if rr > 0 {
		p.Curve(x+w-rr*k, y, x+w, y+rr*k, x+w, y+rr)
	}
	p.Line(x+w, y+h-rr)
	if rr > 0 {
		p.Curve(x+w, y+h-rr*k, x+w-rr*k, y+h, x+w-rr, y+h)
	}
	p.Line(x+rl, y+h)
	if rl > 0 {
		p.Curve(x+rl*k, y+h, x, y+h-rl*k, x, y+h-rl)
	}
	p.Line(x, y+rl)
	if rl > 0 {
		p.Curve(x, y+rl*k, x+rl*k, y, x+rl, y)
	}
	p.Close()
}

// Circle draws a whole circle.
func (p *Path) Circle(x, y, r float64) {
	p.Move(x+r, y)
	p.arc(x, y, r, r, 0, 0, 2*math.Pi)
	p.Close()
}

// Ring draws the part of a ring between two angles, in radians clockwise from
// the top.
func (p *Path) Ring(x, y, inner, outer, from, to float64) {
	a, b := from-math.Pi/2, to-math.Pi/2
	p.Move(x+outer*math.Cos(a), y+outer*math.Sin(a))
	p.arc(x, y, outer, outer, 0, a, b-a)
	p.Line(x+inner*math.Cos(b), y+inner*math.Sin(b))
	p.arc(x, y, inner, inner, 0, b, a-b)
	p.Close()
}

// arc goes on along an ellipse whose axes are turned by phi, by curves of at most an
// eighth of it.
func (p *Path) arc(x, y, rx, ry, phi, from, turn float64) {
	n := max(int(math.Ceil(math.Abs(turn)/(math.Pi/4)-1e-9)), 1)
	step := turn / float64(n)
	k := 4. / 3 * math.Tan(step/4)
	sin, cos := math.Sincos(phi)
	at := func(u, v float64) Point { return Point{x + cos*rx*u - sin*ry*v, y + sin*rx*u + cos*ry*v} }
	for i := range n {
		sinA, cosA := math.Sincos(from + float64(i)*step)
		sinB, cosB := math.Sincos(from + float64(i+1)*step)
		p.ops = append(p.ops, op{kind: 'C', at: [3]Point{at(cosA-k*sinA, sinA+k*cosA), at(cosB+k*sinB, sinB-k*cosB), at(cosB, sinB)}})
	}
}

// Hatch fills polygons with parallel lines that rise to the right, gap pixels
// apart from each other. They lie on one grid for the whole picture, so that
// neighbours continue each other; what two polygons share is not cut.
func (p *Path) Hatch(gap float64, polygons ...[]Point) {
	// A line is x + y = c; every edge that it crosses gives an end.
	low, high := math.Inf(1), math.Inf(-1)
	for _, polygon := range polygons {
		for _, at := range polygon {
			low, high = min(low, at.X+at.Y), max(high, at.X+at.Y)
		}
	}
	if low >= high {
		return
	}
	step := gap * math.Sqrt2
	for c := math.Ceil(low/step) * step; c < high; c += step {
		ends := crossings(polygons, c)
		for i := 0; i+1 < len(ends); i += 2 {
			from := ends[i]
			for i+2 < len(ends) && ends[i+2]-ends[i+1] < .3 {
				i += 2
			}
			if ends[i+1]-from > .1 {
				p.Move(from, c-from)
				p.Line(ends[i+1], c-ends[i+1])
			}
		}
	}
}

// crossings are the places, by x, at which the line x + y = c crosses the
// polygons' edges, ascending.
func crossings(polygons [][]Point, c float64) (ends []float64) {
	for _, polygon := range polygons {
		for i, a := range polygon {
			b := polygon[(i+1)%len(polygon)]
			da, db := a.X+a.Y-c, b.X+b.Y-c
			if (da < 0) != (db < 0) {
				ends = append(ends, a.X+(b.X-a.X)*da/(da-db))
			}
		}
	}
	slices.Sort(ends)
	return ends
}

// Fitted is the path of a square of side pixels, brought to a place and another
// side. It is written with more digits than others: small, it is still an icon.
func (p Path) Fitted(side, x, y, to float64) Path {
	k := to / side
	out := Path{ops: make([]op, len(p.ops)), fine: true}
	for i, o := range p.ops {
		for j := range o.at {
			o.at[j] = Point{x + o.at[j].X*k, y + o.at[j].Y*k}
		}
		out.ops[i] = o
	}
	return out
}
