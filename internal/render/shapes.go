package render

import (
	"math"

	"clickql/internal/draw"
)

// run is a part of a chart from one interval to another. A broken run leads from
// or to an interval that is not complete.
type run struct {
	lo, hi int
	broken bool
}

// runs are the parts of series i without a gap, cut where complete intervals
// meet others. A run that ends where the next one begins shares its interval
// with it.
func (p *plot) runs(i int) (runs []run) {
	top := p.t.tops[i]
	has := func(j int) bool { return !math.IsNaN(top[j]) && (!p.t.Log || top[j] > 0) }
	for j := 0; j < len(top); j++ {
		if !has(j) {
			continue
		}
		if j == 0 || !has(j-1) {
			if j+1 == len(top) || !has(j+1) { // alone
				runs = append(runs, run{j, j, !p.t.whole[j]})
			}
			continue
		}
		broken := !p.t.whole[j-1] || !p.t.whole[j]
		if n := len(runs); n > 0 && runs[n-1].hi == j-1 && runs[n-1].lo < j-1 && runs[n-1].broken == broken {
			runs[n-1].hi = j
		} else {
			runs = append(runs, run{j - 1, j, broken})
		}
	}
	return runs
}

// edge is the upper edge of series i along a run, thinned to the run's part of
// the points.
func (p *plot) edge(i int, r run) []draw.Point {
	line := make([]draw.Point, 0, r.hi-r.lo+1)
	for j := r.lo; j <= r.hi; j++ {
		line = append(line, draw.Point{X: p.at(j), Y: p.y(p.t.tops[i][j])})
	}
	most := p.budget / pointBytes / max(len(p.t.Series), 1)
	if p.shape != Lines {
		most /= 2 // drawn twice: above one area and below the next
	}
	return thin(line, max(most*len(line)/len(p.t.Days), 2))
}

// dash is the pattern of what is not complete.
var dash = []float64{3, 3}

// stroke draws a series' edge: whole where intervals are complete, dashed to
// those that are not, which end in a hollow dot.
func (p *plot) stroke(i int, ink draw.Ink, width float64) {
	var whole, broken, single, open draw.Path
	for _, r := range p.runs(i) {
		switch {
		case r.lo == r.hi:
			single.Circle(p.at(r.lo), p.y(p.t.tops[i][r.lo]), width)
		case r.broken:
			broken.Lines(p.edge(i, r))
		default:
			whole.Lines(p.edge(i, r))
		}
		if r.broken {
			for _, j := range []int{r.lo, r.hi} {
				if !p.t.whole[j] && (j == 0 || j == len(p.t.Days)-1 && p.names == nil) && p.t.Shape != Sparkline {
					open.Circle(p.at(j), p.y(p.t.tops[i][j]), width+.75)
				}
			}
		}
	}
	p.Path(whole, draw.Style{Stroke: ink, Width: width, Round: true})
	p.Path(broken, draw.Style{Stroke: ink, Width: width, Dash: dash})
	p.Path(single, draw.Style{Fill: ink})
	p.Path(open, draw.Style{Fill: p.paper, Stroke: ink, Width: 1.5})
}

// lines draws each series from zero, the largest last so that it lies on top.
func (p *plot) lines() {
	width := 2.
	if len(p.t.Series) > 6 || p.w < narrow {
		width = 1.5
	}
	for i := len(p.t.Series) - 1; i >= 0; i-- {
		p.stroke(i, p.inkOf(i, p.t.Series[i].Rest, len(p.t.Series)), width)
	}
}

// stack draws areas on top of one another; a single one is tinted below its
// edge. Fills are opaque: what shines through would bring colours closer.
func (p *plot) stack() {
	single := len(p.t.Series) == 1 && p.t.Shape != Share
	for i := len(p.t.Series) - 1; i >= 0; i-- {
		var fill draw.Path
		for _, r := range p.runs(i) {
			if r.lo == r.hi {
				continue
			}
			p.below(&fill, i, r)
		}
		style := draw.Style{Fill: p.inkOf(i, p.t.Series[i].Rest, len(p.t.Series))}
		if single {
			style.Fill = p.tint()
			if p.bare {
				style = draw.Style{Fill: p.accent, Opacity: .16}
			}
		}
		p.Path(fill, style)
	}
	p.unfinished()
	if single {
		p.stroke(0, p.accent, 2)
	}
}

// below adds the band of series i along a run: down to the series below it, or
// to the base.
func (p *plot) below(path *draw.Path, i int, r run) {
	upper := p.edge(i, r)
	path.Lines(upper)
	if i == 0 {
		path.Line(p.at(r.hi), p.y1)
		path.Line(p.at(r.lo), p.y1)
		path.Close()
		return
	}
	lower := p.edge(i-1, r)
	for k := len(lower) - 1; k >= 0; k-- {
		path.Line(lower[k].X, lower[k].Y)
	}
	path.Close()
}

// unfinished hatches, over the areas, what leads to an interval that is not
// complete.
func (p *plot) unfinished() {
	top := len(p.t.Series) - 1
	if top < 0 {
		return
	}
	var lines, edge draw.Path
	for _, r := range p.runs(top) {
		if !r.broken || r.lo == r.hi {
			continue
		}
		upper := p.edge(top, r)
		edge.Lines(upper)
		polygon := append(upper[:len(upper):len(upper)], draw.Point{X: p.at(r.hi), Y: p.y1}, draw.Point{X: p.at(r.lo), Y: p.y1})
		lines.Hatch(4, polygon)
	}
	p.Path(lines, draw.Style{Stroke: p.paper, Width: 1.5})
	if top > 0 {
		p.Path(edge, draw.Style{Stroke: p.strong, Width: 1, Dash: dash})
	}
}

// gaps hatches the intervals without data, from the values before them to those
// after.
func (p *plot) gaps() {
	n := len(p.t.Days)
	for j := 0; j < n; j++ {
		if !p.t.absent[j] {
			continue
		}
		from := j
		for j+1 < n && p.t.absent[j+1] {
			j++
		}
		left, right := p.x(float64(p.t.Days[from])), p.x(float64(next(p.t.Days[j], p.t.Interval)))
		if p.shape != Bars && from > 0 {
			left = p.at(from - 1)
		}
		left, right = max(left, p.x0), min(right, p.x1)
		var band draw.Path
		band.Hatch(5, []draw.Point{{X: left, Y: p.y0}, {X: right, Y: p.y0}, {X: right, Y: p.y1}, {X: left, Y: p.y1}})
		p.Path(band, draw.Style{Stroke: p.grid})
		if text := "no data"; right-left > p.wide(text)+10 {
			p.over((left+right)/2, (p.y0+p.y1)/2, text, draw.Middle, p.muted)
		}
	}
}

// dots draws the values of a single interval, where lines have nothing to
// connect; hollow where the interval is incomplete.
func (p *plot) dots() {
	x := p.at(0)
	for i := len(p.t.Series) - 1; i >= 0; i-- {
		ink := p.inkOf(i, p.t.Series[i].Rest, len(p.t.Series))
		style := draw.Style{Fill: ink, Stroke: ink, Width: 2}
		if !p.t.whole[0] {
			style.Fill = p.paper
		}
		if v := p.t.tops[i][0]; !math.IsNaN(v) {
			var dot draw.Path
			dot.Circle(x, p.y(v), 4)
			p.Path(dot, style)
		}
	}
}
