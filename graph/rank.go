package graph

import (
	"context"

	"clickql/graph/rounds"
)

// Rank is a project's place among all.
type Rank struct{ Position, ProjectCount int64 }

// Percentile is 100 for the last of all projects.
func (r *Rank) Percentile() float64 { return float64(r.Position) / float64(r.ProjectCount) * 100 }

// Rank resolves Project.rank.
func (p *Project) Rank(ctx context.Context) (*Rank, error) {
	op, _, base, err := field[rounds.Slice](ctx)
	if err != nil {
		return nil, err
	}
	s, err := op.Resolve(ctx, base)
	if err != nil {
		return nil, err
	}
	position, projects, err := op.Rank(ctx, s, p.Name)
	if err != nil || position == 0 {
		return nil, err
	}
	return &Rank{position, projects}, nil
}
