package query

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// choice is the outcome of choosing a table.
type choice struct {
	table   *catalog.Table  // nil where none can answer
	extents *catalog.Extent // set where table stands for the table of first and last days
	halves  *halves         // set where a second table is read too; table is that of days
	est     estimate
	blind   bool // the tables' sizes are not known
}

// tables are the names of the tables that are read, where they are several.
func (c choice) tables() []string {
	if c.halves == nil {
		return nil
	}
	return []string{c.halves.months.FullName(), c.table.FullName()}
}

// named is what the choice reads, in words.
func (c choice) named() string {
	if c.halves == nil {
		return c.table.Name
	}
	return c.halves.months.Name + " for whole months and " + c.table.Name + " for the days beside them"
}

// reads reports that the choice reads the table.
func (c choice) reads(t *catalog.Table) bool {
	return t == c.table || c.halves != nil && t == c.halves.months
}

// choose picks the cheapest table, or pair of tables, that can answer every part
// of the bundle.
func (k costing) choose(b *bundle) choice {
	n, s := b.need(), k.narrowing(b.slice())
	c := k.chooseOne(b, n, s)
	if c.extents != nil || c.blind {
		return c
	}
	if h, ok := k.chooseHalves(b, n, s); ok && (c.table == nil || h.est.cost < c.est.cost) {
		return h
	}
	return c
}

// chooseOne picks the cheapest table.
func (k costing) chooseOne(b *bundle, n need, s narrowing) choice {
	snap := k.snap
	if e := snap.Extents; e != nil && b.parts[0].req().Kind == cube.Extent && n.whole && !n.exact && len(s.Conditions) == 0 {
		return chooseExtents(e)
	}
	able, costs := make([]*catalog.Table, 0, len(snap.Tables)), make([]estimate, 0, len(snap.Tables))
	var c choice
	for _, t := range snap.Tables {
		if n.answers(t) {
			e := k.estimate(t, s, n, b)
			able, costs = append(able, t), append(costs, e)
			c.blind = c.blind || e.unknown
		}
	}
	for i, t := range able {
		if c.table == nil || compareCost(t, costs[i], c.table, c.est, c.blind) < 0 {
			c.table, c.est = t, costs[i]
		}
	}
	return c
}

// chooseExtents answers from the table that keeps nothing but each project's
// first and last day: no other can be cheaper.
func chooseExtents(e *catalog.Extent) choice {
	return choice{
		extents: e, table: &catalog.Table{Database: e.Database, Name: e.Name, Rows: e.Rows, Written: e.Written,
			Types: map[string]string{cube.Project.Column(): "", e.Min: "", e.Max: ""}},
		est: estimate{rows: min(catalog.DefaultGranule, float64(e.Rows))},
	}
}

// compareCost orders tables cheapest first. Without statistics of every
// candidate (blind) only the number of columns counts; ties fall to fewer
// columns, then fewer rows, then the name.
func compareCost(a *catalog.Table, ea estimate, b *catalog.Table, eb estimate, blind bool) int {
	if !blind {
		if c := cmp.Compare(ea.cost, eb.cost); c != 0 {
			return c
		}
	}
	return cmp.Or(
		cmp.Compare(columnsOf(a), columnsOf(b)),
		cmp.Compare(a.Rows, b.Rows),
		strings.Compare(a.FullName(), b.FullName()),
	)
}

// columnsOf is how many columns the table keeps apart; the raw table comes
// after every aggregate.
func columnsOf(t *catalog.Table) int {
	if t.Raw {
		return math.MaxInt
	}
	n := len(t.Dims)
	if t.Grain != cube.GrainNone {
		n++
	}
	return n
}

// A range with ragged edges can be read from two tables in one statement: its
// whole months from a table of months, and the days before and behind them from
// a table of days. Counts add, so that the query over both is the one over either.

// unionCost is what a statement over two tables costs over one over one.
const unionCost = 0.3 * queryCost

// halves are the two tables that a range is read from.
type halves struct {
	months *catalog.Table
	middle cube.Range // whole months
	days   *catalog.Table
	edges  []cube.Range // the other days: before the middle, behind it
}

// splitRange cuts the days into whole months and what is left at the edges. The
// first month counts as whole where the range begins early enough for whatever
// the data may get before its first day; the last does not, since days may
// follow. ok is false where there is no whole month, or nothing is left.
func splitRange(days cube.Range, early bool) (middle cube.Range, edges []cube.Range, ok bool) {
	middle = cube.Range{From: days.From, To: (days.To + 1).StartOfMonth() - 1}
	if first := days.From.StartOfMonth(); first != days.From && !early {
		middle.From = first.AddMonths(1)
		edges = append(edges, cube.Range{From: days.From, To: middle.From - 1})
	}
	if middle.To < days.To {
		edges = append(edges, cube.Range{From: middle.To + 1, To: days.To})
	}
	return middle, edges, !middle.Empty() && len(edges) > 0
}

// halvable reports that the bundle asks for nothing that takes days but its
// range's edges.
func (b *bundle) halvable(n need) bool {
	if n.whole || n.grain != cube.GrainDay || len(b.extras) > 0 {
		return false
	}
	for _, p := range b.parts {
		for _, r := range p.req().Levels() {
			if r.Kind == cube.Extent || r.Kind == cube.Series && (r.Interval == cube.Daily || r.Interval == cube.Weekly) {
				return false
			}
		}
	}
	return true
}

// chooseHalves picks the cheapest pair of tables for a range with ragged edges;
// ok is false where no pair can answer.
func (k costing) chooseHalves(b *bundle, n need, s narrowing) (c choice, ok bool) {
	if !b.halvable(n) {
		return c, false
	}
	middle, edges, ok := splitRange(n.days, n.early)
	if !ok {
		return c, false
	}
	whole := n
	whole.grain, whole.own, whole.days = cube.GrainMonth, cube.GrainMonth, middle
	months, most := k.cheapest(b, s, cube.GrainMonth, whole)
	parts := make([]need, len(edges))
	for i, e := range edges {
		parts[i] = n
		parts[i].days = e
	}
	days, rest := k.cheapest(b, s, cube.GrainDay, parts...)
	if months == nil || days == nil {
		return c, false
	}
	c.halves = &halves{months, middle, days, edges}
	c.table, c.est = days, estimate{
		rows: most.rows + rest.rows, bytes: most.bytes + rest.bytes, cost: most.cost + rest.cost - queryCost + unionCost,
	}
	return c, true
}

// cheapest is the aggregate of the grain that answers all of the needs, which
// differ in their days, at the least cost; nil where there is none of known
// size.
func (k costing) cheapest(b *bundle, s narrowing, grain cube.Grain, needs ...need) (best *catalog.Table, least estimate) {
	for _, t := range k.snap.Tables {
		if t.Grain != grain || t.Raw {
			continue
		}
		if slices.ContainsFunc(needs, func(n need) bool { return !n.answers(t) }) {
			continue
		}
		sum := k.estimate(t, s, needs[0], b)
		if len(needs) > 1 {
			sum = k.over(t, s, needs[0], needs[1], b, sum)
		}
		if !sum.unknown && (best == nil || compareCost(t, sum, best, least, false) < 0) {
			best, least = t, sum
		}
	}
	return best, least
}

// over is what reading two ranges costs; first is for one of them. Where the key
// does not tell days apart both may be in what is read for either.
func (k costing) over(t *catalog.Table, s narrowing, a, z need, b *bundle, first estimate) estimate {
	second, hull := k.estimate(t, s, z, b), a
	hull.days.To = z.days.To
	all := k.estimate(t, s, hull, b)
	sum := estimate{
		rows: first.rows + second.rows, bytes: first.bytes + second.bytes, cost: first.cost + second.cost - queryCost,
		unknown: first.unknown || second.unknown,
	}
	if all.cost < sum.cost {
		return all
	}
	return sum
}
