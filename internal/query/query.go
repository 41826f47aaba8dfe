package query

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

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

// Answers lists the keys of the requests that the query answers, totals that
// come with a series or a split among them: the keys of Decoder.Results.
func (q *Query) Answers() []string {
	var keys []string
	for _, p := range q.bundle.all() {
		for _, m := range p.members {
			keys = append(keys, m.req.Key())
			if p.whole && measuresTotal(m.req) {
				keys = append(keys, cube.TotalOf(m.req.Slice).Key())
			}
		}
	}
	return keys
}

// Requests are what the query was planned for, in the plan's order: planned again,
// alone or beside others, they are answered as they are by this query.
func (q *Query) Requests() []cube.Request {
	if q.bundle == nil {
		return nil
	}
	var all []member
	for _, p := range q.bundle.all() {
		for _, m := range p.members {
			all = append(all, m)
			if p.whole && m.req.Bare && measuresTotal(m.req) {
				all = append(all, member{req: cube.TotalOf(m.req.Slice), order: m.order})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b member) int { return a.order - b.order })
	reqs := make([]cube.Request, len(all))
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
		b.WriteString("\x00" + p.family + "\x00" + p.grouping)
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

// Text is the query's SQL with its parameters written in, to read and to run by
// hand. What runs here is SQL with Params, never this text.
func (q *Query) Text() string {
	pairs := make([]string, 0, 2*len(q.Params))
	for _, p := range q.Params {
		pairs = append(pairs, "{"+p.Name+":"+p.Type+"}", literal(p.Value))
	}
	return strings.NewReplacer(pairs...).Replace(q.SQL)
}

// Rejection says why a table was not chosen.
type Rejection struct {
	Table  string `json:"table"`
	Reason string `json:"reason"`
}

// Rejected tells why each other table was not chosen, by table. It is worked
// out when it is asked for.
func (q *Query) Rejected() []Rejection {
	if q.bundle == nil { // about metadata, which is in one table
		return nil
	}
	return q.costing.rejections(q.bundle.choice, q.bundle)
}

// rejections says of every table but the chosen one why it was not.
func (k costing) rejections(c choice, b *bundle) []Rejection {
	snap := k.snap
	n, s := b.need(), k.narrowing(b.slice())
	var out []Rejection
	for _, t := range snap.Tables {
		why := n.obstacle(t)
		switch {
		case c.reads(t):
			continue
		case c.extents != nil:
			why = c.extents.Name + " keeps the first and the last day of each project ready"
		case why == "":
			why = dearer(k.estimate(t, s, n, b), c)
		}
		out = append(out, Rejection{t.FullName(), why})
	}
	for _, i := range snap.Ignored {
		out = append(out, Rejection{i.Table, i.Reason})
	}
	slices.SortFunc(out, func(a, b Rejection) int { return strings.Compare(a.Table, b.Table) })
	return out
}

// dearer says why a table that could answer was not chosen.
func dearer(e estimate, chosen choice) string {
	best := chosen.est
	if e.unknown || best.unknown {
		return fmt.Sprintf("it keeps more columns apart than %s, and the tables' sizes are not known", chosen.named())
	}
	return fmt.Sprintf("it would read about %s rows (%s), %s about %s (%s)",
		roughly(e.rows), roughBytes(e.bytes), chosen.named(), roughly(best.rows), roughBytes(best.bytes))
}
