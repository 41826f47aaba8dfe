package graph

import (
	"context"
	"math"

	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/projects"
)

// Floor is an estimate of what machines add that fetch every file.
type Floor struct {
	Estimate, Low, High int64
	PerFile             float64
	DeadVersions        int
	origin              *origin
}

// gatherFloor gathers one selection of Project.floor.
func (op *operation) gatherFloor(r *rounds.Round, n *node, name string) {
	r.Releases = append(r.Releases, name)
	r.Narrowed(n.args.(part).Of(name), func(s cube.Slice) { r.Ask(op.AllVersions(s)) })
}

// Floor resolves Project.floor: nil where nothing can be told.
func (p *Project) Floor(ctx context.Context) (*Floor, error) {
	op, _, args, err := field[part](ctx)
	if err != nil {
		return nil, err
	}
	s, err := op.Resolve(ctx, args.Of(p.Name))
	if err != nil || !op.Snap.Metadata {
		return nil, err
	}
	releases, err := op.Projects.Releases(ctx, p.Name)
	if err != nil {
		return nil, err
	}
	res, err := op.LoadVersions(ctx, s, "floor needs all versions of the project", "")
	if err != nil {
		return nil, err
	}
	totals := make(map[string]int64, len(res.Groups))
	for _, g := range res.Groups {
		totals[g.Value] = g.Total
	}
	f, known := projects.FloorOf(op.days(s).Within(op.Snap.Days), releases, func(version string) int64 { return totals[version] })
	if !known {
		return nil, nil
	}
	of := func(perFile float64) int64 { return int64(math.Round(perFile * float64(f.FileDays))) }
	return &Floor{of(f.PerFile), of(f.Low), of(f.High), f.PerFile, f.Dead, args.origin([]string{p.Name}).then("floor")}, nil
}

// ID tells the slice.
func (f *Floor) ID() string { return f.origin.id("Floor") }
