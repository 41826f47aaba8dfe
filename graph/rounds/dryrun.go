package rounds

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/projects"
)

// dryRun prices an operation instead of running it: what it would announce is
// planned, and nothing is asked. Where a split's elements ask for more, values
// are assumed, as many as it may have. Lists of releases, trends and requirements
// are priced without what their elements ask: only the database knows them.
type dryRun struct {
	price  fetch.Price
	nested map[string]bool // splits whose elements' answers come along
	failed []*fault.Error
}

// Priced is what a dry run comes to, and what could not be planned.
func (op *Operation) Priced() (fetch.Price, []*fault.Error) {
	failed := slices.Clone(op.dry.failed)
	slices.SortFunc(failed, func(a, b *fault.Error) int { return strings.Compare(a.Message, b.Message) })
	return op.dry.price, failed
}

// add prices what is announced together.
func (d *dryRun) add(loads *fetch.Operation, w Wanted) {
	price, nested, failed := loads.Price(w.Requests)
	d.price = d.price.Plus(price)
	d.failed = append(d.failed, failed...)
	for key := range nested {
		d.nested[key] = true
	}
	for _, names := range [][]string{w.Metadata, w.Releases, w.Requirements, w.Dependents} {
		if len(names) > 0 {
			d.price = d.price.Plus(fetch.Price{Rows: int64(projects.RowsFor(loads.Snapshot(), len(names))), Queries: 1})
		}
	}
	if len(w.GitHub) > 0 {
		d.price = d.price.Plus(fetch.Price{Rows: int64(projects.GitHubRowsFor(loads.Snapshot(), len(w.GitHub))), Queries: 1})
	}
	if len(w.Dependents) > 0 { // all of the table is looked through
		d.price.Rows += int64(loads.Snapshot().MetadataRows) - int64(projects.RowsFor(loads.Snapshot(), len(w.Dependents)))
	}
}

// values is the answer to a split whose elements ask for more; in a dry run, an
// assumed one. It is empty where the elements' answers come with the split's.
func (op *Operation) values(ctx context.Context, r cube.Request) (*cube.Result, error) {
	switch {
	case op.dry == nil:
		return op.Load(ctx, r)
	case op.dry.nested[r.Key()]:
		return &cube.Result{}, nil
	}
	res := &cube.Result{}
	if r.Dim == cube.Project && op.Indexed() {
		largest, _ := op.Snap.Projects.Prefix("", nil, r.First)
		for _, p := range largest {
			res.Groups = append(res.Groups, cube.Group{Value: p.Name, Total: p.Total})
		}
		return res, nil
	}
	n := r.First
	if r.Dim == cube.Version && n == op.cfg.Versions { // a bound on what is looked through, not a wish
		n = int(cube.Version.TypicalValues())
	}
	for i := range n {
		res.Groups = append(res.Groups, cube.Group{Value: strconv.Itoa(i), Total: 1})
	}
	return res, nil
}
