package draw

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/vector"
)

// MaxPixels bounds a PNG: what a larger one would take to draw nobody should be
// able to ask for.
const MaxPixels = 8_000_000

// PNG draws the first layer with so many pixels for each of the drawing's. Where
// the drawing has no ground, there the picture is transparent.
func (d *Drawing) PNG(theme Theme, density float64) ([]byte, error) {
	w, h := int(math.Ceil(d.W*density-1e-6)), int(math.Ceil(d.H*density-1e-6))
	if w < 1 || h < 1 || w*h > MaxPixels {
		return nil, fmt.Errorf("draw a PNG: %d x %d pixels are not between 1 and %d", w, h, MaxPixels)
	}
	r := &raster{img: image.NewRGBA(image.Rect(0, 0, w, h)), theme: theme, scale: density, faces: facesOf(d.Fonts)}
	for _, it := range d.Layers[0].items {
		if it.text != nil {
			r.text(it.text)
		} else {
			r.path(it.path, it.style)
		}
	}
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if w*h > 1<<20 { // a tenth smaller would take three times as long
		enc.CompressionLevel = png.DefaultCompression
	}
	if err := enc.Encode(&out, r.img); err != nil {
		return nil, fmt.Errorf("write a PNG: %w", err)
	}
	return out.Bytes(), nil
}

// raster is a PNG being drawn.
type raster struct {
	img   *image.RGBA
	theme Theme
	scale float64
	faces [2][]Face // regular and bold, each with what follows where a glyph lacks
	fill  vector.Rasterizer

	shaper shaping.HarfbuzzShaper
}

// path paints a path.
func (r *raster) path(p Path, s Style) {
	if s.Fill.Name != "" {
		r.paint(r.outlines(p), s.Fill, s.Opacity)
	}
	if s.Stroke.Name == "" {
		return
	}
	width := cmp.Or(s.Width, 1)
	var shapes []outline
	for _, line := range r.outlines(p) {
		for _, part := range dashed(line, s.Dash, r.scale) {
			shapes = append(shapes, stroke(part, width*r.scale/2, s.Round)...)
		}
	}
	r.paint(shapes, s.Stroke, s.Opacity)
}

// outline is a path's outline as straight lines, in pixels.
type outline struct {
	at     []Point
	closed bool
}

// flat is how many straight lines stand for a curve: enough at the sizes here.
const flat = 12

// outlines flattens a path.
func (r *raster) outlines(p Path) []outline {
	var all []outline
	add := func(at Point) {
		l := &all[len(all)-1]
		l.at = append(l.at, Point{at.X * r.scale, at.Y * r.scale})
	}
	var last Point
	for _, o := range p.ops {
		switch o.kind {
		case 'M':
			all = append(all, outline{})
			add(o.at[0])
			last = o.at[0]
		case 'L':
			add(o.at[0])
			last = o.at[0]
		case 'C':
			for i := 1; i <= flat; i++ {
				add(cubic(last, o.at, float64(i)/flat))
			}
			last = o.at[2]
		case 'Z':
			all[len(all)-1].closed = true
		}
	}
	return all
}

// cubic is a point of a curve.
func cubic(from Point, c [3]Point, t float64) Point {
	u := 1 - t
	a, b, d, e := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
	return Point{a*from.X + b*c[0].X + d*c[1].X + e*c[2].X, a*from.Y + b*c[0].Y + d*c[1].Y + e*c[2].Y}
}

// paint fills outlines.
func (r *raster) paint(shapes []outline, ink Ink, opacity float64) {
	box := r.bounds(shapes)
	if box.Empty() {
		return
	}
	r.fill.Reset(box.Dx(), box.Dy())
	x0, y0 := float64(box.Min.X), float64(box.Min.Y)
	for _, s := range shapes {
		for i, at := range s.at {
			x, y := float32(at.X-x0), float32(at.Y-y0)
			if i == 0 {
				r.fill.MoveTo(x, y)
			} else {
				r.fill.LineTo(x, y)
			}
		}
		r.fill.ClosePath()
	}
	red, green, blue := RGB(ink.In(r.theme))
	alpha := 1.
	if opacity > 0 && opacity < 1 {
		alpha = opacity
	}
	c := color.NRGBA{red, green, blue, uint8(alpha*255 + .5)}
	r.fill.Draw(r.img, box, image.NewUniform(c), image.Point{})
}

// bounds is the smallest rectangle of whole pixels around outlines, within the
// picture.
func (r *raster) bounds(shapes []outline) image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, s := range shapes {
		for _, at := range s.at {
			x0, y0, x1, y1 = min(x0, at.X), min(y0, at.Y), max(x1, at.X), max(y1, at.Y)
		}
	}
	if x0 > x1 {
		return image.Rectangle{}
	}
	limit := r.img.Bounds()
	whole := func(v float64, most int) int { return int(min(max(v, -1), float64(most)+1)) }
	box := image.Rect(whole(math.Floor(x0), limit.Max.X), whole(math.Floor(y0), limit.Max.Y), whole(math.Ceil(x1), limit.Max.X), whole(math.Ceil(y1), limit.Max.Y))
	return box.Intersect(limit)
}
