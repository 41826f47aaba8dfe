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
	op     *operation
	slice  cube.Slice
	origin *origin
}

// IsNode says that Downloads is a Node.
func (*Downloads) IsNode() {}

// ID is opaque and stable, and leads back to the slice.
func (d *Downloads) ID() string { return downloadsID(d.origin) }

// together is the arguments of Query.downloads.
type together struct {
	part
	names []string // nil for all projects
}

func (a arguments) together() (any, error) {
	p, err := a.part()
	if err != nil {
		return p, err
	}
	names, err := a.names("projects")
	return together{p, names}, err
}

// slice is what of the cube the arguments leave.
func (t together) slice() rounds.Slice {
	if t.names == nil {
		return t.Slice
	}
	return t.Of(t.names...)
}

func (op *operation) gatherTogether(r *rounds.Round, n *node) {
	r.Narrowed(n.args.(together).slice(), func(s cube.Slice) { op.gatherDownloads(r, n, s) })
}

// gatherDownloads gathers what is selected of one slice.
func (op *operation) gatherDownloads(r *rounds.Round, n *node, s cube.Slice) {
	if r.Full() {
		return
	}
	if n.has("total") {
		r.AskTotal(s)
	}
	for change := range n.each("change") {
		op.gatherChange(r, s, change.args.(bool))
	}
	for series := range n.each("series") {
		op.gatherSeries(r, series, series.args.(cube.Interval), s)
	}
	for by := range n.each("byRelease") {
		op.gatherReleaseGroups(r, by, s)
	}
	for d := range n.each("dropping") {
		op.gatherDropping(r, d, s)
	}
	for by := range n.each("by") {
		op.gatherSplit(r, by, s)
	}
	before, ok := s.Previous()
	if !ok {
		return
	}
	for previous := range n.each("previous") {
		op.gatherDownloads(r, previous, before)
	}
}

// Downloads resolves Query.downloads.
func (queryResolver) Downloads(ctx context.Context) (*Downloads, error) {
	op, _, args, err := field[together](ctx)
	if err != nil {
		return nil, err
	}
	return op.downloads(ctx, args.slice(), args.origin(args.names))
}

// downloads is the slice with its specifier looked up.
func (op *operation) downloads(ctx context.Context, base rounds.Slice, from *origin) (*Downloads, error) {
	s, err := op.Resolve(ctx, base)
	if err != nil {
		return nil, err
	}
	return &Downloads{op, s, from}, nil
}

// downloadsOf resolves a project's field with the arguments range and filter.
func downloadsOf(ctx context.Context, name string) (*Downloads, error) {
	op, _, p, err := field[part](ctx)
	if err != nil {
		return nil, err
	}
	return op.downloads(ctx, p.Of(name), p.origin([]string{name}))
}

// narrowed is the slice narrowed to one value of a dimension.
func (d *Downloads) narrowed(dim cube.Dimension, value string) *Downloads {
	return &Downloads{d.op, d.slice.With(dim, value), d.origin.then(stepValue, dim, value)}
}

// Total is 0 for what the data set has never seen.
func (d *Downloads) Total(ctx context.Context) (int64, error) { return d.op.Total(ctx, d.slice) }

// Series resolves Downloads.series.
func (d *Downloads) Series(ctx context.Context) (*Series, error) {
	op, _, every, err := field[cube.Interval](ctx)
	if err != nil {
		return nil, err
	}
	return op.seriesOf(ctx, d, every, op.Load)
}

// AsOf is when the data last changed; nil where the database does not tell.
func (d *Downloads) AsOf() *time.Time { return d.op.asOf() }

// Previous is nil for all time.
func (d *Downloads) Previous() *Downloads {
	before, ok := d.slice.Previous()
	if !ok {
		return nil
	}
	return &Downloads{d.op, before, d.origin.then(stepPrevious)}
}

// Missing are the days of the range that are not settled.
func (d *Downloads) Missing() []cube.Day { return d.op.missing(d.slice) }

// share is the part of the whole that n is, 0 of nothing.
func share(n, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(n) / float64(whole)
}
