package graph

import (
	"context"

	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/projects"
)

// trend is the arguments of a list of projects by how they develop; kind is the
// field's name.
type trend struct {
	kind          string
	months, first int
	least         int64
}

// maxMonths bounds months: a century, more than ClickHouse's Date can tell apart.
const maxMonths = 1200

func (a arguments) trend() (any, error) {
	t := trend{kind: a.field, months: argument[int](a.given, "months"), least: argument[int64](a.given, "minDownloads")}
	if t.months < 1 || t.months > maxMonths {
		return t, fault.BadInput("months is %d; it must be between 1 and %d", t.months, maxMonths)
	}
	var err error
	t.first, err = a.first()
	return t, err
}

func (op *operation) gatherTrend(r *rounds.Round, n *node) {
	t := n.args.(trend)
	r.Later(&n.Place, func(ctx context.Context, r *rounds.Round) {
		ranked, err := op.trend(ctx, t)
		if err != nil {
			return
		}
		for _, found := range ranked {
			for p := range n.each("project") {
				op.gatherProject(r, p, found.Project)
			}
			for series := range n.each("series") {
				op.gatherSeries(r, series, cube.Monthly, rounds.OfProject(op.lastMonths(t.months), found.Project))
			}
		}
	})
}

// trend is the projects of a trend.
func (op *operation) trend(ctx context.Context, t trend) (projects.Ranking, error) {
	days := op.Snap.Days
	if t.first == 0 || days.Empty() {
		return nil, nil
	}
	switch t.kind {
	case "emergingProjects":
		since := op.newSince(op.Snap.Calendar().Settled().To.AddMonths(-t.months))
		if since > days.To {
			return nil, nil
		}
		return op.Projects.Emerging(ctx, since, t.first)
	case "staleProjects":
		return op.Projects.Stale(ctx, t.months, t.first)
	}
	months := op.lastMonths(t.months).Days
	if months.Empty() {
		return nil, nil
	}
	return op.Projects.Hot(ctx, months.From, t.least, t.first)
}

// newSince is the first day, from since on, before which the data has a whole week:
// of a project whose first download is on it or later the data tells that there was
// none before. Of what is first seen where the data begins, or behind a hole in it,
// nobody knows.
func (op *operation) newSince(since cube.Day) cube.Day {
	c := op.Snap.Calendar()
	since = max(since, c.Days.From+week)
	for since <= c.Days.To {
		missing := c.Missing(cube.Range{From: since - week, To: since - 1})
		if len(missing) == 0 {
			break
		}
		since = missing[len(missing)-1] + week + 1
	}
	return since
}

// lastMonths is the last n calendar months that the data has the beginning of,
// the newest day's the last of them.
func (op *operation) lastMonths(n int) cube.Slice {
	data := op.Snap.Days
	from := max(0, data.To.StartOfMonth().AddMonths(1-n))
	if from < data.From {
		from = data.From
		if start := from.StartOfMonth(); start != from {
			from = start.AddMonths(1)
		}
	}
	return cube.Slice{Days: cube.Range{From: from, To: data.To}}
}

// ProjectTrend is a project whose downloads rise.
type ProjectTrend struct {
	Project *Project
	Growth  float64

	downloads *Downloads
}

// ID tells the arguments and the project.
func (t *ProjectTrend) ID() string { return t.downloads.origin.id("ProjectTrend") }

// Series is of the months looked at. It is there: it comes with the list.
func (t *ProjectTrend) Series(ctx context.Context) (*Series, error) {
	op := t.downloads.op
	return op.seriesOf(ctx, t.downloads, cube.Monthly, op.Load)
}

// EmergingProjects resolves Query.emergingProjects.
func (queryResolver) EmergingProjects(ctx context.Context) ([]*ProjectRanking, error) {
	return rankedProjects(ctx)
}

// StaleProjects resolves Query.staleProjects.
func (queryResolver) StaleProjects(ctx context.Context) ([]*ProjectRanking, error) {
	return rankedProjects(ctx)
}

// rankedProjects is the projects of a trend, with their downloads.
func rankedProjects(ctx context.Context) ([]*ProjectRanking, error) {
	op, n, t, err := field[trend](ctx)
	if err != nil {
		return nil, err
	}
	ranked, err := op.trend(ctx, t)
	groups := make([]cube.Group, len(ranked))
	for i, r := range ranked {
		groups[i] = cube.Group{Value: r.Project, Total: r.Total}
	}
	return op.rankings(ctx, n, groups, err)
}

// HotProjects resolves Query.hotProjects.
func (queryResolver) HotProjects(ctx context.Context) ([]*ProjectTrend, error) {
	op, n, t, err := field[trend](ctx)
	if err != nil {
		return nil, err
	}
	ranked, err := op.trend(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := n.Wait(ctx); err != nil {
		return nil, err
	}
	list := make([]*ProjectTrend, len(ranked))
	for i, r := range ranked {
		origin := from(map[string]any{"months": t.months, "least": t.least, "project": r.Project})
		d := &Downloads{op, rounds.OfProject(op.lastMonths(t.months), r.Project), origin}
		list[i] = &ProjectTrend{&Project{op, r.Project}, r.Growth, d}
		for series := range n.each("series") { // one that cannot be had is the list's error
			if _, err := op.loadWidened(ctx, d.slice, cube.Monthly, leadOf(series), op.Load); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}
