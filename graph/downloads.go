package graph

import (
	"context"
	"time"

	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// Downloads is a slice of the cube that is computed only as far as it is
// selected.
type Downloads struct {
	op    *operation
	slice cube.Slice
}

// together reads the arguments of Query.downloads: projects, range and filter.
func (a arguments) together() (any, error) {
	s, err := a.part()
	if err != nil {
		return s, err
	}
	names, err := a.names("projects")
	if err != nil || names == nil {
		return s, err
	}
	return s.Of(names...), nil
}

func (op *operation) gatherTogether(r *rounds.Round, n *node) {
	r.Narrowed(n.args.(rounds.Slice), func(s cube.Slice) { op.gatherDownloads(r, n, s) })
}

// gatherDownloads gathers what is selected of one slice.
func (op *operation) gatherDownloads(r *rounds.Round, n *node, s cube.Slice) {
	if r.Full() {
		return
	}
	change := n.has("change")
	if change || n.has("total") {
		r.AskTotal(s)
	}
	for series := range n.each("series") {
		op.gatherSeries(r, series, series.args.(cube.Interval), s)
	}
	for by := range n.each("byRelease") {
		op.gatherReleaseGroups(r, by, s)
	}
	for by := range n.each("by") {
		op.gatherSplit(r, by, s)
	}
	before, ok := s.Previous()
	if !ok {
		return
	}
	if change {
		r.AskTotal(before)
	}
	for previous := range n.each("previous") {
		op.gatherDownloads(r, previous, before)
	}
}

// Downloads resolves Query.downloads.
func (queryResolver) Downloads(ctx context.Context) (*Downloads, error) { return downloadsOf(ctx) }

// downloadsOf resolves a field with the arguments range and filter: the slice of
// the projects, taken together, of all where none is named.
func downloadsOf(ctx context.Context, names ...string) (*Downloads, error) {
	op, _, base, err := field[rounds.Slice](ctx)
	if err != nil {
		return nil, err
	}
	if names != nil {
		base = base.Of(names...)
	}
	s, err := op.Resolve(ctx, base)
	if err != nil {
		return nil, err
	}
	return &Downloads{op, s}, nil
}

// Total is 0 for what the data set has never seen.
func (d *Downloads) Total(ctx context.Context) (int64, error) { return d.op.Total(ctx, d.slice) }

// Series resolves Downloads.series.
func (d *Downloads) Series(ctx context.Context) (*Series, error) {
	op, _, every, err := field[cube.Interval](ctx)
	if err != nil {
		return nil, err
	}
	return op.seriesOf(ctx, d.slice, every, op.Load)
}

// AsOf is when the data last changed; nil where the database does not tell.
func (d *Downloads) AsOf() *time.Time { return d.op.asOf() }

// Previous is nil for all time.
func (d *Downloads) Previous() *Downloads {
	before, ok := d.slice.Previous()
	if !ok {
		return nil
	}
	return &Downloads{d.op, before}
}

// Change is nil where there is nothing to compare with.
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

// share is the part of the whole that n is, 0 of nothing.
func share(n, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(n) / float64(whole)
}
