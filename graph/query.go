package graph

import (
	"context"

	"clickql/internal/query"
)

// resolver roots the generated code's resolvers.
type resolver struct{}

// Query is the root type Query.
func (resolver) Query() QueryResolver { return queryResolver{} }

// queryResolver resolves the fields of Query.
type queryResolver struct{}

// Node is the field of that name.
func (q queryResolver) Node(ctx context.Context, id string) (Node, error) {
	name, err := parseID(id)
	if err != nil {
		return nil, err
	}
	p, err := q.Project(ctx, name)
	if err != nil || p == nil {
		return nil, err // not p: a nil *Project is a Node that is not nil
	}
	return p, nil
}

// Project is the field of that name.
func (queryResolver) Project(ctx context.Context, name string) (*Project, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	return op.project(ctx, name)
}

// Projects is the field of that name.
func (queryResolver) Projects(ctx context.Context, names []string) ([]*Project, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	if err := op.limits.names("names", names); err != nil {
		return nil, err
	}
	list := make([]*Project, len(names))
	for i, name := range names {
		if list[i], err = op.project(ctx, name); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// readyOperation is the operation of ctx. Before anything is known of the data,
// every root field fails with UNAVAILABLE: that no project is known yet does
// not mean that there is none.
func readyOperation(ctx context.Context) (*operation, error) {
	op := operationOf(ctx)
	return op, op.loads.Ready()
}

// project is the project of that name; nil where it is not known.
func (op *operation) project(ctx context.Context, name string) (*Project, error) {
	name = normalized([]string{name})[0]
	if !op.indexed() {
		res, err := op.loads.Load(ctx, existence(name))
		if err != nil || res.Total == 0 {
			return nil, err
		}
	} else if !op.known(name) {
		return nil, nil
	}
	return &Project{op, name}, nil
}

// Search is the field of that name.
func (queryResolver) Search(ctx context.Context, text string, first int, after *string) (*ProjectConnection, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	page, found := op.pages[pathOf(ctx)]
	if !found {
		if page, err = op.search(text, first, after); err != nil {
			return nil, err
		}
	}
	groups := make([]query.Group, len(page.entries))
	for i, e := range page.entries {
		groups[i] = query.Group{Value: e.Name, Total: e.Total}
	}
	return paged(groups, page.more, after != nil, func(g query.Group) *Project { return &Project{op, g.Value} }), nil
}

// Downloads is the field of that name.
func (queryResolver) Downloads(ctx context.Context, projects []string, days *DateRange, filter *DownloadsFilter) (*Downloads, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	base, err := op.projectsSlice(projects, days, filter)
	if err != nil {
		return nil, err
	}
	s, err := op.resolve(ctx, base)
	if err != nil {
		return nil, err
	}
	return &Downloads{op, s}, nil
}

// TopProjects is the field of that name.
func (queryResolver) TopProjects(ctx context.Context, days *DateRange, filter *DownloadsFilter, first int, after *string) (*ProjectRankingConnection, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	base, err := op.slice(days, filter)
	if err != nil {
		return nil, err
	}
	s, err := op.resolve(ctx, base)
	if err != nil {
		return nil, err
	}
	req, err := op.ranking(s, first, after)
	if err != nil {
		return nil, err
	}
	res, err := op.loads.Load(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := op.awaitElements(ctx); err != nil {
		return nil, err
	}
	groups := res.Groups[:min(first, len(res.Groups))]
	more := res.More || len(groups) < len(res.Groups)
	return paged(groups, more, after != nil, func(g query.Group) *ProjectRanking {
		return &ProjectRanking{Project: &Project{op, g.Value}, Total: g.Total}
	}), nil
}
