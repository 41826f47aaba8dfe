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
	ownRequest, allRequest := r.SpikesAsk(s)
	r.op.Prefetch(ctx, []cube.Request{ownRequest, allRequest})
	own, err := r.op.Load(ctx, ownRequest)
	if err != nil {
		return nil, err
	}
	all := own
	if allRequest.Key() != ownRequest.Key() {
		if all, err = r.op.Load(ctx, allRequest); err != nil {
			return nil, err
		}
	}
	return snap.Calendar().Spikes(s.Span(snap.Days), own, all), nil
}
