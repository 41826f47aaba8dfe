package graph

import (
	"context"

	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// likeForLike reads the argument of Downloads.change.
func (a arguments) likeForLike() (any, error) { return argument[bool](a.given, "likeForLike"), nil }

// sides are what is compared by a change: two slices that differ in their days.
type sides struct {
	now, before cube.Slice
	// offsets are the days that count, from the beginning of either; nil where all do.
	offsets []cube.Day
}

// compared is what a change of the slice compares; ok is false where there is
// nothing that may be compared. Only what is settled in both periods may.
func (op *operation) compared(s cube.Slice, likeForLike bool) (c sides, ok bool) {
	before, ok := s.Previous()
	if !ok {
		return c, false
	}
	calendar := op.Snap.Calendar()
	if calendar.Whole(s.Days) && calendar.Whole(before.Days) {
		return sides{now: s, before: before}, true
	}
	if !likeForLike {
		return c, false
	}
	offsets := calendar.Pairs(s.Days, before.Days)
	if len(offsets) == 0 {
		return c, false
	}
	first, last := offsets[0], offsets[len(offsets)-1]
	part := func(s cube.Slice) cube.Slice {
		return s.On(cube.Range{From: s.Days.From + first, To: s.Days.From + last})
	}
	c = sides{now: part(s), before: part(before)}
	if len(offsets) <= int(last-first) {
		for _, at := range offsets {
			c.offsets = append(c.offsets, at-first)
		}
	}
	return c, true
}

// gatherChange gathers what a change of the slice compares: totals, or where not
// all days count, days.
func (op *operation) gatherChange(r *rounds.Round, s cube.Slice, likeForLike bool) {
	c, ok := op.compared(s, likeForLike)
	if !ok {
		return
	}
	for _, side := range []cube.Slice{c.now, c.before} {
		if c.offsets == nil {
			r.AskTotal(side)
		} else if request, err := op.series(side, cube.Daily); err == nil {
			r.Ask(request)
		}
	}
}

// Change resolves Downloads.change: nil where nothing may be compared, or where it
// is with nothing.
func (d *Downloads) Change(ctx context.Context) (*float64, error) {
	op, _, likeForLike, err := field[bool](ctx)
	if err != nil {
		return nil, err
	}
	c, ok := op.compared(d.slice, likeForLike)
	if !ok {
		return nil, nil
	}
	now, err := op.totalOn(ctx, c.now, c.offsets)
	if err != nil {
		return nil, err
	}
	before, err := op.totalOn(ctx, c.before, c.offsets)
	if err != nil || before == 0 {
		return nil, err
	}
	change := float64(now-before) / float64(before)
	return &change, nil
}

// totalOn is the slice's downloads on the days at the offsets; on all where nil.
func (op *operation) totalOn(ctx context.Context, s cube.Slice, offsets []cube.Day) (sum int64, err error) {
	if offsets == nil {
		return op.Total(ctx, s)
	}
	request, err := op.series(s, cube.Daily)
	if err != nil {
		return 0, err
	}
	res, err := op.Load(ctx, request)
	if err != nil {
		return 0, err
	}
	for _, at := range offsets {
		sum += res.Totals[at]
	}
	return sum, nil
}
