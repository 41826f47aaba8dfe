package picture

import (
	"context"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
)

// Rankings are all projects of a slice, as an address describes it.
type Rankings struct {
	Bounds cube.Bounds
	Filter Filter
}

// ReadRankings reads an address's query. The error is a *fault.Error for the
// reader.
func ReadRankings(query string) (Rankings, error) {
	r := newReader(query, OfRankings)
	k := Rankings{Bounds: r.bounds("all"), Filter: r.filter()}
	return k, r.err
}

// Day is the one day whose whole list this is, if it is one.
func (k Rankings) Day() (day cube.Day, ok bool) {
	from, to := k.Bounds.From, k.Bounds.To
	if from == nil || to == nil || *from != *to || !k.Filter.empty() {
		return 0, false
	}
	return *from, true
}

// ReadDays reads the range of an index of days. The error is a *fault.Error for the
// reader.
func ReadDays(query string) (cube.Bounds, error) {
	r := newReader(query, OfDays)
	b := r.bounds("all")
	return b, r.err
}

// MaxRanked is how many projects a list may have: more than there are.
const MaxRanked = 2_000_000

// Each hands the projects to take, the most downloaded first, ties by name. The
// error is a *fault.Error, or take's.
func (k Rankings) Each(ctx context.Context, op *fetch.Operation, take func(position int64, project string, total int64) error) error {
	if err := op.Ready(); err != nil {
		return err
	}
	filter, err := k.Filter.settle(ctx, op, nil)
	if err != nil {
		return err
	}
	s, err := k.Bounds.In(cube.Slice{}, op.Snapshot().Calendar())
	if err != nil {
		return err
	}
	if s, err = filter.narrow(ctx, op, s); err != nil {
		return err
	}
	if n := int64(op.Snapshot().Projects.Len()); n > MaxRanked {
		return fault.OverLimit(fault.CostLimit, n, MaxRanked, "there are %d projects; a list has at most %d", n, MaxRanked)
	}
	var position int64
	return op.Each(ctx, cube.SplitOf(s, cube.Project, MaxRanked, nil), func(g cube.Group) error {
		position++
		return take(position, g.Value, g.Total)
	})
}
