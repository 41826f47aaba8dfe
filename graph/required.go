package graph

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Dependencies is the field of that name.
func (p *Project) Dependencies(ctx context.Context, version *string, first int) ([]*ProjectRanking, error) {
	if err := p.op.limits.first(first); err != nil {
		return nil, err
	}
	if version == nil {
		version = new(string)
	}
	groups, err := p.op.dependencies(ctx, p.Name, *version, first)
	return p.op.rankings(ctx, groups, err)
}

// Dependents is the field of that name.
func (p *Project) Dependents(ctx context.Context, first int) ([]*ProjectRanking, error) {
	if err := p.op.limits.first(first); err != nil {
		return nil, err
	}
	groups, err := p.op.dependents(ctx, p.Name, first)
	return p.op.rankings(ctx, groups, err)
}

// rankings is a list of projects, once what its elements ask is announced.
func (op *operation) rankings(ctx context.Context, groups []query.Group, err error) ([]*ProjectRanking, error) {
	if err != nil {
		return nil, err
	}
	if err := op.awaitElements(ctx); err != nil {
		return nil, err
	}
	list := make([]*ProjectRanking, len(groups))
	for i, g := range groups {
		list[i] = &ProjectRanking{Project: &Project{op, g.Value}, Total: g.Total}
	}
	return list, nil
}

// dependencies is what a version of the project requires, of the latest where
// version is empty.
func (op *operation) dependencies(ctx context.Context, name, version string, first int) ([]query.Group, error) {
	found, err := op.projects.Requirements(ctx, name)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(found.Of(version), func(required string) bool { return required == name })
	return op.mostDownloaded(ctx, names, first)
}

// dependents is the projects whose latest version requires the project.
func (op *operation) dependents(ctx context.Context, name string, first int) ([]query.Group, error) {
	names, err := op.projects.Dependents(ctx, name)
	if err != nil {
		return nil, err
	}
	return op.mostDownloaded(ctx, names, first)
}

// namesAtOnce is how many projects one question about totals names, where there
// is no index to look them up in.
const namesAtOnce = 5000

// mostDownloaded is the projects with the most downloads of all time, most
// first, ties by name; ones without any are last.
func (op *operation) mostDownloaded(ctx context.Context, names []string, first int) ([]query.Group, error) {
	groups := make([]query.Group, len(names))
	for i, name := range names {
		groups[i].Value = name
		groups[i].Total, _ = op.snap.Projects.Total(name)
	}
	if !op.indexed() {
		if err := op.askTotals(ctx, groups); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(groups, func(a, b query.Group) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), strings.Compare(a.Value, b.Value))
	})
	return groups[:min(first, len(groups))], nil
}

// askTotals fills in the projects' downloads of all time.
func (op *operation) askTotals(ctx context.Context, groups []query.Group) error {
	var w wanted
	for part := range slices.Chunk(groups, namesAtOnce) {
		names := make([]string, len(part))
		for i, g := range part {
			names[i] = g.Value
		}
		s := query.Slice{AllTime: true}.Narrow(query.Condition{Dim: catalog.Project, Values: names})
		w.requests = append(w.requests, query.SplitOf(s, catalog.Project, len(names), nil).WithoutTotal())
	}
	if err := op.announce(ctx, w); err != nil {
		return err
	}
	totals := map[string]int64{}
	for _, r := range w.requests {
		res, err := op.loads.Load(ctx, r)
		if err != nil {
			return err
		}
		for _, g := range res.Groups {
			totals[g.Value] = g.Total
		}
	}
	for i := range groups {
		groups[i].Total = totals[groups[i].Value]
	}
	return nil
}
