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
// depend on what others ask or have asked. What was refused for its price is part
// of it: it was asked for.
func (o *Operation) Cost() Price {
	o.trace.mu.Lock()
	defer o.trace.mu.Unlock()
	p := o.refused
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

// afford adds queries that are about to be asked together to what the operation has
// had read, unless one comes to more than a question may, or all to more than an
// operation may. Every statement passes here, those that are not about slices too.
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
	limit := int64(o.loader.cfg.MaxOperationRows)
	sum := o.spent.Add(more.Rows)
	if limit <= 0 || sum <= limit {
		return nil
	}
	o.spent.Add(-more.Rows)
	o.refuse(more)
	return fault.OverLimit(fault.CostLimit, sum, limit,
		"the operation would read about %d rows; at most %d are allowed: ask for fewer projects, a shorter range or fewer parts at once", sum, limit)
}

// refuse notes the price of what was not asked.
func (o *Operation) refuse(p Price) {
	o.trace.mu.Lock()
	defer o.trace.mu.Unlock()
	o.refused = o.refused.Plus(p)
}
