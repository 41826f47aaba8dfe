package query

import (
	"fmt"
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
)

// Options bound what a plan may ask for.
type Options struct {
	// MaxRows is the most rows that one query may be expected to read; 0 for no
	// limit.
	MaxRows float64
}

// Query is one statement for ClickHouse, answering one request or several.
type Query struct {
	// Table is database.name of the table that is read; where it is two, the one
	// of days.
	Table string
	// Tables are both where two are read, and nil otherwise.
	Tables []string
	// SQL has its values as typed parameters, in Params.
	SQL    string
	Params []Param
	// EstimatedRows is how many rows the query is expected to read.
	EstimatedRows float64

	bundle  *bundle
	axes    []cube.Condition
	costing costing
}

// Plan answers a set of requests.
type Plan struct {
	// Ready holds the answers that need no query, by Request.Key.
	Ready map[string]*Result
	// Failed holds the requests that cannot be answered, by Request.Key.
	Failed map[string]*fault.Error
	// Queries answer the others, in the order of their first requests.
	Queries []*Query
	// Refused are those among Failed that would read too much.
	Refused []Refusal
}

// Refusal is a question that was not asked since it would read too much of a
// table, database.name.
type Refusal struct {
	Table string
	Shape Shape
}

// planner holds what a plan is made with.
type planner struct {
	costing
	opts Options
	plan *Plan
}

// NewPlan chooses tables for the requests and merges them into queries.
func NewPlan(snap *catalog.Snapshot, reqs []Request, opts Options) *Plan {
	k := costing{snap, widthsOf(snap)}
	p := planner{costing: k, opts: opts}
	nested, some, below := p.settle(reqs)
	plan, cost := k.plan(nested, opts)
	if !some {
		return plan
	}
	for i, r := range reqs {
		nested[i] = r.alone()
	}
	// Alone, a split may share a scan with its neighbours.
	if flat, less := k.plan(nested, opts); less+below < cost {
		return flat
	}
	return plan
}

// plan makes a plan, with what its queries are expected to cost.
func (k costing) plan(reqs []Request, opts Options) (plan *Plan, cost float64) {
	p := planner{k, opts, &Plan{Ready: map[string]*Result{}, Failed: map[string]*fault.Error{}}}
	snap := k.snap
	var totals, others []ordered
	for i, r := range reqs {
		switch {
		case r.Slice.Impossible() || daysIn(r.Slice, snap.Days).Empty():
			p.plan.Ready[r.Key()] = empty(r, snap.Days)
		case r.Kind == Total:
			totals = append(totals, ordered{r, i, false})
		default:
			others = append(others, ordered{r, i, r.givesTotal()})
		}
	}
	withTotals(others, totals)
	bundles := p.bundles(others)
	bundles = append(bundles, p.bundles(p.missing(totals, others))...)
	slices.SortStableFunc(bundles, func(a, b *bundle) int { return a.order() - b.order() })
	bundles = p.merge(bundles)
	slices.SortStableFunc(bundles, func(a, b *bundle) int { return a.order() - b.order() })
	for _, b := range bundles {
		p.plan.Queries = append(p.plan.Queries, p.query(b))
		cost += b.choice.est.cost
	}
	return p.plan, cost
}

// withTotals lets the splits whose slice's total is asked for give it.
func withTotals(others, totals []ordered) {
	if len(totals) == 0 {
		return
	}
	asked := make(map[string]bool, len(totals))
	for _, o := range totals {
		asked[o.req.Slice.Key()] = true
	}
	for i, o := range others {
		if o.req.Kind == Split && o.req.After == nil && !o.whole {
			others[i].whole = asked[o.req.Slice.Key()]
		}
	}
}

// missing are the totals that do not come with another request's answer.
func (p planner) missing(totals, others []ordered) []ordered {
	given := map[string]bool{}
	for _, o := range others {
		if o.whole && p.plan.Failed[o.req.Key()] == nil {
			given[o.req.Slice.Key()] = true
		}
	}
	return slices.DeleteFunc(totals, func(o ordered) bool { return given[o.req.Slice.Key()] })
}

// bundles makes a bundle of each part of the requests, and notes those that
// cannot be answered.
func (p planner) bundles(reqs []ordered) []*bundle {
	var out []*bundle
	for _, one := range partsOf(reqs, p.snap.Days) {
		out = append(out, p.bundle(one)...)
	}
	return out
}

// bundle chooses the part's table. A part that would read too much is halved
// until only requests are refused that read too much by themselves.
func (p planner) bundle(one *part) []*bundle {
	b := &bundle{parts: []*part{one}}
	b.choice = p.choose(b)
	switch n := len(one.members); {
	case b.choice.table == nil:
		for _, m := range one.members {
			p.plan.Failed[m.req.Key()] = uncovered(m.req, p.snap)
		}
		return nil
	case p.opts.MaxRows <= 0 || b.choice.est.rows <= p.opts.MaxRows:
		if apart := p.byTable(b); apart != nil {
			return apart
		}
		return []*bundle{b}
	case n > 1:
		left, right := *one, *one
		left.members, right.members = one.members[:n/2], one.members[n/2:]
		return append(p.bundle(&left), p.bundle(&right)...)
	default:
		p.plan.Failed[one.req().Key()] = tooDear(one.req(), p.snap, b.choice, p.opts.MaxRows)
		p.plan.Refused = append(p.plan.Refused, Refusal{b.choice.table.FullName(), shapeOfBundle(b, p.snap)})
		return nil
	}
}

// byTable divides a part among the tables that are the cheapest for its members
// by themselves; nil where that does not pay. A small project may be cheap in the
// raw table, and dear beside a large one in the table that serves this.
func (k costing) byTable(b *bundle) []*bundle {
	one := b.parts[0]
	if b.choice.blind || len(one.members) == 1 || b.choice.est.cost <= float64(len(one.members))*queryCost {
		return nil
	}
	var out []*bundle
	index := map[*catalog.Table]*bundle{}
	for i := range one.members {
		alone := *one
		alone.members = one.members[i : i+1]
		c := k.choose(&bundle{parts: []*part{&alone}})
		if of := index[c.table]; of != nil {
			of.parts[0].members = append(of.parts[0].members, one.members[i])
			continue
		}
		alone.members = slices.Clone(alone.members)
		index[c.table] = &bundle{parts: []*part{&alone}}
		out = append(out, index[c.table])
	}
	var cost float64
	for _, of := range out {
		of.choice = k.choose(of)
		cost += of.choice.est.cost
	}
	if len(out) == 1 || cost >= b.choice.est.cost {
		return nil
	}
	return out
}

// query writes the bundle's query.
func (p planner) query(b *bundle) *Query {
	axes, agreed := b.axes()
	w := &Writer{Table: b.choice.table, Extents: b.choice.extents}
	w.conditions(b, axes, agreed)
	q := &Query{Table: b.choice.table.FullName(), Tables: b.choice.tables(), EstimatedRows: b.choice.est.rows,
		bundle: b, axes: axes, costing: p.costing}
	q.SQL = w.write(b, axes)
	q.Params = w.params
	return q
}

// Rejected tells why each other table was not chosen, by table. It is worked
// out when it is asked for.
func (q *Query) Rejected() []Rejection {
	if q.bundle == nil { // about metadata, which is in one table
		return nil
	}
	return q.costing.rejections(q.bundle.choice, q.bundle)
}

// Answers lists the keys of the requests that the query answers, totals that
// come with a series or a split among them: the keys of Decoder.Results.
func (q *Query) Answers() []string {
	var keys []string
	for _, p := range q.bundle.all() {
		for _, m := range p.members {
			keys = append(keys, m.req.Key())
			if p.whole && m.req.measuresTotal() {
				keys = append(keys, TotalOf(m.req.Slice).Key())
			}
		}
	}
	return keys
}

// givesTotal reports that the slice's total must come with the request's answer.
func (r Request) givesTotal() bool { return r.measuresTotal() && !r.Bare }

// measuresTotal reports that the slice's total can come with the request's
// answer. A page that begins behind a cursor may have no row to bring it.
func (r Request) measuresTotal() bool {
	return r.Kind == Series || r.Kind == Split && r.After == nil
}

// remedy is how whoever runs the database comes by the aggregate.
func remedy(r Request, snap *catalog.Snapshot) string {
	return fmt.Sprintf("; whoever runs the database adds it with: clickql ingest backfill NAME --key %s, and finds those that are worth it with: clickql advise",
		strings.ReplaceAll(wanted(r, snap), " ", ""))
}

// uncovered is the error of a request that no table can answer.
func uncovered(r Request, snap *catalog.Snapshot) *fault.Error {
	return &fault.Error{Code: fault.Uncovered, Message: fmt.Sprintf(
		"no table of this database can answer downloads %s; an aggregate keyed by (%s) would%s", describe(r), wanted(r, snap), remedy(r, snap))}
}

// tooDear is the error of a request that would read more than is allowed.
func tooDear(r Request, snap *catalog.Snapshot, c choice, limit float64) *fault.Error {
	return fault.OverLimit(fault.CostLimit, int64(c.est.rows), int64(limit),
		"downloads %s would read about %s rows of %s, more than the limit of %s; narrow the range or the filter, or add an aggregate keyed by (%s)%s",
		describe(r), roughly(c.est.rows), c.table.Name, roughly(limit), wanted(r, snap), remedy(r, snap))
}

// describe says what a request splits and filters by.
func describe(r Request) string {
	s := "in total"
	switch r.Kind {
	case Series:
		s = "per " + string(r.Interval)
	case Split:
		s = "by " + string(r.Dim)
	case Extent:
		s = "by first and last day"
	case Rank:
		s = "by rank"
	case Count:
		s = "by number of values of " + string(r.Dim)
	}
	for i, c := range r.Slice.Conditions {
		if i == 0 {
			s += " filtered by "
		} else {
			s += ", "
		}
		s += string(c.Dim)
	}
	return s
}

// wanted is the key of the smallest aggregate that would answer the request.
func wanted(r Request, snap *catalog.Snapshot) string {
	n := needOf(r, snap.Days)
	return keyOf(n.dims, n.grain)
}
