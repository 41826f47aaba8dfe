package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
	"clickql/internal/projects"
	"clickql/internal/query"
)

// ProjectTrend is the GraphQL type of that name.
type ProjectTrend struct {
	op      *operation
	slice   query.Slice
	Project *Project
	Growth  float64
}

// Series is the field of that name.
func (t *ProjectTrend) Series(ctx context.Context) (*Series, error) {
	d := Downloads{t.op, t.slice}
	return d.Series(ctx, query.Monthly)
}

// EmergingProjects is the field of that name.
func (queryResolver) EmergingProjects(ctx context.Context, months, first int) ([]*ProjectRanking, error) {
	return rankedProjects(ctx, trend{kind: "emergingProjects", months: months, first: first})
}

// StaleProjects is the field of that name.
func (queryResolver) StaleProjects(ctx context.Context, months, first int) ([]*ProjectRanking, error) {
	return rankedProjects(ctx, trend{kind: "staleProjects", months: months, first: first})
}

// rankedProjects is the projects of a trend, with their downloads.
func rankedProjects(ctx context.Context, t trend) ([]*ProjectRanking, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	ranked, err := op.trend(ctx, t)
	groups := make([]query.Group, len(ranked))
	for i, r := range ranked {
		groups[i] = query.Group{Value: r.Project, Total: r.Total}
	}
	return op.rankings(ctx, groups, err)
}

// HotProjects is the field of that name.
func (queryResolver) HotProjects(ctx context.Context, months int, minDownloads int64, first int) ([]*ProjectTrend, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	t := trend{kind: "hotProjects", months: months, least: minDownloads, first: first}
	ranked, err := op.trend(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := op.awaitElements(ctx); err != nil {
		return nil, err
	}
	list := make([]*ProjectTrend, len(ranked))
	for i, r := range ranked {
		list[i] = &ProjectTrend{op, ofProject(op.lastMonths(months), r.Project), &Project{op, r.Project}, r.Growth}
	}
	return list, nil
}

// trend is the arguments of a list of projects by how they develop; kind is the
// field's name.
type trend struct {
	kind          string
	months, first int
	least         int64
}

// maxMonths bounds months: a century, more than ClickHouse's Date can tell apart.
const maxMonths = 1200

// check tells what is wrong with the arguments.
func (t trend) check(limits Limits) error {
	if t.months < 1 || t.months > maxMonths {
		return badInput("months is %d; it must be between 1 and %d", t.months, maxMonths)
	}
	return limits.first(t.first)
}

// trend is the projects of a trend.
func (op *operation) trend(ctx context.Context, t trend) (projects.Ranking, error) {
	days := op.snap.Days
	if err := t.check(op.limits); err != nil || t.first == 0 || days.Empty() {
		return nil, err
	}
	switch t.kind {
	case "emergingProjects":
		return op.projects.Emerging(ctx, max(0, days.To.AddMonths(-t.months)), t.first)
	case "staleProjects":
		return op.projects.Stale(ctx, t.months, t.first)
	}
	months := op.lastMonths(t.months).Days
	if months.Empty() {
		return nil, nil
	}
	return op.projects.Hot(ctx, months.From, t.least, t.first)
}

// lastMonths is the last n calendar months that the data has the beginning of,
// the newest day's the last of them.
func (a asker) lastMonths(n int) query.Slice {
	data := a.snap.Days
	from := max(0, data.To.StartOfMonth().AddMonths(1-n))
	if from < data.From {
		from = data.From
		if start := from.StartOfMonth(); start != from {
			from = start.AddMonths(1)
		}
	}
	return query.Slice{Days: catalog.Range{From: from, To: data.To}}
}

// trendsField is Query.emergingProjects, staleProjects or hotProjects.
type trendsField struct {
	*projectList
	trend  trend
	series bool
}

func (f *trendsField) gather(c *collector) {
	c.later(&f.list, func(ctx context.Context, c *collector) {
		ranked, err := c.op.trend(ctx, f.trend)
		if err != nil {
			return
		}
		for _, r := range ranked {
			for _, of := range f.of {
				c.project(of, r.Project)
			}
			if f.series {
				c.ask(query.SeriesOf(ofProject(c.op.lastMonths(f.trend.months), r.Project), query.Monthly))
			}
		}
	})
}

func (c *compiler) trendsField(f graphql.CollectedField, raw map[string]any) rootField {
	decode, typeName := c.args.field_Query_emergingProjects_args, "ProjectRanking"
	switch f.Name {
	case "staleProjects":
		decode = c.args.field_Query_staleProjects_args
	case "hotProjects":
		decode, typeName = c.args.field_Query_hotProjects_args, "ProjectTrend"
	}
	args, err := decode(c.ctx, raw)
	t := trend{kind: f.Name, months: arg[int](args, "months"), first: arg[int](args, "first"), least: arg[int64](args, "minDownloads")}
	if err != nil || t.check(c.limits) != nil {
		return nil
	}
	return &trendsField{
		projectList: c.projectList(f.Alias, f, typeName), trend: t,
		series: len(c.below(f.Selections, typeName, "series")) > 0,
	}
}
