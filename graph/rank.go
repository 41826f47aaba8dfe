package graph

import (
	"context"

	"clickql/internal/query"
)

// Rank is the GraphQL type of that name.
type Rank struct{ Position, ProjectCount int64 }

// Percentile is the field of that name.
func (r *Rank) Percentile() float64 { return float64(r.Position) / float64(r.ProjectCount) * 100 }

// Rank is the field of that name.
func (p *Project) Rank(ctx context.Context, Range *DateRange, filter *DownloadsFilter) (*Rank, error) {
	base, err := p.op.slice(Range, filter)
	if err != nil {
		return nil, err
	}
	s, err := p.op.resolve(ctx, base)
	if err != nil {
		return nil, err
	}
	if p.op.fromMemory && p.op.atHand(s) {
		position, projects := p.op.snap.Projects.Rank(p.Name)
		if position == 0 {
			return nil, nil
		}
		return &Rank{position, projects}, nil
	}
	res, err := p.op.loads.Load(ctx, query.RankOf(s, p.Name))
	if err != nil || res.Position == 0 {
		return nil, err
	}
	return &Rank{res.Position, res.Values}, nil
}
