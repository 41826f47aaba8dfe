package graph

import (
	"context"

	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// Spike is a day out of line.
type Spike = cube.Spike

// gatherSpikes gathers what the days of a series are held against.
func (op *operation) gatherSpikes(r *rounds.Round, n *node, s cube.Slice) {
	if n.has("spikes") && op.spikable(s) == nil {
		own, all := op.Projects.SpikesAsk(s)
		r.Ask(own, all)
	}
}

// spikable refuses a slice of more days than a series may have.
func (op *operation) spikable(s cube.Slice) error {
	own, _ := op.Projects.SpikesAsk(s)
	_, err := op.series(own.Slice, cube.Daily)
	return err
}

// Spikes resolves Series.spikes.
func (s *Series) Spikes(ctx context.Context) ([]*Spike, error) {
	if err := s.op.spikable(s.slice); err != nil {
		return nil, err
	}
	found, err := s.op.Projects.Spikes(ctx, s.slice)
	if err != nil {
		return nil, err
	}
	list := make([]*Spike, len(found))
	for i := range found {
		list[i] = &found[i]
	}
	return list, nil
}
