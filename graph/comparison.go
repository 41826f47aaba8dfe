package graph

import (
	"context"
	"time"

	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/fault"
)

// comparison is the arguments of Query.compare.
type comparison struct {
	names []string
	base  part // not yet narrowed to them
	every cube.Interval
}

func (a arguments) comparison() (any, error) {
	c := comparison{every: cube.Interval(argument[string](a.given, "interval"))}
	var err error
	if c.names, err = a.names("projects"); err != nil {
		return c, err
	}
	if c.base, err = a.part(); err != nil {
		return c, err
	}
	if n, most := len(c.names)*cube.BucketCount(a.days(c.base.Slice.Slice), c.every), a.limits.Compared; n > most {
		return c, fault.OverLimit(fault.CostLimit, n, most,
			"the comparison has %d points; at most %d are allowed: ask for a longer interval, a shorter range or fewer projects", n, most)
	}
	return c, nil
}

func (op *operation) gatherComparison(r *rounds.Round, n *node) {
	c := n.args.(comparison)
	for _, name := range op.MayExist(c.names) {
		r.AskExistence(name)
		for line := range n.each("lines") {
			for p := range line.each("project") {
				op.gatherProject(r, p, name)
			}
			r.Narrowed(c.base.Of(name), func(s cube.Slice) { op.gatherLine(r, line, c.every, s) })
		}
	}
}

// gatherLine gathers what is selected of one project's line.
func (op *operation) gatherLine(r *rounds.Round, n *node, every cube.Interval, s cube.Slice) {
	if n.has("total") {
		r.AskTotal(s)
	}
	for series := range n.each("series") {
		op.gatherSeries(r, series, every, s)
	}
	for d := range n.each("downloads") {
		op.gatherDownloads(r, d, s)
	}
}

// Comparison is several projects on one time axis.
type Comparison struct {
	Interval cube.Interval
	Lines    []*ComparisonLine

	op *operation
	of comparison
}

// ComparisonLine is one project of a comparison.
type ComparisonLine struct {
	Project *Project

	of *Comparison
}

// Compare resolves Query.compare.
func (queryResolver) Compare(ctx context.Context) (*Comparison, error) {
	op, _, args, err := field[comparison](ctx)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Interval: args.every, Lines: make([]*ComparisonLine, len(args.names)), op: op, of: args}
	for i, name := range args.names {
		p, err := op.project(ctx, name)
		if err != nil {
			return nil, err
		}
		if p != nil {
			c.Lines[i] = &ComparisonLine{p, c}
		}
	}
	return c, nil
}

// origin is what the comparison's id tells.
func (c *Comparison) origin() *origin {
	return c.of.base.origin(nil).then("compare", c.of.names, c.of.every)
}

// ID tells the arguments.
func (c *Comparison) ID() string { return c.origin().id("Comparison") }

// Dates is the time axis of every line.
func (c *Comparison) Dates() []cube.Day {
	return cube.Buckets(c.op.days(c.of.base.Slice.Slice), c.Interval)
}

// AsOf is when the data last changed; nil where the database does not tell.
func (c *Comparison) AsOf() *time.Time { return c.op.asOf() }

// ID tells the comparison and the project.
func (l *ComparisonLine) ID() string {
	return l.of.origin().then("line", l.Project.Name).id("ComparisonLine")
}

// Downloads is the comparison's slice of the project.
func (l *ComparisonLine) Downloads(ctx context.Context) (*Downloads, error) {
	base := l.of.of.base
	return l.of.op.downloads(ctx, base.Of(l.Project.Name), base.origin([]string{l.Project.Name}))
}

// Total is of the comparison's range.
func (l *ComparisonLine) Total(ctx context.Context) (int64, error) {
	d, err := l.Downloads(ctx)
	if err != nil {
		return 0, err
	}
	return d.Total(ctx)
}

// Series is on the comparison's axis.
func (l *ComparisonLine) Series(ctx context.Context) (*Series, error) {
	d, err := l.Downloads(ctx)
	if err != nil {
		return nil, err
	}
	return d.op.seriesOf(ctx, d, l.of.Interval, d.op.Load)
}
