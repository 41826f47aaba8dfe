package graph

import "context"

// Rank is a project's place among all.
type Rank struct {
	Position, ProjectCount int64

	origin *origin
}

// ID tells the project and the slice.
func (r *Rank) ID() string { return r.origin.id("Rank") }

// Percentile is 100 for the last of all projects.
func (r *Rank) Percentile() float64 { return float64(r.Position) / float64(r.ProjectCount) * 100 }

// Rank resolves Project.rank.
func (p *Project) Rank(ctx context.Context) (*Rank, error) {
	op, _, base, err := field[part](ctx)
	if err != nil {
		return nil, err
	}
	s, err := op.Resolve(ctx, base.Slice)
	if err != nil {
		return nil, err
	}
	position, projects, err := op.Rank(ctx, s, p.Name)
	if err != nil || position == 0 {
		return nil, err
	}
	return &Rank{position, projects, base.origin([]string{p.Name})}, nil
}
