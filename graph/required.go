package graph

import (
	"context"
	"slices"

	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// required is the arguments of Project.dependencies and dependents; field is its
// name.
type required struct {
	field   string
	version string // the latest where empty
	first   int
}

func (a arguments) required() (any, error) {
	first, err := a.first()
	return required{a.field, argument[string](a.given, "version"), first}, err
}

// gatherRequired gathers one list of a project.
func (op *operation) gatherRequired(r *rounds.Round, n *node, name string) {
	r.Later(&n.Place, func(ctx context.Context, r *rounds.Round) {
		if groups, err := op.required(ctx, n.args.(required), name); err == nil {
			op.gatherGroups(r, n.each("project"), groups)
		}
	})
}

// required is what the project requires, or who requires it.
func (op *operation) required(ctx context.Context, args required, name string) ([]cube.Group, error) {
	if args.field == "dependents" {
		names, err := op.Projects.Dependents(ctx, name)
		if err != nil {
			return nil, err
		}
		return op.mostDownloaded(ctx, names, args.first)
	}
	found, err := op.Projects.Requirements(ctx, name)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(found.Of(args.version), func(required string) bool { return required == name })
	return op.mostDownloaded(ctx, names, args.first)
}

// Dependencies resolves Project.dependencies.
func (p *Project) Dependencies(ctx context.Context) ([]*ProjectRanking, error) {
	return p.required(ctx)
}

// Dependents resolves Project.dependents.
func (p *Project) Dependents(ctx context.Context) ([]*ProjectRanking, error) { return p.required(ctx) }

func (p *Project) required(ctx context.Context) ([]*ProjectRanking, error) {
	op, n, args, err := field[required](ctx)
	if err != nil {
		return nil, err
	}
	groups, err := op.required(ctx, args, p.Name)
	return op.rankings(ctx, n, groups, err)
}
