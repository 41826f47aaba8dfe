package graph

import (
	"context"
	"strconv"
	"time"

	"clickql/graph/outline"
	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// Series is the totals of a slice over time. What it holds is shared between
// answers: read only.
type Series struct {
	Interval cube.Interval
	Dates    []cube.Day
	Totals   []int64

	op     *operation
	slice  cube.Slice
	origin *origin
	// wide is the series with the days before the range that the selection needs.
	wide *cube.Result
}

// gatherSeries gathers what is selected of the series of a slice.
func (op *operation) gatherSeries(r *rounds.Round, n *node, every cube.Interval, s cube.Slice) {
	if request, err := op.series(op.widened(s, leadOf(n)), every); err == nil {
		r.Ask(request)
	}
	op.gatherShares(r, n, every, s)
	op.gatherSpikes(r, n, s)
}

// gatherShares gathers what the parts of all downloads are parts of.
func (op *operation) gatherShares(r *rounds.Round, n *node, every cube.Interval, s cube.Slice) {
	if request, err := op.series(s.Everyone(), every); err == nil && n.has("shares") {
		r.Ask(request)
	}
}

// series is the request for a series.
func (op *operation) series(s cube.Slice, every cube.Interval) (cube.Request, error) {
	return cube.SeriesOf(s, every), op.limits.points(op.days(s), every)
}

// days is what of the calendar the slice asks about.
func (op *operation) days(s cube.Slice) cube.Range {
	return s.Span(op.Snap.Days)
}

// widened is the slice with the days before its range, as far as there are data.
func (op *operation) widened(s cube.Slice, lead int) cube.Slice {
	if first := op.Snap.Days.From; !s.AllTime && !s.Days.Empty() && s.Days.From > first {
		s.Days.From = max(first, s.Days.From-cube.Day(lead))
	}
	return s
}

// loadSeries answers the requests of a series: one slice's, or the sum of
// several slices'.
type loadSeries func(context.Context, cube.Request) (*cube.Result, error)

// seriesOf is the series of a slice that the field in ctx resolves to. Where
// its selection needs days before the range, they are loaded with it, in one.
func (op *operation) seriesOf(ctx context.Context, d *Downloads, every cube.Interval, load loadSeries) (*Series, error) {
	s := d.slice
	res, err := op.loadWidened(ctx, s, every, leadOf(op.node(ctx)), load)
	if err != nil {
		return nil, err
	}
	days := op.days(s)
	from := len(res.Days) - len(cube.Buckets(days, every))
	return &Series{
		Interval: every, Dates: res.Days[from:], Totals: res.Totals[from:],
		op: op, slice: s, origin: d.origin.then("series", every), wide: res,
	}, nil
}

// loadWidened loads a series with so many days before its range.
func (op *operation) loadWidened(ctx context.Context, s cube.Slice, every cube.Interval, lead int, load loadSeries) (*cube.Result, error) {
	req, err := op.series(op.widened(s, lead), every)
	if err != nil {
		return nil, err
	}
	return load(ctx, req)
}

// Missing are the days of the range that are not settled.
func (s *Series) Missing() []cube.Day { return s.op.missing(s.slice) }

// Complete tells of each interval that it lies wholly inside the range and that
// every day of it is settled.
func (s *Series) Complete() []bool {
	return s.op.Snap.Calendar().Complete(s.op.days(s.slice), s.Interval)
}

// missing are the days of the slice that are not settled; a list also where there
// are none.
func (op *operation) missing(s cube.Slice) []cube.Day {
	if days := op.Snap.Calendar().Missing(op.days(s)); days != nil {
		return days
	}
	return []cube.Day{}
}

// ID tells the slice and the interval.
func (s *Series) ID() string { return s.origin.id("Series") }

// Point is one row of a Series.
type Point struct {
	Date  cube.Day
	Total int64
}

// Points is the series row by row.
func (s *Series) Points() []Point {
	points := make([]Point, len(s.Dates))
	for i, d := range s.Dates {
		points[i] = Point{d, s.Totals[i]}
	}
	return points
}

// AsOf is when the data last changed; nil where the database does not tell.
func (s *Series) AsOf() *time.Time { return s.op.asOf() }

// Indexed makes the first complete interval with downloads 100; nil without one.
func (s *Series) Indexed() []float64 {
	base := s.base()
	if base == 0 {
		return nil
	}
	out := make([]float64, len(s.Totals))
	for i, total := range s.Totals {
		out[i] = float64(total) / float64(base) * 100
	}
	return out
}

// base is the total of the first complete interval with downloads; 0 where there
// is none.
func (s *Series) base() int64 {
	for i, complete := range s.Complete() {
		if complete && s.Totals[i] > 0 {
			return s.Totals[i]
		}
	}
	return 0
}

// Shares are of the downloads of all projects.
func (s *Series) Shares(ctx context.Context) ([]float64, error) {
	req, err := s.op.series(s.slice.Everyone(), s.Interval)
	if err != nil {
		return nil, err
	}
	all, err := s.op.Load(ctx, req)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(s.Totals))
	for i, total := range s.Totals {
		out[i] = share(total, all.Totals[i])
	}
	return out, nil
}

var pointOutline = outline.Of([]string{"Point"}, map[string]outline.Field[Point]{
	"date":  outline.Leaf(func(b []byte, p Point) []byte { return outline.AppendDate(b, p.Date) }),
	"total": outline.Leaf(func(b []byte, p Point) []byte { return outline.AppendInt(b, p.Total) }),
})

var seriesOutline = outline.Of([]string{"Series"}, map[string]outline.Field[*Series]{
	"id":       outline.Leaf(func(b []byte, s *Series) []byte { return outline.AppendString(b, s.ID()) }),
	"interval": outline.Leaf(func(b []byte, s *Series) []byte { return outline.AppendString(b, string(s.Interval)) }),
	"dates":    outline.Leaf(func(b []byte, s *Series) []byte { return outline.AppendList(b, s.Dates, outline.AppendDate) }),
	"totals":   outline.Leaf(func(b []byte, s *Series) []byte { return outline.AppendList(b, s.Totals, outline.AppendInt) }),
	"missing":  outline.Leaf(func(b []byte, s *Series) []byte { return outline.AppendList(b, s.Missing(), outline.AppendDate) }),
	"complete": outline.Leaf(func(b []byte, s *Series) []byte { return outline.AppendList(b, s.Complete(), strconv.AppendBool) }),
	"indexed":  outline.Leaf(func(b []byte, s *Series) []byte { return outline.AppendFloats(b, s.Indexed()) }),
	"asOf":     outline.Leaf(func(b []byte, s *Series) []byte { return outline.AppendOptional(b, s.AsOf(), outline.AppendDateTime) }),
	"points":   outline.List(pointOutline, (*Series).Points),
})
