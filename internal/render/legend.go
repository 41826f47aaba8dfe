package render

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"clickql/internal/draw"
)

// legend lists the series with their totals in rows below the heading. What does
// not fit in a quarter of the card is counted: "+3".
func (p *plot) legend() {
	const swatch, gap = 10.0, 14.0
	line := p.size * 1.55
	rows := max(1, int((p.h/4-16)/line))
	x, row := p.pad, 0
	y := p.top + line*.75
	n := len(p.t.Series)
	for i, s := range p.t.Series {
		label, total := p.legendText(i)
		label = draw.Regular().Fit(label, p.size, p.w/3)
		width := swatch + 5 + p.wide(label)
		if total != "" {
			width += 5 + p.wide(total)
		}
		more := 0.0
		if row == rows-1 && i < n-1 {
			more = p.wide("+99") + gap
		}
		if x > p.pad && x+width+more > p.w-p.pad {
			if row == rows-1 {
				p.write(x, y, "+"+strconv.Itoa(n-i), draw.Start, p.muted)
				break
			}
			x, y, row = p.pad, y+line, row+1
		}
		p.swatch(x, y, swatch, p.inkOf(i, s.Rest, n))
		p.Text(draw.Text{X: x + swatch + 5, Y: y, Size: p.size, Runs: []draw.Run{{Text: label, Ink: p.strong}, {Text: total, Ink: p.muted, Gap: 5}}})
		x += width + gap
	}
	p.top = y + line*.25
}

// swatch draws a sample of an ink beside a text whose baseline is at y.
func (s *sheet) swatch(x, y, size float64, i draw.Ink) {
	var box draw.Path
	box.RoundRect(x, y-s.size*.36-size/2, size, size, 2, true, true)
	s.Path(box, draw.Style{Fill: i})
}

// legendText is what the legend says of series i: its name and its total, or its
// part of all where the chart shows parts.
func (p *plot) legendText(i int) (label, total string) {
	s := p.t.Series[i]
	switch {
	case p.t.Measure == Index, p.w < narrow:
		return s.Label, ""
	case p.t.Shape == Share:
		return s.Label, share(s.Total, p.t.total)
	}
	return s.Label, Figure(float64(s.Total))
}

// name is a series' name beside the end of its line.
type name struct {
	i      int
	text   string
	y, end float64 // of the text, and of the line
}

// nameSides makes room at the right for the names of lines.
func (p *plot) nameSides() {
	room := 0.
	for i, s := range p.t.Series {
		text := draw.Regular().Fit(s.Label, p.size, min(p.w*.24, 180))
		p.names = append(p.names, name{i: i, text: text})
		room = max(room, p.wide(text))
	}
	p.x1 -= room + 16
}

// pitch is the least distance of two names, far the most that one is moved.
const pitch, far = 14.0, 24.0

// drawNames writes the names of lines at their ends. Names that would touch are
// moved apart; those for which there is no room near their line are left out,
// the smallest series' first.
func (p *plot) drawNames() {
	if len(p.names) == 0 {
		return
	}
	step := max(pitch, p.size*1.25)
	kept := p.names[:0:0]
	for _, n := range p.names {
		if j := p.lastOf(n.i); j >= 0 {
			n.end = p.y(p.t.tops[n.i][j])
			n.y = n.end
			kept = append(kept, n)
		}
	}
	for {
		spread(kept, step, p.y0-4, p.y1)
		worst := -1
		for k := range kept {
			if math.Abs(kept[k].y-kept[k].end) > far && (worst < 0 || kept[k].i > kept[worst].i) {
				worst = k
			}
		}
		if worst < 0 {
			break
		}
		crowd := p.smallestNear(kept, worst, step)
		kept = slices.Delete(kept, crowd, crowd+1)
		for k := range kept {
			kept[k].y = kept[k].end
		}
	}
	for _, n := range kept {
		s := p.t.Series[n.i]
		ink := p.inkOf(n.i, s.Rest, len(p.t.Series))
		if math.Abs(n.y-n.end) > 2 {
			p.Rule(p.x1+2, n.end, p.x1+7, n.y, draw.Style{Stroke: ink})
		}
		var dot draw.Path
		dot.Circle(p.x1+9, n.y, 3)
		p.Path(dot, draw.Style{Fill: ink})
		p.write(p.x1+16, n.y+p.size*.35, n.text, draw.Start, p.strong)
	}
}

// lastOf is the last interval with a value of series i; -1 for none.
func (p *plot) lastOf(i int) int {
	for j := len(p.t.Days) - 1; j >= 0; j-- {
		if v := p.t.tops[i][j]; !math.IsNaN(v) && (!p.t.Log || v > 0) {
			return j
		}
	}
	return -1
}

// smallestNear is, of the names that stand in an unbroken column with one, the
// smallest series'.
func (p *plot) smallestNear(names []name, at int, step float64) int {
	lo, hi := at, at
	for lo > 0 && names[lo].y-names[lo-1].y < step+.5 {
		lo--
	}
	for hi < len(names)-1 && names[hi+1].y-names[hi].y < step+.5 {
		hi++
	}
	smallest := lo
	for k := lo; k <= hi; k++ {
		if names[k].i > names[smallest].i {
			smallest = k
		}
	}
	return smallest
}

// spread sorts names by height and moves them apart, each block of touching ones
// around its own middle, within low and high.
func spread(names []name, step, low, high float64) {
	slices.SortStableFunc(names, func(a, b name) int { return cmp.Compare(a.end, b.end) })
	type block struct {
		from, to int     // names
		mid      float64 // of the names' wanted places, the block being centred on it
	}
	var blocks []block
	top := func(b block) float64 {
		long := float64(b.to-b.from-1) * step
		return min(max(b.mid-long/2, low), max(high-long, low))
	}
	for k, n := range names {
		blocks = append(blocks, block{k, k + 1, n.end})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if top(a)+float64(a.to-a.from)*step <= top(b) {
				break
			}
			na, nb := float64(a.to-a.from), float64(b.to-b.from)
			blocks = append(blocks[:len(blocks)-2], block{a.from, b.to, (a.mid*na + b.mid*nb) / (na + nb)})
		}
	}
	for _, b := range blocks {
		for k := b.from; k < b.to; k++ {
			names[k].y = top(b) + float64(k-b.from)*step
		}
	}
}
