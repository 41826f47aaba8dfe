package fetch

import (
	"context"
	"errors"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/query"
)

// Each hands the groups of a split to take, in their order, while ClickHouse
// sends them: what is held does not grow with the answer, and nothing of it is
// kept. An error of take ends it. The error is a *fault.Error.
func (o *Operation) Each(ctx context.Context, split cube.Request, take func(cube.Group) error) error {
	if err := o.Ready(); err != nil {
		return err
	}
	split = split.WithoutTotal()
	p := query.NewPlan(o.snap, []cube.Request{split}, query.Options{MaxRows: o.loader.cfg.MaxRows})
	if err := p.Failed[split.Key()]; err != nil {
		return err
	}
	if err := o.afford(p.Queries); err != nil {
		return err
	}
	if len(p.Queries) == 0 {
		return nil // there is nothing in the slice
	}
	left := split.First
	s := newStatement(ctx, o.snap, newAsked(o.snap, query.Options{}, p.Queries[0], map[string]cube.Request{split.Key(): split}), nil)
	err := o.loader.again(ctx, s, func() (started bool, err error) {
		_, err = o.loader.execute(ctx, s, nil, func(rows driver.Rows) error {
			if !slices.Equal(rows.Columns(), []string{"value", "total"}) {
				return &fault.Error{Code: fault.Internal, Message: "the answer cannot be read row by row"}
			}
			started = true
			var g cube.Group
			if err := rows.Scan(&g.Value, &g.Total); err != nil || left == 0 {
				return err
			}
			left--
			return take(g)
		})
		return started, err
	})
	if err != nil {
		o.moved.Store(errors.Is(err, errMoved))
		return failure(err)
	}
	return nil
}
