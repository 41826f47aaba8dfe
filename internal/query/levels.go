package query

import "clickql/internal/cube"

// group gathers the rows of one group of a drill-down's level.
type group struct {
	total  int64
	order  []string // of the values below, as they came: largest first
	below  map[string]*group
	groups []cube.Group // of the last level, where that is a Split
	totals []int64      // where it is a Series
}

// value is the group below that has the value.
func (g *group) value(v string) *group {
	if g.below == nil {
		g.below = map[string]*group{}
	}
	b := g.below[v]
	if b == nil {
		b = &group{}
		g.below[v] = b
		g.order = append(g.order, v)
	}
	return b
}

// prepareLevels lists where the columns of Writer.drill go.
func (d *Decoder) prepareLevels(p *part) {
	n := len(p.req().Levels()) - 1
	d.path, d.above = make([]string, n), make([]int64, n)
	for i := range n {
		d.dest = append(d.dest, &d.path[i])
	}
	if last := p.req().Levels()[n]; last.Kind == cube.Series {
		d.dest = append(d.dest, &d.bucket, &d.total)
	} else {
		d.dest = append(d.dest, &d.value, &d.total)
	}
	for i := range n {
		d.dest = append(d.dest, &d.above[i])
	}
	if p.whole {
		d.dest = append(d.dest, &d.whole)
	}
}

// takeLevels takes a row of a drill-down.
func (p *partDecoder) takeLevels(d *Decoder, s *slot) {
	s.total = d.whole
	if d.total <= 0 {
		return
	}
	g := &s.top
	for i, v := range d.path {
		g = g.value(v)
		g.total = d.above[i]
	}
	if p.days == nil {
		g.groups = append(g.groups, cube.Group{Value: d.value, Total: d.total})
		return
	}
	if g.totals == nil {
		g.totals = make([]int64, len(p.days))
	}
	if i, ok := p.index[cube.Day(d.bucket)]; ok {
		g.totals[i] += d.total
	}
}

// levels adds the answers of a group's request and of those below it. total is
// the group's own.
func (p *partDecoder) levels(out map[string]*cube.Result, r cube.Request, g *group, total int64, data cube.Range) {
	switch {
	case r.Nests():
		groups := make([]cube.Group, len(g.order))
		for i, v := range g.order {
			groups[i] = cube.Group{Value: v, Total: g.below[v].total}
		}
		res := &cube.Result{Total: total}
		cutTo(res, groups, r.First)
		out[r.Key()] = res
		for _, shown := range res.Groups {
			child := r.Child(shown.Value)
			out[cube.TotalOf(child.Slice).Key()] = &cube.Result{Total: shown.Total}
			p.levels(out, child, g.below[shown.Value], shown.Total, data)
		}
	case r.Kind == cube.Series:
		out[r.Key()] = series(r, p.days, g.totals, data)
	default:
		res := &cube.Result{Total: total}
		cutTo(res, g.groups, r.First)
		out[r.Key()] = res
		addTotals(out, res, r)
	}
}
