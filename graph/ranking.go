package graph

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"clickql/graph/outline"
	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// ranking is the arguments of Query.topProjects.
type ranking struct {
	slice part
	first int
	after *cube.Cursor
}

func (a arguments) ranking() (any, error) {
	var k ranking
	var err error
	if k.slice, err = a.part(); err != nil {
		return k, err
	}
	if k.first, err = a.first(); err != nil {
		return k, err
	}
	k.after, err = parseCursor(optional[string](a.given, "after"))
	return k, err
}

// request is for one page, of one project at least: whoever shows the answer
// cuts it to first.
func (k ranking) request(s cube.Slice) cube.Request {
	return cube.SplitOf(s, cube.Project, max(k.first, 1), k.after).WithoutTotal()
}

func (op *operation) gatherRanking(r *rounds.Round, n *node) {
	k := n.args.(ranking)
	projects := n.elements("project")
	r.Narrowed(k.slice.Slice, func(s cube.Slice) {
		if n.has("totalCount") {
			r.AskCount(s)
		}
		r.AwaitSplit(&n.Place, k.request(s), len(projects) > 0, func(r *rounds.Round, res *cube.Result) {
			op.gatherGroups(r, slices.Values(projects), res.Groups[:min(k.first, len(res.Groups))])
		})
	})
}

// gatherGroups gathers what is selected of each project of a list.
func (op *operation) gatherGroups(r *rounds.Round, projects iter.Seq[*node], groups []cube.Group) {
	for _, g := range groups {
		for p := range projects {
			op.gatherProject(r, p, g.Value)
		}
	}
}

// TopProjects resolves Query.topProjects.
func (queryResolver) TopProjects(ctx context.Context) (*ProjectRankingConnection, error) {
	op, n, k, err := field[ranking](ctx)
	if err != nil {
		return nil, err
	}
	s, err := op.Resolve(ctx, k.slice.Slice)
	if err != nil {
		return nil, err
	}
	res, err := op.Load(ctx, k.request(s))
	if err != nil {
		return nil, err
	}
	if err := n.Wait(ctx); err != nil {
		return nil, err
	}
	groups := res.Groups[:min(k.first, len(res.Groups))]
	more := res.More || len(groups) < len(res.Groups)
	of := k.slice.origin(nil)
	page := paged(groups, more, k.after != nil, func(g cube.Group) *ProjectRanking {
		return &ProjectRanking{&Project{op, g.Value}, g.Total, of}
	})
	return &ProjectRankingConnection{page, op, s}, nil
}

// ProjectRankingConnection is a page of a ranking.
type ProjectRankingConnection struct {
	*connection[*ProjectRanking]
	op    *operation
	slice cube.Slice
}

// TotalCount is of the slice, not of the page.
func (c *ProjectRankingConnection) TotalCount(ctx context.Context) (int64, error) {
	return c.op.Count(ctx, c.slice)
}

// ProjectRanking is a project with its downloads in a slice.
type ProjectRanking struct {
	Project *Project
	Total   int64

	of *origin // of the slice
}

// ID tells the slice and the project.
func (r *ProjectRanking) ID() string {
	return r.of.then("ranking", r.Project.Name).id("ProjectRanking")
}

// rankings is a list of projects, once what its elements ask is announced.
func (op *operation) rankings(ctx context.Context, n *node, groups []cube.Group, err error) ([]*ProjectRanking, error) {
	if err != nil {
		return nil, err
	}
	if err := n.Wait(ctx); err != nil {
		return nil, err
	}
	list, allTime := make([]*ProjectRanking, len(groups)), part{}.origin(nil)
	for i, g := range groups {
		list[i] = &ProjectRanking{&Project{op, g.Value}, g.Total, allTime}
	}
	return list, nil
}

// mostDownloaded is the projects with the most downloads of all time, most
// first, ties by name; ones without any are last.
func (op *operation) mostDownloaded(ctx context.Context, names []string, first int) ([]cube.Group, error) {
	groups, err := op.Totals(ctx, names)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(groups, func(a, b cube.Group) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), strings.Compare(a.Value, b.Value))
	})
	return groups[:min(first, len(groups))], nil
}

var rankingOutline = outline.Of([]string{"ProjectRanking"}, map[string]outline.Field[*ProjectRanking]{
	"id":      outline.Leaf(func(b []byte, r *ProjectRanking) []byte { return outline.AppendString(b, r.ID()) }),
	"project": outline.Object(projectOutline, func(r *ProjectRanking) *Project { return r.Project }),
	"total":   outline.Leaf(func(b []byte, r *ProjectRanking) []byte { return outline.AppendInt(b, r.Total) }),
})
