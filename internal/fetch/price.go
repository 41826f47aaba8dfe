package fetch

import (
	"math"

	"clickql/internal/fault"
	"clickql/internal/query"
)

// Price is what answering is expected to cost ClickHouse, by the planner.
type Price struct {
	// Rows are the rows that the queries read.
	Rows int64
	// Queries is how many there are.
	Queries int
}

// Plus is both together.
func (p Price) Plus(o Price) Price { return Price{p.Rows + o.Rows, p.Queries + o.Queries} }

// Cost is what the operation has needed so far. An answer from memory costs what
// it cost when it was asked for, and one that was asked for together with other
// operations' what it would have cost alone: the cost of an operation does not
// depend on what others ask or have asked.
func (o *Operation) Cost() Price {
	o.trace.mu.Lock()
	defer o.trace.mu.Unlock()
	var p Price
	for q := range o.trace.planned {
		p = p.Plus(priceOf(q))
	}
	return p
}

// Price is what Prefetch of the requests would cost without caches, and which
// requests' next level comes along. Nothing is asked. The errors are those of
// requests that cannot be answered.
func (o *Operation) Price(reqs []query.Request) (price Price, nested map[string]bool, failed []*fault.Error) {
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

// priceOf is the price of one query.
func priceOf(q *query.Query) Price { return Price{int64(math.Round(q.EstimatedRows)), 1} }

// afford adds a plan to what the operation has had read, unless that comes to
// more than an operation may.
func (o *Operation) afford(p *query.Plan) *fault.Error {
	var more int64
	for _, q := range p.Queries {
		more += priceOf(q).Rows
	}
	limit := int64(o.loader.cfg.MaxOperationRows)
	sum := o.spent.Add(more)
	if limit <= 0 || sum <= limit {
		return nil
	}
	o.spent.Add(-more)
	return fault.OverLimit(fault.CostLimit, sum, limit,
		"the operation would read about %d rows; at most %d are allowed: ask for fewer projects, a shorter range or fewer parts at once", sum, limit)
}
