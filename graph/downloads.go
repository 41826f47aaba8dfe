package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Downloads is the GraphQL type of that name: a slice of the cube that is
// computed only as far as it is selected.
type Downloads struct {
	op    *operation
	slice query.Slice
}

// Total is the field of that name.
func (d *Downloads) Total(ctx context.Context) (int64, error) {
	if d.op.fromMemory && d.op.atHand(d.slice) {
		return d.op.total(d.slice), nil
	}
	res, err := d.op.loads.Load(ctx, query.TotalOf(d.slice))
	if err != nil {
		return 0, err
	}
	return res.Total, nil
}

// Series is the field of that name.
func (d *Downloads) Series(ctx context.Context, interval query.Interval) (*Series, error) {
	return d.op.seriesOf(ctx, d.slice, interval, d.op.loads.Load)
}

// AsOf is the field of that name.
func (d *Downloads) AsOf() *time.Time { return d.op.asOf() }

// By is the field of that name.
func (d *Downloads) By(ctx context.Context, dimension catalog.Dimension, first int, others bool) ([]*Slice, error) {
	oc := graphql.GetOperationContext(ctx)
	c := cut{dimension, first, others, others || wantsShare(oc, graphql.GetFieldContext(ctx).Field.Selections)}
	req, err := d.op.cut(d.slice, c)
	if err != nil {
		return nil, err
	}
	res, err := d.op.loads.Load(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := d.op.awaitElements(ctx); err != nil {
		return nil, err
	}
	return slicesOf(d, c, res), nil
}

// Previous is the field of that name.
func (d *Downloads) Previous() *Downloads {
	before, ok := d.slice.Previous()
	if !ok {
		return nil
	}
	return &Downloads{d.op, before}
}

// Change is the field of that name.
func (d *Downloads) Change(ctx context.Context) (*float64, error) {
	previous := d.Previous()
	if previous == nil {
		return nil, nil
	}
	now, err := d.Total(ctx)
	if err != nil {
		return nil, err
	}
	before, err := previous.Total(ctx)
	if err != nil || before == 0 {
		return nil, err
	}
	change := float64(now-before) / float64(before)
	return &change, nil
}

// Slice is the GraphQL type of that name: one value of a split.
type Slice struct {
	value
	of *splitAnswer
}

// splitAnswer is what the slices of one split have in common.
type splitAnswer struct {
	cut
	parent *Downloads
	res    *query.Result
}

// slicesOf is the slices of a split, narrowed only where they are asked for
// more.
func slicesOf(parent *Downloads, c cut, res *query.Result) []*Slice {
	of := &splitAnswer{c, parent, res}
	values := c.values(res)
	slices, list := make([]Slice, len(values)), make([]*Slice, len(values))
	for i, v := range values {
		slices[i] = Slice{v, of}
		list[i] = &slices[i]
	}
	return list
}

// Dimension is the field of that name.
func (s *Slice) Dimension() catalog.Dimension { return s.of.dim }

// Value is the field of that name.
func (s *Slice) Value() *string {
	if s.rest {
		return nil
	}
	return &s.text
}

// Label is the field of that name.
func (s *Slice) Label() string { return s.label(s.of.dim) }

// Total is the field of that name.
func (s *Slice) Total() int64 { return s.total }

// Share is the field of that name.
func (s *Slice) Share() float64 { return share(s.total, s.of.res.Total) }

// Downloads is the field of that name.
func (s *Slice) Downloads() *Downloads {
	return &Downloads{s.of.parent.op, s.of.narrow(s.of.parent.slice, s.value, s.of.res)}
}
