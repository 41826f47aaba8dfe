package query

import (
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

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

// The names of a half's columns for the day and the count. None is a column of a
// table.
const (
	colDay   = "day_"
	colCount = "n_"
)

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
	if n.whole || n.grain != catalog.GrainDay || len(b.extras) > 0 {
		return false
	}
	for _, p := range b.parts {
		for _, r := range p.req().levels() {
			if r.Kind == Extent || r.Kind == Series && (r.Interval == cube.Daily || r.Interval == cube.Weekly) {
				return false
			}
		}
	}
	return true
}

// chooseHalves picks the cheapest pair of tables for a range with ragged edges;
// ok is false where no pair can answer.
func (k costing) chooseHalves(b *bundle) (c choice, ok bool) {
	n := b.need()
	if !b.halvable(n) {
		return c, false
	}
	middle, edges, ok := splitRange(n.days, n.early)
	if !ok {
		return c, false
	}
	s := b.slice()
	whole := n
	whole.grain, whole.own, whole.days = catalog.GrainMonth, catalog.GrainMonth, middle
	months, most := k.cheapest(b, s, catalog.GrainMonth, whole)
	parts := make([]need, len(edges))
	for i, e := range edges {
		parts[i] = n
		parts[i].days = e
	}
	days, rest := k.cheapest(b, s, catalog.GrainDay, parts...)
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
func (k costing) cheapest(b *bundle, s cube.Slice, grain catalog.Grain, needs ...need) (best *catalog.Table, least estimate) {
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
func (k costing) over(t *catalog.Table, s cube.Slice, a, z need, b *bundle, first estimate) estimate {
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

// halve lets the writer read both tables, each under the conditions that it has
// so far and its own days.
func (w *Writer) halve(h *halves, b *bundle) {
	n := b.need()
	day := w.dayRange(h.months, h.middle)
	first := w.half(h.months, n, day)
	var edges []string
	for _, e := range h.edges {
		edges = append(edges, w.dayRange(h.days, e))
	}
	second := w.half(h.days, n, "("+strings.Join(edges, " OR ")+")")
	w.source = "(\n" + first + "\nUNION ALL\n" + second + ")"
	w.Table = &catalog.Table{
		Grain: catalog.GrainDay, TimeColumn: colDay, Count: colCount, Types: map[string]string{colCount: "Int64"},
	}
	w.where = nil
}

// half is the SELECT of one table's rows.
func (w *Writer) half(t *catalog.Table, n need, days string) string {
	var items []string
	for _, d := range n.dims {
		items = append(items, d.Column())
	}
	count := catalog.Ident(t.Count)
	items = append(items, t.TimeColumn+" AS "+colDay, signed(t, count)+" AS "+colCount)
	return "SELECT " + strings.Join(items, ", ") +
		"\nFROM " + catalog.Ident(t.Database) + "." + catalog.Ident(t.Name) +
		"\nWHERE " + strings.Join(append(append([]string(nil), w.where...), days), " AND ")
}
