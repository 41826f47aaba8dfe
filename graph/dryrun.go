package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"clickql/internal/catalog"
	"clickql/internal/fetch"
	"clickql/internal/query"
)

// dryRun prices an operation instead of running it: what it would announce is
// planned, and nothing is asked. Where a split's elements ask for more, values
// are assumed, as many as it may have. Lists of releases, trends and requirements
// are priced without what their elements ask: only the database knows them.
type dryRun struct {
	price  fetch.Price
	nested map[string]bool // splits whose elements' answers come along
	failed []*query.Error
}

// price answers a request with dryRun in its extensions.
func (o *operations) price(ctx context.Context, op *operation) *graphql.Response {
	op.dry = &dryRun{nested: map[string]bool{}}
	var errs gqlerror.List
	if err := op.loads.Ready(); err != nil {
		errs = append(errs, o.tell.present(ctx, err))
	} else if err := o.announce(ctx, op); err != nil {
		errs = append(errs, o.tell.present(ctx, err))
	}
	slices.SortFunc(op.dry.failed, func(a, b *query.Error) int { return strings.Compare(a.Message, b.Message) })
	for _, err := range op.dry.failed {
		errs = append(errs, o.tell.present(ctx, err))
	}
	resp := &graphql.Response{Errors: errs, Extensions: map[string]any{"cost": o.cfg.cost(op, op.dry.price)}}
	if len(errs) == 0 {
		resp.Data = []byte("{}") // a response without errors has data
	}
	return resp
}

// cost is a price as extensions.cost tells it: rows that ClickHouse is expected
// to read, the number of queries, about how many bytes the answer has, and the most
// rows that an operation may have read, null without a limit.
func (c *HandlerConfig) cost(op *operation, p fetch.Price) map[string]any {
	told := map[string]any{"rows": p.Rows, "queries": p.Queries, "bytes": op.size.bytes(), "maxRows": nil}
	if limit := c.Loader.MaxOperationRows(); limit > 0 {
		told["maxRows"] = limit
	}
	return told
}

// add prices what is announced together.
func (d *dryRun) add(loads *fetch.Operation, w wanted) {
	price, nested, failed := loads.Price(w.requests)
	d.price = d.price.Plus(price)
	d.failed = append(d.failed, failed...)
	for key := range nested {
		d.nested[key] = true
	}
	for _, names := range [][]string{w.metadata, w.releases, w.requirements, w.dependents} {
		if len(names) > 0 {
			d.price.Queries++
		}
	}
}

// values is the answer to a split whose elements ask for more; in a dry run, an
// assumed one. It is empty where the elements' answers come with the split's.
func (op *operation) values(ctx context.Context, r query.Request) (*query.Result, error) {
	switch {
	case op.dry == nil:
		return op.loads.Load(ctx, r)
	case op.dry.nested[r.Key()]:
		return &query.Result{}, nil
	}
	res := &query.Result{}
	if r.Dim == catalog.Project && op.indexed() {
		largest, _ := op.snap.Projects.Prefix("", nil, r.First)
		for _, p := range largest {
			res.Groups = append(res.Groups, query.Group{Value: p.Name, Total: p.Total})
		}
		return res, nil
	}
	for i := range r.First {
		res.Groups = append(res.Groups, query.Group{Value: fmt.Sprintf("%03d", i), Total: 1})
	}
	return res, nil
}
