package query

import (
	"math"
	"slices"
	"strings"

	"clickql/internal/catalog"
)

// Requests are what the query was planned for, in the plan's order: planned again,
// alone or beside others, they are answered as they are by this query.
func (q *Query) Requests() []Request {
	if q.bundle == nil {
		return nil
	}
	var all []member
	for _, p := range q.bundle.all() {
		for _, m := range p.members {
			all = append(all, m)
			if p.whole && m.req.Bare && m.req.measuresTotal() {
				all = append(all, member{req: TotalOf(m.req.Slice), order: m.order})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b member) int { return a.order - b.order })
	reqs := make([]Request, len(all))
	for i, m := range all {
		reqs[i] = m.req
	}
	return reqs
}

// Leans is the table whose rows answer the query only as long as the data has no
// days but the snapshot's: whoever runs the query looks afterwards whether that
// is so. Nil where conditions on days cut exactly, or none were asked for.
func (q *Query) Leans() *catalog.Table {
	if q.bundle == nil || q.bundle.choice.halves != nil || q.bundle.choice.extents != nil {
		return nil
	}
	n, t := q.bundle.need(), q.bundle.choice.table
	if !n.exact || t.Grain <= n.own {
		return nil
	}
	return t
}

// Like is equal for queries about the same parts of the cube but for the values
// that single projects and filters name: planned together, they are likely to
// become one query. Empty for queries that never do.
func (q *Query) Like() string {
	if q.bundle == nil || q.bundle.choice.blind {
		return ""
	}
	var b strings.Builder
	b.WriteString(q.Table)
	for _, p := range q.bundle.all() {
		b.WriteString("\x00" + p.family + "\x00" + p.shape)
	}
	return b.String()
}

// Cost is what the query is expected to cost over the fixed cost of any query,
// as a multiple of that, which is about a millisecond. It is infinite where the
// tables' sizes are not known.
func (q *Query) Cost() float64 {
	if q.bundle == nil || q.bundle.choice.blind {
		return math.Inf(1)
	}
	return max(0, q.bundle.choice.est.cost-queryCost) / queryCost
}
