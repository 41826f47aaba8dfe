package query

import (
	"slices"
	"strconv"
	"strings"
)

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
	levels := p.req().levels()
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
	if levels[last].Kind == Series {
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
	if levels[last].Kind == Split {
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
