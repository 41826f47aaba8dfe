package graph

import (
	"context"

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
	res, err := d.op.loads.Load(ctx, query.TotalOf(d.slice))
	if err != nil {
		return 0, err
	}
	return res.Total, nil
}

// Series is the field of that name.
func (d *Downloads) Series(ctx context.Context, interval query.Interval) (*Series, error) {
	req, err := d.op.series(d.slice, interval)
	if err != nil {
		return nil, err
	}
	res, err := d.op.loads.Load(ctx, req)
	if err != nil {
		return nil, err
	}
	days := d.op.snap.Days
	if !d.slice.AllTime {
		days = d.slice.Days
	}
	return &Series{Interval: interval, Dates: res.Days, Totals: res.Totals, Missing: d.op.snap.MissingIn(days)}, nil
}

// By is the field of that name.
func (d *Downloads) By(ctx context.Context, dimension catalog.Dimension, first int, others bool) ([]*Slice, error) {
	req, err := d.op.split(d.slice, dimension, first, nil)
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
	values := cut{dimension, first, others}.values(d.slice, res)
	list := make([]*Slice, len(values))
	for i, v := range values {
		list[i] = &Slice{value: v, op: d.op, Dimension: dimension, Share: share(v.total, res.Total)}
	}
	return list, nil
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
	op        *operation
	Dimension catalog.Dimension
	Share     float64
}

// Value is the field of that name.
func (s *Slice) Value() *string {
	if s.rest {
		return nil
	}
	return &s.text
}

// Label is the field of that name.
func (s *Slice) Label() string { return s.label(s.Dimension) }

// Total is the field of that name.
func (s *Slice) Total() int64 { return s.total }

// Downloads is the field of that name.
func (s *Slice) Downloads() *Downloads { return &Downloads{s.op, s.slice} }
