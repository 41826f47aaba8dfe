package query

import (
	"slices"
	"strconv"
	"strings"

	"clickql/internal/cube"
)

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
		case r.Kind == Series:
			items = append(items, bucketOf(w.Table, r.Interval)+" AS "+column)
			buckets = "if(" + colPart + " = " + strconv.Itoa(i) + ", " + column + ", " + buckets + ")"
		case r.Kind == Split:
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

// axisOf is the axis along which a split has but one value in each slice; -1
// where there is none.
func axisOf(r Request, axes []cube.Condition) int {
	return slices.IndexFunc(axes, func(a cube.Condition) bool { return r.Kind == Split && a.Dim == r.Dim })
}
