package query

import (
	"slices"
	"strconv"
	"strings"

	"clickql/internal/cube"
)

// partitionBy is what a window is divided by; empty without columns.
func partitionBy(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "PARTITION BY " + strings.Join(names, ", ")
}

// limitBy keeps the first n rows of each slice.
func limitBy(n int, names []string) string {
	limit := "\nLIMIT " + strconv.Itoa(n)
	if len(names) > 0 {
		limit += " BY " + strings.Join(names, ", ")
	}
	return limit
}

// split is the SQL of a split: the largest values of each slice, and where it is
// asked for the slice's own total beside each. One value more than asked for
// tells whether others follow. Values without downloads, which a table may keep,
// come last and are left out by whoever reads the rows: HAVING costs more.
func (w *Writer) split(p *part, items, names []string) string {
	items = append(items, p.req().Dim.Value()+" AS "+colValue, counted(w.Table)+" AS "+colTotal)
	if p.whole {
		items = append(items, "sum("+colTotal+") OVER ("+partitionBy(names)+") AS "+colWhole)
	}
	having := ""
	if after := p.req().After; after != nil {
		total, value := w.Param(after.Total), w.Param(after.Value)
		having = "\nHAVING " + colTotal + " < " + total + " OR " + colTotal + " = " + total + " AND " + colValue + " > " + value
	}
	return "SELECT " + strings.Join(items, ", ") + w.From() + groupBy(append(names, colValue)) + having +
		"\nORDER BY " + strings.Join(append(names, colTotal+" DESC", colValue), ", ") + limitBy(p.first()+1, names)
}

// ranks is the SQL of places in a ranking: all projects of each slice are
// numbered, the members' own are shown. Ties are broken as a split breaks them.
func (w *Writer) ranks(p *part, items, names []string) string {
	projects := []string{}
	for _, m := range p.members {
		projects = append(projects, m.req.Of)
	}
	slices.Sort(projects)
	over := "ORDER BY " + colTotal + " DESC, " + colValue
	within := partitionBy(names)
	if within != "" {
		over = within + " " + over
	}
	items = append(items, p.req().Dim.Value()+" AS "+colValue, counted(w.Table)+" AS "+colTotal,
		"toInt64(row_number() OVER ("+over+")) AS "+colBefore, "toInt64(count() OVER ("+within+")) AS "+colWhole)
	return "SELECT * FROM (\nSELECT " + strings.Join(items, ", ") + w.From() + groupBy(append(names, colValue)) +
		"\nHAVING " + colTotal + " > 0)\nWHERE " + colValue + " IN " + w.Param(slices.Compact(projects))
}

// colPart tells which part of a bundle a row belongs to: its index, or the
// number of parts for the rows that hold each slice's total.
const colPart = "part"

// sets is the SQL of a bundle of several parts: one GROUP BY GROUPING SETS, a
// set for each part, and one for the slices' totals where any is asked for. Every
// set's column is a String or a day, so that all share the columns value and
// bucket.
func (w *Writer) sets(b *bundle, items, names []string) string {
	var sets []string
	picks, values, buckets := "", "''", "toInt32(0)"
	largest := 0
	axes, _ := b.axes()
	for i, p := range b.parts {
		column := "g" + strconv.Itoa(i)
		switch r := p.req(); {
		case axisOf(r, axes) >= 0: // its one value's rows are the slices' totals
			continue
		case r.Kind == cube.Series:
			items = append(items, bucketOf(w.Table, r.Interval)+" AS "+column)
			buckets = "if(" + colPart + " = " + strconv.Itoa(i) + ", " + column + ", " + buckets + ")"
		case r.Kind == cube.Split:
			items = append(items, r.Dim.Group()+" AS "+column)
			values = "if(" + colPart + " = " + strconv.Itoa(i) + ", toString(" + column + "), " + values + ")"
			largest = max(largest, p.first())
		default: // its rows are the slices' totals
			continue
		}
		sets = append(sets, "("+strings.Join(append(append([]string(nil), names...), column), ", ")+")")
		picks += "grouping(" + column + ") = 0, " + strconv.Itoa(i) + ", "
	}
	if b.wantsTotals(axes) {
		sets = append(sets, "("+strings.Join(names, ", ")+")")
	}
	which := strconv.Itoa(len(b.parts))
	if picks != "" {
		which = "multiIf(" + picks + which + ")"
	}
	items = append(items,
		"toInt64("+which+") AS "+colPart,
		buckets+" AS "+colBucket, values+" AS "+colValue)
	totals, totalNames := w.totals(b)
	items = append(items, totals...)
	inner := "SELECT " + strings.Join(items, ", ") + w.From() +
		"\nGROUP BY GROUPING SETS (" + strings.Join(sets, ", ") + ")"
	if len(b.extras) > 0 { // groups that the other ranges alone have
		inner += "\nHAVING " + colTotal + " > 0 OR " + colPart + " = " + strconv.Itoa(len(b.parts))
	}
	if largest > 0 {
		order := append(append([]string(nil), names...), colPart, colTotal+" DESC", colValue)
		by := append(append([]string(nil), names...), colPart, colBucket)
		inner += "\nORDER BY " + strings.Join(order, ", ") + limitBy(largest+1, by)
	}
	return "SELECT " + strings.Join(append(append(names, colPart, colBucket, colValue), totalNames...), ", ") + " FROM (\n" + inner + ")"
}

// levelColumns are the columns of a level's value and, for all but the last, its
// total.
func levelColumns(i int) (value, total string) {
	return "v" + strconv.Itoa(i), "t" + strconv.Itoa(i)
}

// drill is the SQL of a part with several levels: every group of the last, beside
// it the totals of the groups above, sorted from the top down and cut from the
// bottom up. A level is cut by the number of rows that the values asked for can
// have at the most, so that values behind them may follow, the last of them cut
// short: whoever reads the rows leaves these out.
func (w *Writer) drill(p *part, items, names []string) string {
	levels := p.req().Levels()
	last := len(levels) - 1
	limits := p.limits()
	order := slices.Clone(names)
	var totals, path []string
	for i, level := range levels[:last] {
		value, total := levelColumns(i)
		items, path = append(items, level.Dim.Value()+" AS "+value), append(path, value)
		totals = append(totals, "sum("+colTotal+") OVER (PARTITION BY "+strings.Join(append(slices.Clone(names), path...), ", ")+") AS "+total)
		order = append(order, total+" DESC", value)
	}
	groups := append(slices.Clone(names), path...)
	leaf := colValue
	if levels[last].Kind == cube.Series {
		leaf = colBucket
		items = append(items, bucketOf(w.Table, levels[last].Interval)+" AS "+leaf)
	} else {
		items = append(items, levels[last].Dim.Value()+" AS "+leaf)
		order = append(order, colTotal+" DESC", leaf)
	}
	items = append(append(items, counted(w.Table)+" AS "+colTotal), totals...)
	if p.whole {
		items = append(items, "sum("+colTotal+") OVER ("+partitionBy(names)+") AS "+colWhole)
	}
	sorted := "\nORDER BY " + strings.Join(order, ", ")
	sql := "SELECT " + strings.Join(items, ", ") + w.From() + groupBy(append(groups, leaf)) + sorted
	rows, cut := limits[last], false
	if levels[last].Kind == cube.Split {
		sql, cut = sql+limitBy(rows, groups), true
	}
	for i := last - 1; i >= 0; i-- {
		rows *= limits[i]
		by := append(slices.Clone(names), path[:i]...)
		if cut && len(by) > 0 { // a SELECT has one LIMIT BY, and LIMIT behind it
			sql = "SELECT * FROM (\n" + sql + ")" + sorted
		}
		sql, cut = sql+limitBy(rows, by), true
	}
	return sql
}
