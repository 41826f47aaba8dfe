package draw

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// ParsePath reads path data as SVG writes it (SVG 2, section 9.3). Curves of any
// kind become cubic ones.
func ParsePath(data string) (Path, error) {
	r := &pathReader{rest: data}
	for r.skip(); r.rest != ""; r.skip() {
		if err := r.command(); err != nil {
			return Path{}, fmt.Errorf("read path data at %d: %w", len(data)-len(r.rest), err)
		}
	}
	return r.path, nil
}

// pathReader is path data being read.
type pathReader struct {
	rest string // what is not read yet
	path Path

	last         byte // the command before, as written
	x, y         float64
	x0, y0       float64 // where the outline began
	ctrlX, ctrlY float64 // the last control point
}

// skip passes over what parts numbers.
func (r *pathReader) skip() { r.rest = strings.TrimLeft(r.rest, " ,\t\n\r") }

// command reads one command with its numbers; without a letter it is the one
// before again.
func (r *pathReader) command() error {
	c := r.rest[0]
	if c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		switch c = r.last; c {
		case 'M':
			c = 'L'
		case 'm':
			c = 'l'
		case 0, 'Z', 'z':
			return fmt.Errorf("a number where a command belongs")
		}
	} else {
		r.rest = r.rest[1:]
	}
	before := r.last
	r.last = c
	relative := c >= 'a'
	upper := c &^ 0x20
	if upper == 'A' {
		return r.arc(relative)
	}
	n, ok := map[byte]int{'M': 2, 'L': 2, 'H': 1, 'V': 1, 'C': 6, 'S': 4, 'Q': 4, 'T': 2, 'Z': 0}[upper]
	if !ok {
		return fmt.Errorf("%q is no command", c)
	}
	var v [6]float64
	for i := range n {
		var err error
		if v[i], err = r.number(); err != nil {
			return err
		}
		if relative && upper != 'V' && (upper == 'H' || i%2 == 0) {
			v[i] += r.x
		} else if relative {
			v[i] += r.y
		}
	}
	r.draw(upper, before&^0x20, v)
	return nil
}

// draw does one command, whose numbers are absolute by now; before is the command
// before it.
func (r *pathReader) draw(c, before byte, v [6]float64) {
	x, y := r.x, r.y
	switch c {
	case 'M':
		r.x0, r.y0 = v[0], v[1]
		r.path.Move(v[0], v[1])
		x, y = v[0], v[1]
	case 'L':
		x, y = v[0], v[1]
		r.path.Line(x, y)
	case 'H':
		x = v[0]
		r.path.Line(x, y)
	case 'V':
		y = v[0]
		r.path.Line(x, y)
	case 'C':
		r.path.Curve(v[0], v[1], v[2], v[3], v[4], v[5])
		r.ctrlX, r.ctrlY, x, y = v[2], v[3], v[4], v[5]
	case 'S':
		cx, cy := r.mirrored(before == 'C' || before == 'S')
		r.path.Curve(cx, cy, v[0], v[1], v[2], v[3])
		r.ctrlX, r.ctrlY, x, y = v[0], v[1], v[2], v[3]
	case 'Q':
		r.quad(v[0], v[1], v[2], v[3])
		x, y = v[2], v[3]
	case 'T':
		cx, cy := r.mirrored(before == 'Q' || before == 'T')
		r.quad(cx, cy, v[0], v[1])
		x, y = v[0], v[1]
	case 'Z':
		r.path.Close()
		x, y = r.x0, r.y0
	}
	r.x, r.y = x, y
}

// mirrored is the last control point on the other side of where the pen is, or
// where there was none the pen's place.
func (r *pathReader) mirrored(curve bool) (x, y float64) {
	if !curve {
		return r.x, r.y
	}
	return 2*r.x - r.ctrlX, 2*r.y - r.ctrlY
}

// quad draws a quadratic curve.
func (r *pathReader) quad(cx, cy, x, y float64) {
	r.path.Curve(r.x+2./3*(cx-r.x), r.y+2./3*(cy-r.y), x+2./3*(cx-x), y+2./3*(cy-y), x, y)
	r.ctrlX, r.ctrlY = cx, cy
}

// number reads a number; the next one may begin with a sign or a second point.
func (r *pathReader) number() (float64, error) {
	r.skip()
	text := numeral.FindString(r.rest)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%.20q is no number", r.rest)
	}
	r.rest = r.rest[len(text):]
	return v, nil
}

// numeral is a number as SVG writes it; the next one may follow without a space.
var numeral = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`)

// flag reads a 0 or a 1, which nothing need part from what follows.
func (r *pathReader) flag() (bool, error) {
	r.skip()
	if strings.HasPrefix(r.rest, "0") || strings.HasPrefix(r.rest, "1") {
		set := r.rest[0] == '1'
		r.rest = r.rest[1:]
		return set, nil
	}
	return false, fmt.Errorf("a flag is missing")
}

// arc reads and draws a part of an ellipse (SVG 2, appendix B.2.4).
func (r *pathReader) arc(relative bool) error {
	var v [5]float64
	var large, sweep bool
	var err error
	for i := range v {
		if i == 3 {
			if large, err = r.flag(); err == nil {
				sweep, err = r.flag()
			}
			if err != nil {
				return err
			}
		}
		if v[i], err = r.number(); err != nil {
			return err
		}
	}
	x, y := v[3], v[4]
	if relative {
		x, y = x+r.x, y+r.y
	}
	r.ellipse(math.Abs(v[0]), math.Abs(v[1]), v[2]*math.Pi/180, large, sweep, x, y)
	r.x, r.y = x, y
	return nil
}

// ellipse draws the arc with radii rx and ry, turned by phi, to a point.
func (r *pathReader) ellipse(rx, ry, phi float64, large, sweep bool, x, y float64) {
	if rx == 0 || ry == 0 || x == r.x && y == r.y {
		r.path.Line(x, y)
		return
	}
	sin, cos := math.Sincos(phi)
	dx, dy := (r.x-x)/2, (r.y-y)/2
	x1, y1 := cos*dx+sin*dy, -sin*dx+cos*dy
	if l := x1*x1/(rx*rx) + y1*y1/(ry*ry); l > 1 {
		rx, ry = rx*math.Sqrt(l), ry*math.Sqrt(l)
	}
	f := math.Sqrt(max(0, (rx*rx*ry*ry-rx*rx*y1*y1-ry*ry*x1*x1)/(rx*rx*y1*y1+ry*ry*x1*x1)))
	if large == sweep {
		f = -f
	}
	cx1, cy1 := f*rx*y1/ry, -f*ry*x1/rx
	cx, cy := cos*cx1-sin*cy1+(r.x+x)/2, sin*cx1+cos*cy1+(r.y+y)/2
	from := math.Atan2((y1-cy1)/ry, (x1-cx1)/rx)
	turn := math.Atan2((-y1-cy1)/ry, (-x1-cx1)/rx) - from
	switch {
	case sweep && turn < 0:
		turn += 2 * math.Pi
	case !sweep && turn > 0:
		turn -= 2 * math.Pi
	}
	r.path.arc(cx, cy, rx, ry, phi, from, turn)
}
