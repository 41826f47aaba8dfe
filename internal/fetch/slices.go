package fetch

import (
	"context"
	"maps"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// asked is a question about slices of the download cube.
type asked struct {
	snap *catalog.Snapshot
	opts query.Options
	// reqs are those that it answers, totals that come with other answers among
	// them, by key.
	reqs map[string]query.Request
	q    *query.Query
}

func (a asked) query() *query.Query { return a.q }
func (a asked) like() string        { return a.q.Like() }
func (a asked) cost() float64       { return a.q.Cost() }
func (a asked) keys() []string      { return a.q.Answers() }

// with plans everything together once more. It pays where one query comes out
// that costs no more than the several did.
func (a asked) with(others []question) question {
	all, cost := maps.Clone(a.reqs), a.cost()
	for _, o := range others {
		maps.Copy(all, o.(asked).reqs)
		cost += 1 + o.cost()
	}
	p := query.NewPlan(a.snap, inOrder(all), a.opts)
	if len(p.Queries) != 1 || p.Queries[0].Cost() > cost {
		return nil
	}
	united := newAsked(a.snap, a.opts, p.Queries[0], all)
	if len(united.reqs) < len(all) {
		return nil
	}
	return united
}

// inOrder are requests by key, so that equal sets are planned alike.
func inOrder(reqs map[string]query.Request) []query.Request {
	out := make([]query.Request, 0, len(reqs))
	for _, key := range slices.Sorted(maps.Keys(reqs)) {
		out = append(out, reqs[key])
	}
	return out
}

// newAsked is the question of one query of a plan for requests, given by key.
func newAsked(snap *catalog.Snapshot, opts query.Options, q *query.Query, planned map[string]query.Request) asked {
	a := asked{snap, opts, map[string]query.Request{}, q}
	for _, key := range q.Answers() {
		if r, ok := planned[key]; ok {
			a.reqs[key] = r
		}
	}
	return a
}

// reader decodes rows.
func (a asked) reader() reader { return decoder{a.q.NewDecoder()} }

// decoder is query.Decoder as a reader.
type decoder struct{ d *query.Decoder }

func (d decoder) take(rows driver.Rows) error {
	if err := rows.Scan(d.d.Dest()...); err != nil {
		return err
	}
	d.d.Take()
	return nil
}

func (d decoder) each(found func(key string, value any)) {
	for key, res := range d.d.Results() {
		found(key, res)
	}
}

// planRequests plans requests about slices, all together.
func (o *Operation) planRequests(ctx context.Context, reqs []query.Request, mine map[string]*call) []*statement {
	opts := query.Options{MaxRows: o.loader.cfg.MaxRows}
	p := query.NewPlan(o.snap, reqs, opts)
	o.loader.refused(p)
	if err := o.afford(p.Queries); err != nil {
		p.Queries = nil
		for _, c := range take(mine, slices.Collect(maps.Keys(mine))) {
			o.loader.flights.finish(c, nil, err, nil)
		}
		return nil
	}
	for key, err := range p.Failed {
		for _, c := range take(mine, []string{key}) {
			o.loader.flights.finish(c, nil, err, nil)
		}
	}
	for key, res := range p.Ready {
		for _, c := range take(mine, []string{key}) {
			o.loader.keep(c, res, nil)
		}
	}
	byKey := make(map[string]query.Request, len(reqs))
	for _, r := range reqs {
		byKey[r.Key()] = r
	}
	statements := make([]*statement, len(p.Queries))
	for i, q := range p.Queries {
		statements[i] = newStatement(ctx, o.snap, newAsked(o.snap, opts, q, byKey), take(mine, q.Answers()))
	}
	return statements
}
