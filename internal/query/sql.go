package query

import (
	"slices"
	"strconv"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// The names that result columns carry. None is a column of a table that we
// filter on, so that no alias hides a column.
const (
	colBucket = "bucket"
	colValue  = "value"
	colTotal  = "total"
	colWhole  = "whole"
	colBefore = "before"
	// colWritten is a project's name as a table has it.
	colWritten = "written_"
)

// groupBy is the GROUP BY clause; empty without columns.
func groupBy(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "\nGROUP BY " + strings.Join(names, ", ")
}

// bucketOf is the first day of the interval that a row falls into, as days
// since 1970-01-01.
func bucketOf(t *catalog.Table, every cube.Interval) string {
	column := t.TimeColumn
	switch every {
	case cube.Weekly:
		column = "toMonday(" + column + ")"
	case cube.Monthly:
		column = "toStartOfMonth(" + column + ")"
	case cube.Quarterly:
		column = "toStartOfQuarter(" + column + ")"
	case cube.Yearly:
		column = "toStartOfYear(" + column + ")"
	}
	return "toInt32(" + column + ")"
}

// condition adds one condition of a dimension.
func (w *Writer) condition(c cube.Condition) {
	if c.Dim == cube.Project && !c.Not {
		w.asked = c.Values
	}
	held := w.held(c)
	switch {
	case held != "":
		w.where = append(w.where, held)
	case len(c.Values) == 1 && !c.Not:
		w.where = append(w.where, c.Dim.Value()+" = "+w.Param(c.Values[0]))
	case c.Not:
		w.where = append(w.where, c.Dim.Value()+" NOT IN "+w.Param(c.Values))
	default:
		w.where = append(w.where, c.Dim.Value()+" IN "+w.Param(c.Values))
	}
}

// mostAlternatives is how many pairs are compared one by one.
const mostAlternatives = 16

// held is a condition in terms of what the column holds; empty where it is to be one of
// its value. Elements are compared quickest by themselves, but a key finds only pairs.
func (w *Writer) held(c cube.Condition) string {
	column := c.Dim.Column()
	columns, lists := c.Dim.Holding(w.Table.Types[column], c.Values)
	switch {
	case c.Not || len(lists) == 0:
		return ""
	case len(lists) == 1 || slices.Index(w.Table.Key, w.Table.TimeColumn) == 0 && slices.Contains(w.Table.Key, column):
		return column + " IN " + w.zipped(lists)
	case len(lists[0]) > mostAlternatives:
		return ""
	}
	pairs := make([]string, len(lists[0]))
	for i := range pairs {
		all := make([]string, len(columns))
		for j, column := range columns {
			all[j] = column + " = " + w.Param(lists[j][i])
		}
		pairs[i] = "(" + strings.Join(all, " AND ") + ")"
	}
	return "(" + strings.Join(pairs, " OR ") + ")"
}

// zipped is the SQL of an array of what lists of the same length have at one place.
func (w *Writer) zipped(lists [][]string) string {
	if len(lists) == 1 {
		return w.Param(lists[0])
	}
	params := make([]string, len(lists))
	for i, l := range lists {
		params[i] = w.Param(l)
	}
	return "arrayZip(" + strings.Join(params, ", ") + ")"
}

// days restricts the query to the range. One with written edges is cut there
// even where the data has no other days: it may have got some since.
func (w *Writer) days(n need) {
	if !n.whole || n.cut && w.Table.Grain != cube.GrainNone {
		w.where = append(w.where, w.within(n.days))
	}
}

// within is the condition that a row is of the days, in the steps that the table
// keeps.
func (w *Writer) within(days cube.Range) string { return w.dayRange(w.Table, days) }

// dayRange is within for a table.
func (w *Writer) dayRange(t *catalog.Table, days cube.Range) string {
	from, to := days.From, days.To
	if t.Grain == cube.GrainMonth {
		from, to = from.StartOfMonth(), to.StartOfMonth()
	}
	if from == to {
		return t.TimeColumn + " = " + w.Param(from)
	}
	return t.TimeColumn + " >= " + w.Param(from) + " AND " + t.TimeColumn + " <= " + w.Param(to)
}

// countedIn is the number of downloads of the part's days in a group of rows
// that may hold other days too.
func (w *Writer) countedIn(p *part, all need) string {
	switch {
	case p.need.whole || p.need.days == all.days:
		return counted(w.Table)
	case w.Table.Raw:
		return "toInt64(countIf(" + w.within(p.need.days) + "))"
	default:
		return signed(w.Table, "sumIf("+catalog.Ident(w.Table.Count)+", "+w.within(p.need.days)+")")
	}
}

// totals are the SELECT items of the first part's range, and of each extra's.
func (w *Writer) totals(b *bundle) (items, names []string) {
	all := b.need()
	items, names = []string{w.countedIn(b.parts[0], all) + " AS " + colTotal}, []string{colTotal}
	for i, p := range b.extras {
		name := "x" + strconv.Itoa(i)
		items, names = append(items, w.countedIn(p, all)+" AS "+name), append(names, name)
	}
	return items, names
}

// conditions adds everything that the bundle's members share, and the values
// that they differ in.
func (w *Writer) conditions(b *bundle, axes, agreed []cube.Condition) {
	shared := unpicked(b.parts[0].req().Slice)
	if shared.Projects != nil {
		w.condition(cube.Condition{Dim: cube.Project, Values: shared.Projects})
	}
	for _, c := range agreed {
		w.condition(c)
	}
	for _, c := range shared.Conditions {
		w.condition(c)
	}
	for _, a := range axes {
		w.condition(a)
	}
	if len(axes) > 1 { // the members are few of the combinations
		columns := make([]string, len(axes))
		for i, a := range axes {
			columns[i] = a.Dim.Value()
		}
		w.where = append(w.where, "("+strings.Join(columns, ", ")+") IN "+w.zipped(b.combinations(axes)))
	}
	if b.choice.halves != nil {
		w.halve(b.choice.halves, b)
		return
	}
	w.days(b.need())
	if n := b.need(); n.whole && !n.cut && w.Table.Stray && b.parts[0].req().Kind == cube.Extent {
		w.where = append(w.where, w.within(n.days)) // of all time are the days that downloads can be of
	}
}

// The names of a half's columns for the day and the count. None is a column of a
// table.
const (
	colDay   = "day_"
	colCount = "n_"
)

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
		Grain: cube.GrainDay, TimeColumn: colDay, Count: colCount, Types: map[string]string{colCount: "Int64"},
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
		"\nFROM " + w.read(t) +
		"\nWHERE " + strings.Join(append(append([]string(nil), w.where...), days), " AND ")
}

// keyColumns are the SELECT items that tell the members apart, and their names.
func keyColumns(axes []cube.Condition) (items, names []string) {
	for i, a := range axes {
		name := "k" + strconv.Itoa(i)
		items = append(items, a.Dim.Value()+" AS "+name)
		names = append(names, name)
	}
	return items, names
}

// write is the SQL of a bundle's query.
func (w *Writer) write(b *bundle, axes []cube.Condition) string {
	items, names := keyColumns(axes)
	if len(b.parts) > 1 || len(b.extras) > 0 && !b.onlyTotal() {
		return w.sets(b, items, names)
	}
	p := b.parts[0]
	switch r := p.req(); r.Kind {
	case cube.Series:
		items = append(items, bucketOf(w.Table, r.Interval)+" AS "+colBucket, counted(w.Table)+" AS "+colTotal)
		return "SELECT " + strings.Join(items, ", ") + w.From() + groupBy(append(names, colBucket))
	case cube.Split:
		if r.Nests() {
			return w.drill(p, items, names)
		}
		return w.split(p, items, names)
	case cube.Rank:
		return w.ranks(p, items, names)
	case cube.Count:
		inner := append(items, r.Dim.Value()+" AS "+colValue, counted(w.Table)+" AS "+colTotal)
		return "SELECT " + strings.Join(append(names, "toInt64(count()) AS "+colTotal), ", ") +
			" FROM (\nSELECT " + strings.Join(inner, ", ") + w.From() + groupBy(append(names, colValue)) +
			"\nHAVING " + colTotal + " > 0)" + groupBy(names)
	case cube.Extent:
		items = append(items, w.extent()...)
		return "SELECT " + strings.Join(items, ", ") + w.From() + groupBy(names)
	default:
		totals, _ := w.totals(b)
		items = append(items, totals...)
		return "SELECT " + strings.Join(items, ", ") + w.From() + groupBy(names)
	}
}

// extent is the first and the last day of a group, and how many downloads or
// rows show that there are any.
func (w *Writer) extent() []string {
	first, last, total := w.Table.TimeColumn, w.Table.TimeColumn, counted(w.Table)
	if e := w.Extents; e != nil {
		first, last, total = catalog.Ident(e.Min), catalog.Ident(e.Max), "toInt64(count())"
	}
	return []string{"toInt32(min(" + first + ")) AS " + colBucket, "toInt32(max(" + last + ")) AS " + colBefore, total + " AS " + colTotal}
}
