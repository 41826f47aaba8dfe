package query

import "clickql/internal/cube"

// group gathers the rows of one group of a drill-down's level.
type group struct {
	total  int64
	order  []string // of the values below, as they came: largest first
	below  map[string]*group
	groups []Group // of the last level, where that is a Split
	totals []int64 // where it is a Series
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
	n := len(p.req().levels()) - 1
	d.path, d.above = make([]string, n), make([]int64, n)
	for i := range n {
		d.dest = append(d.dest, &d.path[i])
	}
	if last := p.req().levels()[n]; last.Kind == Series {
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
		g.groups = append(g.groups, Group{Value: d.value, Total: d.total})
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
func (p *partDecoder) levels(out map[string]*Result, r Request, g *group, total int64, data cube.Range) {
	switch {
	case r.Nests():
		groups := make([]Group, len(g.order))
		for i, v := range g.order {
			groups[i] = Group{Value: v, Total: g.below[v].total}
		}
		res := &Result{Total: total}
		res.cut(groups, r.First)
		out[r.Key()] = res
		for _, shown := range res.Groups {
			child := r.child(shown.Value)
			out[TotalOf(child.Slice).Key()] = &Result{Total: shown.Total}
			p.levels(out, child, g.below[shown.Value], shown.Total, data)
		}
	case r.Kind == Series:
		out[r.Key()] = series(r, p.days, g.totals, data)
	default:
		res := &Result{Total: total}
		res.cut(g.groups, r.First)
		out[r.Key()] = res
		res.totals(out, r)
	}
}

// totals adds what a split tells of the totals that will be asked of its values.
func (res *Result) totals(out map[string]*Result, r Request) {
	if r.Each == nil {
		return
	}
	for _, g := range res.Groups {
		out[TotalOf(r.child(g.Value).Slice).Key()] = &Result{Total: g.Total}
	}
}

// cut makes the first of the groups the result's.
func (res *Result) cut(groups []Group, first int) {
	if res.Groups = groups; len(groups) > first {
		res.Groups, res.More = groups[:first:first], true
	}
}
