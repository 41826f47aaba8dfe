package graph

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// related is the arguments of Project.related.
type related struct {
	first int
	// read is where what the dependents require is waited for: they are known only
	// once who they are has arrived at the field's own place.
	read *rounds.Place
}

func (a arguments) related() (any, error) {
	first, err := a.first()
	return related{first, &rounds.Place{}}, err
}

// gatherRelated gathers the list of a project: its dependents, then what they
// require, then what is asked of the projects that this comes to.
func (op *operation) gatherRelated(r *rounds.Round, n *node, name string) {
	args := n.args.(related)
	r.Later(&n.Place, func(ctx context.Context, r *rounds.Round) {
		among, err := op.relatives(ctx, name)
		if err != nil {
			return
		}
		for _, g := range among {
			r.Requirements = append(r.Requirements, g.Value)
		}
		r.Later(args.read, func(ctx context.Context, r *rounds.Round) {
			if found, _, err := op.beside(ctx, name, args.first); err == nil {
				op.gatherGroups(r, n.each("project"), found)
			}
		})
	})
}

// maxRelatives is how many of a project's dependents are looked at for what they
// require beside it.
const maxRelatives = 100

// relatives are the project's most downloaded dependents.
func (op *operation) relatives(ctx context.Context, name string) ([]cube.Group, error) {
	names, err := op.Projects.Dependents(ctx, name)
	if err != nil {
		return nil, err
	}
	return op.mostDownloaded(ctx, names, maxRelatives)
}

// beside are the projects that the project's relatives require beside it, each with
// how many do, most first, and how many relatives there are.
func (op *operation) beside(ctx context.Context, name string, first int) (found []cube.Group, among int, err error) {
	relatives, err := op.relatives(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	together := map[string]int64{}
	for _, g := range relatives {
		requires, err := op.Projects.Requirements(ctx, g.Value)
		if err != nil {
			return nil, 0, err
		}
		for _, other := range requires.Of("") {
			together[other]++
		}
	}
	delete(together, name)
	found, err = op.mostDownloaded(ctx, slices.Collect(maps.Keys(together)), len(together))
	if err != nil {
		return nil, 0, err
	}
	for i, g := range found {
		found[i].Total = together[g.Value]
	}
	slices.SortStableFunc(found, func(a, b cube.Group) int { return cmp.Compare(b.Total, a.Total) })
	return found[:min(first, len(found))], len(relatives), nil
}

// RelatedProject is a project that is required beside another.
type RelatedProject struct {
	Project  *Project
	Together int64
	Share    float64

	of *origin // of the other project
}

// ID tells both projects.
func (r *RelatedProject) ID() string {
	return r.of.then("related", r.Project.Name).id("RelatedProject")
}

// Related resolves Project.related.
func (p *Project) Related(ctx context.Context) ([]*RelatedProject, error) {
	op, n, args, err := field[related](ctx)
	if err != nil {
		return nil, err
	}
	for _, place := range []*rounds.Place{&n.Place, args.read} {
		if err := place.Wait(ctx); err != nil {
			return nil, err
		}
	}
	found, among, err := op.beside(ctx, p.Name, args.first)
	if err != nil {
		return nil, err
	}
	list, of := make([]*RelatedProject, len(found)), part{}.origin([]string{p.Name})
	for i, g := range found {
		list[i] = &RelatedProject{&Project{op, g.Value}, g.Total, float64(g.Total) / float64(among), of}
	}
	return list, nil
}
