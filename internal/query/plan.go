package query

import (
	"slices"

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

// Plan answers a set of requests.
type Plan struct {
	// Ready holds the answers that need no query, by Request.Key.
	Ready map[string]*cube.Result
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
func NewPlan(snap *catalog.Snapshot, reqs []cube.Request, opts Options) *Plan {
	k := costingOf(snap)
	p := planner{costing: k, opts: opts}
	nested, some, below := p.settle(reqs)
	plan, cost := k.plan(nested, opts)
	if !some {
		return plan
	}
	for i, r := range reqs {
		nested[i] = r.Alone()
	}
	// Alone, a split may share a scan with its neighbours.
	if flat, less := k.plan(nested, opts); less+below < cost {
		return flat
	}
	return plan
}

// plan makes a plan, with what its queries are expected to cost.
func (k costing) plan(reqs []cube.Request, opts Options) (plan *Plan, cost float64) {
	p := planner{k, opts, &Plan{Ready: map[string]*cube.Result{}, Failed: map[string]*fault.Error{}}}
	snap := k.snap
	var totals, others []ordered
	for i, r := range reqs {
		switch {
		case r.Slice.Impossible() || daysIn(r.Slice, snap.Days).Empty():
			p.plan.Ready[r.Key()] = empty(r, snap.Days)
		case r.Kind == cube.Total:
			totals = append(totals, ordered{r, i, false})
		default:
			others = append(others, ordered{r, i, givesTotal(r)})
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
		if o.req.Kind == cube.Split && o.req.After == nil && !o.whole {
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
	if len(given) == 0 { // a key takes longer than to see that
		return totals
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

// merge unites bundles of a family as long as one scan costs less than
// two, the largest saving first, ties in the plan's order.
func (k costing) merge(all []*bundle) []*bundle {
	unions := map[[2]*bundle]*bundle{} // of pairs that were tried; nil where it does not pay
	for {
		var best *bundle
		var at [2]int
		var most float64
		for i, a := range all {
			for j, b := range all[i+1:] {
				u, tried := unions[[2]*bundle{a, b}]
				if !tried {
					u = k.unite(a, b)
					unions[[2]*bundle{a, b}] = u
				}
				if u != nil && u.saves > most {
					best, at, most = u, [2]int{i, i + 1 + j}, u.saves
				}
			}
		}
		if best == nil {
			return all
		}
		all[at[0]] = best
		all = slices.Delete(all, at[1], at[1]+1)
	}
}

// unite is the bundle of both bundles' parts; nil where one scan cannot answer
// them or would cost more than two.
func (k costing) unite(a, b *bundle) *bundle {
	if a.parts[0].family != b.parts[0].family || !a.mergeable() || !b.mergeable() {
		return nil
	}
	u := a.with(b)
	if u == nil {
		return nil
	}
	u.choice = k.choose(u)
	if u.choice.table == nil || u.choice.blind {
		return nil
	}
	u.saves = a.choice.est.cost + b.choice.est.cost - u.choice.est.cost
	if u.saves <= 0 {
		return nil
	}
	return u
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

// OnCheapest writes a statement on the cheapest table that can answer all of the
// requests, which are about one slice. Errors are *fault.Error with Uncovered.
func OnCheapest(snap *catalog.Snapshot, reqs ...cube.Request) (*Writer, error) {
	b := &bundle{}
	for i, r := range reqs {
		b.parts = append(b.parts, partsOf([]ordered{{r, i, givesTotal(r)}}, snap.Days)...)
	}
	k := costingOf(snap)
	c := k.chooseOne(b, b.need(), k.narrowing(b.slice()))
	if c.table == nil {
		return nil, uncovered(reqs[len(reqs)-1], snap)
	}
	return &Writer{Table: c.table, Extents: c.extents}, nil
}
