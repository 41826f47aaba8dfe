package render

import (
	"math"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
)

// invisible is the area in square pixels that a corner must span to be seen.
const invisible = .05

// thin drops the points of a line that nobody would miss (Visvalingam and
// Whyatt 1993): first those that cannot be seen, then, above most points, the
// least of the others, so that peaks stay. The ends always stay.
func thin(line orb.LineString, most int) orb.LineString {
	if len(line) < 3 {
		return line
	}
	line = simplify.VisvalingamThreshold(invisible).LineString(line)
	if len(line) > most {
		line = simplify.VisvalingamKeep(most).LineString(line)
	}
	return line
}

// pen writes path data in tenths of a pixel, relative to the point before,
// which is the shortest form. Rounding does not add up: what it has written is
// what it counts from.
type pen struct {
	buf  []byte
	x, y int // tenths
}

// tenths is a coordinate as the pen counts.
func tenths(v float64) int { return int(math.Round(v * 10)) }

// move lifts the pen to a point.
func (p *pen) move(x, y float64) {
	p.x, p.y = tenths(x), tenths(y)
	p.buf = append(p.buf, 'M')
	p.number(p.x)
	p.number2(p.y)
}

// line draws to a point.
func (p *pen) line(x, y float64) {
	tx, ty := tenths(x), tenths(y)
	dx, dy := tx-p.x, ty-p.y
	p.x, p.y = tx, ty
	switch {
	case dx == 0 && dy == 0:
	case dy == 0:
		p.buf = append(p.buf, 'h')
		p.number(dx)
	case dx == 0:
		p.buf = append(p.buf, 'v')
		p.number(dy)
	default:
		p.buf = append(p.buf, 'l')
		p.number(dx)
		p.number2(dy)
	}
}

// lines draws through the points from the first; a single one becomes a dot
// where line caps are round.
func (p *pen) lines(points orb.LineString) {
	p.move(points[0][0], points[0][1])
	for _, at := range points[1:] {
		p.line(at[0], at[1])
	}
	if len(points) == 1 {
		p.buf = append(p.buf, "h0"...)
	}
}

// close goes back to where the shape began.
func (p *pen) close() { p.buf = append(p.buf, 'z') }

// number writes tenths as a decimal, without a leading zero.
func (p *pen) number(n int) {
	if n < 0 {
		p.buf = append(p.buf, '-')
		n = -n
	}
	if n >= 10 || n == 0 {
		p.buf = strconv.AppendInt(p.buf, int64(n/10), 10)
	}
	if n%10 != 0 {
		p.buf = append(p.buf, '.', byte('0'+n%10))
	}
}

// number2 writes the second number of a pair, apart from the first.
func (p *pen) number2(n int) {
	if n >= 0 {
		p.buf = append(p.buf, ' ')
	}
	p.number(n)
}

// String is the path data.
func (p *pen) String() string { return string(p.buf) }
