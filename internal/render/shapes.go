package render

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// Large areas of full colour are too loud. What is drawn of an incomplete
// interval is fainter still, and its line dashed. An opacity is a group's:
// within it the areas stay opaque over one another.
const (
	mellow = `opacity="0.88"`
	faint  = `opacity="0.45"`
	dashed = `stroke-dasharray="3 3"`
)

// round is how lines are drawn.
const round = `fill="none" stroke-width="%s" stroke-linejoin="round" stroke-linecap="%s"`

// lineWidth is thinner where points are dense, so that the spikes of weeks
// stay apart as long as they can.
func (p *plot) lineWidth() float64 {
	switch density := float64(len(p.d.Days)) / (p.x1 - p.x0); {
	case density > 1.5:
		return .5
	case density > .5:
		return 1.2
	}
	return 2
}

// stroke draws the upper edge of series i.
func (p *plot) stroke(i int) {
	whole, parts := p.runs()
	color := p.paint("stroke", p.d.inks[i])
	var pen pen
	for _, r := range whole {
		if r.hi > r.lo || p.isolated(r, parts) {
			pen.lines(p.edge(i, r.lo, r.hi))
		}
	}
	if len(pen.buf) > 0 {
		p.Path(pen.String(), color, fmt.Sprintf(round, num(p.lineWidth()), "round"))
	}
	for _, part := range parts {
		pen.buf = nil
		pen.lines(p.edge(i, part.lo, part.hi))
		p.Path(pen.String(), color, fmt.Sprintf(round, num(p.lineWidth()), "butt"), dashed)
	}
}

// isolated tells that a run is a single value between gaps: no line leads to it.
func (p *plot) isolated(r run, parts []run) bool {
	return r.lo == r.hi && !slices.ContainsFunc(parts, func(part run) bool { return part.lo <= r.lo && r.lo <= part.hi })
}

// below is the closed path below series i over runs; empty where none has a
// width.
func (p *plot) below(i int, runs ...run) string {
	var pen pen
	for _, r := range runs {
		if r.hi == r.lo {
			continue
		}
		edge := p.edge(i, r.lo, r.hi)
		pen.lines(edge)
		pen.line(edge[len(edge)-1][0], p.y1)
		pen.line(edge[0][0], p.y1)
		pen.close()
	}
	return pen.String()
}

// area draws the single series: its line above a fill that fades out.
func (p *plot) area() {
	id := p.gradient()
	fill := fmt.Sprintf(`fill="url(#%s)"`, id)
	whole, parts := p.runs()
	if path := p.below(0, whole...); path != "" {
		p.Path(path, fill)
	}
	for _, part := range parts {
		p.Path(p.below(0, part), fill, faint)
	}
	p.stroke(0)
}

// gradient defines the fill of an area. Its id is made of the chart's content:
// several charts pasted into one page must not share it by accident.
func (p *plot) gradient() (id string) {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %s %d %d %v", p.theme, p.d.Title, int(p.w), int(p.h), p.d.totals)
	id = fmt.Sprintf("fade-%08x", h.Sum32())
	p.Def()
	fmt.Fprintf(p.buf, `<linearGradient id="%s" x1="0" y1="%s" x2="0" y2="%s" gradientUnits="userSpaceOnUse">`, id, num(p.y0), num(p.y1))
	color := p.paint("stop-color", p.d.inks[0])
	fmt.Fprintf(p.buf, `<stop offset="0" %s stop-opacity="0.42"/><stop offset="1" %s stop-opacity="0.06"/></linearGradient>`, color, color)
	p.DefEnd()
	return id
}

// lines draws every series from zero; the first, largest, on top.
func (p *plot) lines() {
	for i := len(p.d.Series) - 1; i >= 0; i-- {
		p.stroke(i)
	}
}

// stack draws stacked areas from the uppermost edge down, each opaque over the
// one before: neighbours meet without a gap and each edge is written once.
func (p *plot) stack() {
	whole, parts := p.runs()
	if p.below(0, whole...) != "" {
		p.Group(mellow)
		p.pile(whole...)
		p.Gend()
	}
	for _, part := range parts {
		p.Group(faint)
		p.pile(part)
		p.Gend()
	}
}

// pile draws the stacked areas over runs, parted by a hair of paper.
func (p *plot) pile(runs ...run) {
	sparse := float64(len(p.d.Days)) < (p.x1-p.x0)/4
	for i := len(p.d.Series) - 1; i >= 0; i-- {
		if sparse {
			p.Path(p.below(i, runs...), p.paints(p.d.inks[i], paper), `stroke-width="0.7"`)
			continue
		}
		p.Path(p.below(i, runs...), p.paint("fill", p.d.inks[i]))
	}
}

// bars draws a bar for each interval, stacked like areas.
func (p *plot) bars() {
	n := len(p.d.Days)
	lo, hi := 0, n
	if p.d.firstPart {
		lo = 1
	}
	if p.d.lastPart {
		hi = max(n-1, lo)
	}
	p.Group(mellow)
	p.barsOf(lo, hi)
	p.Gend()
	if lo > 0 || hi < n {
		p.Group(faint)
		p.barsOf(0, lo)
		p.barsOf(hi, n)
		p.Gend()
	}
}

// barsOf draws the bars of the intervals from lo up to hi.
func (p *plot) barsOf(lo, hi int) {
	for i := len(p.d.Series) - 1; i >= 0 && hi > lo; i-- {
		var pen pen
		for j := lo; j < hi; j++ {
			p.bar(&pen, i, j)
		}
		if len(pen.buf) > 0 {
			p.Path(pen.String(), p.paint("fill", p.d.inks[i]))
		}
	}
}

// bar draws the bar of series i in interval j down to the base.
func (p *plot) bar(pen *pen, i, j int) {
	from, to := p.slot(j)
	gap := min((to-from)*.2, 8)
	if to-from-gap > 60 { // few values: no wide slabs
		gap = to - from - 60
	}
	top := p.y(p.d.tops[i][j])
	if p.y1-top < .05 {
		return
	}
	pen.move(from+gap/2, top)
	pen.line(to-gap/2, top)
	pen.line(to-gap/2, p.y1)
	pen.line(from+gap/2, p.y1)
	pen.close()
}

// dots draws the values of a single interval, where lines have nothing to
// connect; hollow where the interval is incomplete.
func (p *plot) dots() {
	x := p.at(0)
	for i := len(p.d.Series) - 1; i >= 0; i-- {
		inside := p.d.inks[i]
		if p.d.firstPart || p.d.lastPart {
			inside = paper
		}
		p.Circle(x, p.y(p.d.tops[i][0]), 4, p.paints(inside, p.d.inks[i]), `stroke-width="2"`)
	}
}
