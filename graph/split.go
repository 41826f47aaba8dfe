package graph

import (
	"context"
	"slices"

	"clickql/graph/outline"
	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// split is the arguments of Downloads.by.
type split struct {
	dim    cube.Dimension
	first  int
	others bool
}

func (a arguments) split() (any, error) {
	first, err := a.first()
	return split{cube.Dimension(argument[string](a.given, "dimension")), first, argument[bool](a.given, "others")}, err
}

// request is for the first values of the dimension. It asks for one at least, so
// that the total of the whole is known in any case: whoever shows the answer
// cuts it to first. The whole is left out where nothing selected is a part of it.
func (c split) request(n *node, s cube.Slice) cube.Request {
	r := cube.SplitOf(s, c.dim, max(c.first, 1), nil)
	if !c.others && !n.has("share") {
		r = r.WithoutTotal()
	}
	return r
}

// gatherSplit gathers one selection of Downloads.by.
func (op *operation) gatherSplit(r *rounds.Round, n *node, s cube.Slice) {
	c := n.args.(split)
	request := c.request(n, s)
	request.Each = op.each(n, s)
	r.AwaitSplit(&n.Place, request, n.has("downloads"), func(r *rounds.Round, res *cube.Result) {
		op.gatherValues(r, n, s, res)
	})
}

// gatherValues gathers what is asked of the slices that a split gave.
func (op *operation) gatherValues(r *rounds.Round, n *node, parent cube.Slice, res *cube.Result) {
	c := n.args.(split)
	for _, v := range c.values(res) {
		narrowed := c.narrow(parent, v, res)
		for d := range n.each("downloads") {
			op.gatherDownloads(r, d, narrowed)
		}
	}
}

// each is what is selected of every element of a split, as far as one query can
// answer it together with the split: one series, or one split with what is asked
// of its elements in turn, beside totals. Nil where nothing of the kind is asked.
func (op *operation) each(n *node, parent cube.Slice) *cube.Request {
	var totals bool
	var found []cube.Request
	add := func(r cube.Request) {
		if !slices.ContainsFunc(found, func(f cube.Request) bool { return f.Key() == r.Key() }) {
			found = append(found, r)
		}
	}
	for d := range n.each("downloads") {
		totals = totals || d.has("total", "change")
		for series := range d.each("series") {
			if r, err := op.series(parent, series.args.(cube.Interval)); err == nil && leadOf(series) == 0 {
				add(r)
			}
		}
		for by := range d.each("by") {
			r := by.args.(split).request(by, parent)
			r.Each = op.each(by, parent)
			add(r)
		}
	}
	switch {
	case len(found) == 1:
		found[0].Slice = cube.Slice{}
		return &found[0]
	case totals:
		r := cube.TotalOf(cube.Slice{})
		return &r
	}
	return nil
}

// value is one element of a split: a value of the dimension, or with rest all
// values that are not listed.
type value struct {
	text  string
	rest  bool
	total int64
}

// values lists the answer's first values, and the rest where it is asked for
// and there is any.
func (c split) values(res *cube.Result) []value {
	groups := res.Groups[:min(c.first, len(res.Groups))]
	out := make([]value, 0, len(groups)+1)
	left := res.Total
	for _, g := range groups {
		out = append(out, value{text: g.Value, total: g.Total})
		left -= g.Total
	}
	if c.others && left > 0 {
		out = append(out, value{rest: true, total: left})
	}
	return out
}

// narrow is the parent narrowed to one of the values.
func (c split) narrow(parent cube.Slice, v value, res *cube.Result) cube.Slice {
	if !v.rest {
		return parent.With(c.dim, v.text)
	}
	return parent.Without(c.dim, res.Listed()[:min(c.first, len(res.Groups))]...)
}

// label is the value as people call it.
func (v value) label(dim cube.Dimension) string {
	if v.rest {
		return cube.Others
	}
	return dim.Label(v.text)
}

// Slice is one value of a split.
type Slice struct {
	value
	of *splitAnswer
}

// splitAnswer is what the slices of one split have in common.
type splitAnswer struct {
	split
	parent *Downloads
	res    *cube.Result
}

// By resolves Downloads.by. Slices are narrowed only where they are asked for
// more.
func (d *Downloads) By(ctx context.Context) ([]*Slice, error) {
	op, n, c, err := field[split](ctx)
	if err != nil {
		return nil, err
	}
	res, err := op.Load(ctx, c.request(n, d.slice))
	if err != nil {
		return nil, err
	}
	if err := n.Wait(ctx); err != nil {
		return nil, err
	}
	of := &splitAnswer{c, d, res}
	values := c.values(res)
	elements, list := make([]Slice, len(values)), make([]*Slice, len(values))
	for i, v := range values {
		elements[i] = Slice{v, of}
		list[i] = &elements[i]
	}
	return list, nil
}

// ID tells the parent and the value.
func (s *Slice) ID() string { return s.origin().id("Slice") }

// origin is that of the narrowed parent. The rest is another one for each first.
func (s *Slice) origin() *origin {
	if s.rest {
		return s.of.parent.origin.then(stepRest, s.of.dim, s.of.first)
	}
	return s.of.parent.origin.then(stepValue, s.of.dim, s.text)
}

// Dimension is what the parent was split by.
func (s *Slice) Dimension() cube.Dimension { return s.of.dim }

// Value is nil for the slice of all other values.
func (s *Slice) Value() *string {
	if s.rest {
		return nil
	}
	return &s.text
}

// Label is the value as people call it.
func (s *Slice) Label() string { return s.label(s.of.dim) }

// Total came with the split.
func (s *Slice) Total() int64 { return s.total }

// Share is the part of the parent's total.
func (s *Slice) Share() float64 { return share(s.total, s.of.res.Total) }

// Downloads is the parent narrowed to the value.
func (s *Slice) Downloads() *Downloads {
	return &Downloads{s.of.parent.op, s.of.narrow(s.of.parent.slice, s.value, s.of.res), s.origin()}
}

var sliceOutline = outline.Of([]string{"Slice"}, map[string]outline.Field[*Slice]{
	"id":        outline.Leaf(func(b []byte, s *Slice) []byte { return outline.AppendString(b, s.ID()) }),
	"dimension": outline.Leaf(func(b []byte, s *Slice) []byte { return outline.AppendString(b, string(s.of.dim)) }),
	"value":     outline.Leaf(func(b []byte, s *Slice) []byte { return outline.AppendOptional(b, s.Value(), outline.AppendString) }),
	"label":     outline.Leaf(func(b []byte, s *Slice) []byte { return outline.AppendString(b, s.Label()) }),
	"total":     outline.Leaf(func(b []byte, s *Slice) []byte { return outline.AppendInt(b, s.total) }),
	"share":     outline.Leaf(func(b []byte, s *Slice) []byte { return outline.AppendFloat(b, s.Share()) }),
})
