package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Comparison is the GraphQL type of that name.
type Comparison struct {
	Interval query.Interval
	Lines    []*ComparisonLine

	op    *operation
	slice query.Slice
}

// ComparisonLine is the GraphQL type of that name.
type ComparisonLine struct {
	Project   *Project
	Downloads *Downloads

	every query.Interval
}

// Compare is the field of that name.
func (queryResolver) Compare(ctx context.Context, projects []string, days *DateRange, filter *DownloadsFilter, interval query.Interval) (*Comparison, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	base, err := op.comparison(projects, days, filter, interval)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Interval: interval, Lines: make([]*ComparisonLine, len(projects)), op: op, slice: base.Slice}
	for i, name := range projects {
		p, err := op.project(ctx, name)
		if err != nil {
			return nil, err
		}
		if p == nil {
			continue
		}
		s, err := op.resolve(ctx, base.of(p.Name))
		if err != nil {
			return nil, err
		}
		c.Lines[i] = &ComparisonLine{p, &Downloads{op, s}, interval}
	}
	return c, nil
}

// comparison is the slice that the projects are compared in.
func (a asker) comparison(names []string, days *DateRange, filter *DownloadsFilter, every query.Interval) (slice, error) {
	if err := a.limits.names("projects", names); err != nil {
		return slice{}, err
	}
	base, err := a.slice(days, filter)
	if err != nil {
		return base, err
	}
	if n, most := len(names)*query.BucketCount(a.days(base.Slice), every), a.limits.Compared; n > most {
		return base, overLimit(query.CostLimit, n, most,
			"the comparison has %d points; at most %d are allowed: ask for a longer interval, a shorter range or fewer projects", n, most)
	}
	return base, nil
}

// Dates is the field of that name.
func (c *Comparison) Dates() []catalog.Day { return query.Buckets(c.op.days(c.slice), c.Interval) }

// AsOf is the field of that name.
func (c *Comparison) AsOf() *time.Time { return c.op.asOf() }

// Total is the field of that name.
func (l *ComparisonLine) Total(ctx context.Context) (int64, error) { return l.Downloads.Total(ctx) }

// Series is the field of that name.
func (l *ComparisonLine) Series(ctx context.Context) (*Series, error) {
	return l.Downloads.Series(ctx, l.every)
}

// comparisonField is Query.compare.
type comparisonField struct {
	projectsField
	base      slice
	every     query.Interval
	total     bool
	series    []seriesSelection
	downloads []*downloadsSelection
}

func (f *comparisonField) gather(c *collector) {
	f.projectsField.gather(c)
	for _, name := range f.names {
		c.narrowed(f.base.of(name), func(s query.Slice) {
			if f.total {
				c.askUnlessAtHand(s, query.TotalOf(s))
			}
			for _, sel := range f.series {
				c.gatherSeries(sel, s)
			}
			for _, d := range f.downloads {
				c.downloads(d, s)
			}
		})
	}
}

func (c *compiler) comparisonField(f graphql.CollectedField, raw map[string]any) rootField {
	args, err := c.args.field_Query_compare_args(c.ctx, raw)
	names, every := arg[[]string](args, "projects"), arg[query.Interval](args, "interval")
	if err != nil {
		return nil
	}
	base, err := c.comparison(names, arg[*DateRange](args, "range"), arg[*DownloadsFilter](args, "filter"), every)
	if err != nil {
		return nil
	}
	field := &comparisonField{base: base, every: every, projectsField: projectsField{names: c.existing(normalized(names))}}
	for _, lines := range c.below(f.Selections, "Comparison", "lines") {
		path := join(f.Alias, lines.Alias)
		for _, part := range c.fields(lines.Selections, "ComparisonLine") {
			switch part.Name {
			case "project":
				field.of = append(field.of, c.project(join(path, part.Alias), part.Selections))
			case "total":
				field.total = true
			case "series":
				field.series = append(field.series, c.series(part, every))
			case "downloads":
				field.downloads = append(field.downloads, c.downloads(join(path, part.Alias), part.Selections))
			}
		}
	}
	return field
}
