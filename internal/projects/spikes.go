package projects

import (
	"context"

	"clickql/internal/cube"
)

// SpikesAsk is what Spikes asks of a slice.
func (r Reader) SpikesAsk(s cube.Slice) (own, all cube.Request) {
	return cube.SpikesOf(s, r.op.Snapshot().Days)
}

// Spikes are the days of a slice that are out of line.
func (r Reader) Spikes(ctx context.Context, s cube.Slice) ([]cube.Spike, error) {
	snap := r.op.Snapshot()
	own, all := r.SpikesAsk(s)
	answers, err := r.op.LoadAll(ctx, []cube.Request{own, all})
	if err != nil {
		return nil, err
	}
	return snap.Calendar().Spikes(s.Span(snap.Days), answers[0], answers[1]), nil
}
