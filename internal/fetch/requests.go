package fetch

import (
	"context"
	"maps"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/query"
)

// asked is a question about slices of the download cube.
type asked struct {
	snap *catalog.Snapshot
	opts query.Options
	// reqs are those that it answers, totals that come with other answers among
	// them, by key.
	reqs map[string]cube.Request
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
func inOrder(reqs map[string]cube.Request) []cube.Request {
	out := make([]cube.Request, 0, len(reqs))
	for _, key := range slices.Sorted(maps.Keys(reqs)) {
		out = append(out, reqs[key])
	}
	return out
}

// newAsked is the question of one query of a plan for requests, given by key.
func newAsked(snap *catalog.Snapshot, opts query.Options, q *query.Query, planned map[string]cube.Request) asked {
	a := asked{snap, opts, map[string]cube.Request{}, q}
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

// Price is what Prefetch of the requests would cost without caches, and which
// requests' next level comes along. Nothing is asked. The errors are those of
// requests that cannot be answered.
func (o *Operation) Price(reqs []cube.Request) (price Price, nested map[string]bool, failed []*fault.Error) {
	p := query.NewPlan(o.snap, reqs, query.Options{MaxRows: o.loader.cfg.MaxRows})
	nested = map[string]bool{}
	for _, q := range p.Queries {
		price = price.Plus(priceOf(q))
		for _, r := range q.Requests() {
			if r.Nests() {
				nested[r.Key()] = true
			}
		}
	}
	for _, err := range p.Failed {
		failed = append(failed, err)
	}
	return price, nested, failed
}

// afford adds queries that are about to be asked together to what the operation has
// had read, unless one comes to more than a question may, or all to more than an
// operation may, or than its client may have read for now. Every statement passes here, those that are not about slices too.
func (o *Operation) afford(queries []*query.Query) *fault.Error {
	var more Price
	for _, q := range queries {
		more = more.Plus(priceOf(q))
	}
	for _, q := range queries {
		if most := o.loader.cfg.MaxRows; most > 0 && q.EstimatedRows > most {
			o.refuse(more)
			return fault.OverLimit(fault.CostLimit, int64(q.EstimatedRows), int64(most),
				"a question would read about %d rows; at most %d are allowed: ask for projects by name", int64(q.EstimatedRows), int64(most))
		}
	}
	limit := o.MaxRows()
	sum := o.spent.Add(more.Rows)
	if limit > 0 && sum > limit {
		o.spent.Add(-more.Rows)
		o.refuse(more)
		return fault.OverLimit(fault.CostLimit, sum, limit,
			"the operation would read about %d rows; at most %d are allowed: ask for fewer projects, a shorter range or fewer parts at once", sum, limit)
	}
	if err := o.client.Spend(more.Rows); err != nil {
		o.spent.Add(-more.Rows)
		o.refuse(more)
		o.limited.CompareAndSwap(nil, err)
		return err
	}
	return nil
}

// refuse notes the price of what was not asked.
func (o *Operation) refuse(p Price) {
	o.trace.mu.Lock()
	defer o.trace.mu.Unlock()
	o.refused = o.refused.Plus(p)
}

// planRequests plans requests about slices, all together.
func (o *Operation) planRequests(ctx context.Context, reqs []cube.Request, mine calls) []*statement {
	opts := query.Options{MaxRows: o.loader.cfg.MaxRows}
	p := query.NewPlan(o.snap, reqs, opts)
	o.loader.refused(p)
	if err := o.afford(p.Queries); err != nil {
		p.Queries = nil
		o.loader.flights.deny(mine.take(), err)
		return nil
	}
	for key, err := range p.Failed {
		o.loader.flights.refuse(mine.take(key), err)
	}
	for key, res := range p.Ready {
		for _, c := range mine.take(key) {
			o.loader.keep(c, res, nil)
		}
	}
	byKey := make(map[string]cube.Request, len(reqs))
	for _, r := range reqs {
		byKey[r.Key()] = r
	}
	statements := make([]*statement, len(p.Queries))
	for i, q := range p.Queries {
		statements[i] = newStatement(ctx, o.snap, newAsked(o.snap, opts, q, byKey), mine.take(q.Answers()...))
	}
	return statements
}

// A range that was written with its edges, and holds every day of the data, is
// answered by tables that keep no days, or months. That is right as long as the
// data has no other days: a table that has just got one holds it as well, until
// the next snapshot tells. So whoever asked such a table looks whether it has
// got rows since the snapshot, and if so asks another, which cuts days off.

// outdated reports that the statement's rows may be of days that its snapshot
// does not know and that its ranges leave out.
func (l *Loader) outdated(ctx context.Context, s *statement) bool {
	table := s.query().Leans()
	if table == nil {
		return false
	}
	same, err := l.cfg.Catalog.Unchanged(ctx, table)
	if err != nil {
		l.cfg.Log.WarnContext(ctx, "a table's state cannot be seen", "table", table.FullName(), "error", err)
	}
	return err != nil || !same
}

// askExactly asks what the statement asked of tables that cut its ranges at
// their edges.
func (l *Loader) askExactly(s *statement) {
	mine := maps.Clone(s.calls)
	defer func() {
		l.flights.refuse(mine, &fault.Error{Code: fault.Unavailable, Message: "the data has changed meanwhile; try again"})
	}()
	a, ok := s.question.(asked)
	if !ok {
		return
	}
	a.snap = a.snap.Exactly()
	p := query.NewPlan(a.snap, inOrder(a.reqs), a.opts)
	for key, err := range p.Failed {
		l.flights.refuse(mine.take(key), err)
	}
	for _, q := range p.Queries {
		next := newStatement(s.ctx, s.snap, newAsked(a.snap, a.opts, q, a.reqs), mine.take(q.Answers()...))
		l.flights.assign(next)
		l.send(next)
	}
}
