package graph

import (
	"context"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Series is the GraphQL type of that name. Its slices are shared between
// answers: read only.
type Series struct {
	Interval query.Interval
	Dates    []catalog.Day
	Totals   []int64
	// Missing are the days of the range of which nothing is loaded.
	Missing []catalog.Day

	op    *operation
	slice query.Slice
	// wide is the series with the days before the range that the selection needs.
	wide *query.Result
}

// Point is the GraphQL type of that name: one row of a Series.
type Point struct {
	Date  catalog.Day
	Total int64
}

// Points is the field of that name.
func (s *Series) Points() []Point {
	points := make([]Point, len(s.Dates))
	for i, d := range s.Dates {
		points[i] = Point{d, s.Totals[i]}
	}
	return points
}

// AsOf is the field of that name.
func (s *Series) AsOf() *time.Time { return s.op.asOf() }

// asOf is when the data last changed; nil where the database does not tell.
func (a asker) asOf() *time.Time {
	at := a.snap.UpdatedAt
	if at.IsZero() {
		return nil
	}
	return &at
}

// days is what of the calendar the slice asks about.
func (a asker) days(s query.Slice) catalog.Range {
	if s.AllTime {
		return a.snap.Days
	}
	return s.Days
}

// loadSeries answers the requests of a series: one slice's, or the sum of
// several slices'.
type loadSeries func(context.Context, query.Request) (*query.Result, error)

// seriesOf is the series of the slice that the field in ctx resolves to. Where
// its selection needs days before the range, they are loaded with it, in one.
func (op *operation) seriesOf(ctx context.Context, s query.Slice, every query.Interval, load loadSeries) (*Series, error) {
	fields := graphql.CollectFields(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field.Selections, []string{"Series"})
	sel := seriesSelection{every: every, lead: leadOf(graphql.GetOperationContext(ctx), fields)}
	req, err := op.series(op.widened(s, sel), every)
	if err != nil {
		return nil, err
	}
	res, err := load(ctx, req)
	if err != nil {
		return nil, err
	}
	days := op.days(s)
	from := len(res.Days) - len(query.Buckets(days, every))
	return &Series{
		Interval: every, Dates: res.Days[from:], Totals: res.Totals[from:], Missing: op.snap.MissingIn(days),
		op: op, slice: s, wide: res,
	}, nil
}

// seriesSelection is what is asked of a series.
type seriesSelection struct {
	every  query.Interval
	lead   int  // how many days before the range are needed too
	shares bool // the same of all projects is needed too
}

// widened is the slice with the days before its range that the selection needs,
// as far as there are data.
func (a asker) widened(s query.Slice, sel seriesSelection) query.Slice {
	if first := a.snap.Days.From; !s.AllTime && !s.Days.Empty() && s.Days.From > first {
		s.Days.From = max(first, s.Days.From-catalog.Day(sel.lead))
	}
	return s
}

// everyone is all projects under the same conditions, but for what is a
// project's own.
func everyone(s query.Slice) query.Slice {
	s.Projects = nil
	s.Conditions = slices.DeleteFunc(slices.Clone(s.Conditions), func(c query.Condition) bool {
		return c.Dim == catalog.Project || c.Dim == catalog.Version
	})
	return s
}

// gatherSeries gathers what is asked of the series of a slice.
func (c *collector) gatherSeries(sel seriesSelection, s query.Slice) {
	if r, err := c.op.series(c.op.widened(s, sel), sel.every); err == nil {
		c.ask(r)
	}
	if r, err := c.op.series(everyone(s), sel.every); err == nil && sel.shares {
		c.ask(r)
	}
}

// series compiles a selection of a series.
func (c *compiler) series(f graphql.CollectedField, every query.Interval) seriesSelection {
	fields := c.fields(f.Selections, "Series")
	return seriesSelection{
		every: every, lead: leadOf(c.op, fields),
		shares: slices.ContainsFunc(fields, func(f graphql.CollectedField) bool { return f.Name == "shares" }),
	}
}
