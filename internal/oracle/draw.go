package oracle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"clickql/internal/cube"

	"pgregory.net/rapid"
)

// intervals are the values of the enum Interval.
var intervals = []string{"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}

// firsts are how many values are asked for.
var firsts = []int{1, 2, 3, 0, 10, 1000}

// seldom is true about once in n times; what is drawn shrinks to false.
func seldom(t *rapid.T, n int, what string) bool { return rapid.IntRange(0, n-1).Draw(t, what) == n-1 }

// dimension draws one that the data has, or now and then one that it lacks.
func (d *Data) dimension(t *rapid.T) cube.Dimension {
	if len(d.Missing) > 0 && seldom(t, 40, "missing dimension") {
		return rapid.SampledFrom(d.Missing).Draw(t, "dimension")
	}
	return rapid.SampledFrom(d.Dimensions).Draw(t, "dimension")
}

// DrawFields draws a selection, drilling down at most depth levels.
func (d *Data) DrawFields(t *rapid.T, depth int) Fields {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) field {
		names := []string{"total", "by", "series", "change", "byRelease", "missing", "dropping", "previous"}
		if depth == 0 {
			names = names[:7]
		}
		f := field{name: rapid.SampledFrom(names).Draw(t, "field")}
		switch f.name {
		case "change":
			f.likeForLike = rapid.Bool().Draw(t, "like for like")
		case "dropping":
			f.dropping = DrawDropping(t, false)
		case "series":
			f.interval = rapid.SampledFrom(intervals).Draw(t, "interval")
			f.derived = drawDerived(t, f.interval)
		case "byRelease":
			f.level = rapid.SampledFrom([]string{"MAJOR", "MINOR"}).Draw(t, "level")
			f.first = rapid.SampledFrom([]int{1, 2, 0, 10}).Draw(t, "first")
			f.others = rapid.Bool().Draw(t, "others")
			if depth > 0 && rapid.Bool().Draw(t, "drill down") {
				f.below = d.DrawFields(t, depth-1)
			}
		case "by":
			f.dim = d.dimension(t)
			f.first = rapid.SampledFrom(firsts).Draw(t, "first")
			f.others = rapid.Bool().Draw(t, "others")
			if depth > 0 && rapid.Bool().Draw(t, "drill down") {
				f.below = d.DrawFields(t, depth-1)
			}
		case "previous":
			f.below = d.DrawFields(t, depth-1)
		}
		return f
	}), 1, 3).Draw(t, "fields")
}

// drawDay draws a day: one that something changes on or beside, the edge of a
// month, or any, also outside the data.
func (d *Data) drawDay(t *rapid.T, what string) time.Time {
	switch rapid.SampledFrom([]string{"any", "notable", "month"}).Draw(t, what+" is") {
	case "notable":
		return rapid.SampledFrom(d.Days).Draw(t, what).AddDate(0, 0, rapid.IntRange(-1, 1).Draw(t, "beside"))
	case "month":
		month := BucketStart(d.First, "MONTH").AddDate(0, rapid.IntRange(-1, 14).Draw(t, what+"'s month"), 0)
		return month.AddDate(0, 0, -rapid.IntRange(0, 1).Draw(t, "before"))
	}
	days := int(d.Last.Sub(d.First).Hours()/24) + 60
	return d.First.AddDate(0, 0, rapid.IntRange(0, days).Draw(t, what)-30)
}

// date writes a day.
func date(day time.Time) string { return day.Format(time.DateOnly) }

// drawRange draws the argument range.
func (q *Question) drawRange(t *rapid.T, d *Data) {
	q.from, q.to = d.First, d.Last
	text := ""
	switch rapid.SampledFrom([]string{"none", "both", "months", "last", "from", "to", "covering", "open"}).Draw(t, "range") {
	case "none":
		q.allTime = true
		return
	case "open":
		q.allTime, text = true, "from: null"
	case "from":
		q.from = d.drawDay(t, "from")
		text = fmt.Sprintf("from: %q", date(q.from))
	case "to":
		q.to = d.drawDay(t, "to")
		text = fmt.Sprintf("to: %q", date(q.to))
	case "both":
		q.from, q.to = d.drawDay(t, "from"), d.drawDay(t, "to")
		if q.to.Before(q.from) {
			q.from, q.to = q.to, q.from
		}
	case "months":
		q.from = BucketStart(d.drawDay(t, "from"), "MONTH")
		q.to = q.from.AddDate(0, rapid.IntRange(1, 9).Draw(t, "months"), -1)
	case "covering":
		q.from = d.First.AddDate(0, 0, -rapid.IntRange(0, 40).Draw(t, "before"))
		q.to = d.Last.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "after"))
	case "last":
		text = q.drawLast(t, d)
	}
	text = cmp.Or(text, fmt.Sprintf("from: %q, to: %q", date(q.from), date(q.to)))
	q.Args = append(q.Args, "range: {"+text+"}")
}

// drawLast draws the last so many units.
func (q *Question) drawLast(t *rapid.T, d *Data) string {
	n := rapid.IntRange(1, 15).Draw(t, "last")
	unit := rapid.SampledFrom(intervals).Draw(t, "unit")
	if unit == "DAY" {
		n *= rapid.SampledFrom([]int{1, 7, 30}).Draw(t, "times")
	}
	q.to = d.SettledDay()
	q.from = on(q.to.AddDate(0, 0, 1), -n, unit)
	return fmt.Sprintf("last: %d, unit: %s", n, unit)
}

// drawFilter draws the argument filter.
func (q *Question) drawFilter(t *rapid.T, d *Data) {
	var parts []string
	used := map[cube.Dimension]bool{}
	for range rapid.SampledFrom([]int{0, 0, 1, 1, 2, 3}).Draw(t, "filters") {
		dim := d.dimension(t)
		if dim == cube.Project || used[dim] {
			continue
		}
		used[dim] = true
		parts = append(parts, dim.FilterField()+": {"+q.drawCondition(t, d, dim)+"}")
	}
	if seldom(t, 4, "mirrors") {
		parts = append(parts, "mirrors: false")
		q.conditions = append(q.conditions, condition{cube.Installer, mirrors, true})
	}
	if !slices.Contains(d.Missing, cube.CI) && seldom(t, 4, "human") {
		parts = append(parts, "human: true")
		q.conditions = append(q.conditions, condition{cube.Installer, mirrors, true}, condition{cube.CI, []string{"true"}, true})
	}
	if len(parts) > 0 || seldom(t, 4, "empty filter") {
		q.Args = append(q.Args, "filter: {"+strings.Join(parts, ", ")+"}")
	}
}

// drawCondition draws the condition on one dimension.
func (q *Question) drawCondition(t *rapid.T, d *Data, dim cube.Dimension) string {
	value := rapid.Custom(func(t *rapid.T) string {
		if seldom(t, 10, "odd") {
			return rapid.SampledFrom([]string{"no such value", "'; DROP TABLE pypi; --", "☃", `back\slash`, "%"}).Draw(t, "unknown value")
		}
		known := d.Rows[rapid.IntRange(0, len(d.Rows)-1).Draw(t, "row")].Of(dim)
		if dim != cube.Version && seldom(t, 10, "other case") {
			return strings.ToUpper(known[:len(known)/2]) + strings.ToLower(known[len(known)/2:])
		}
		return known
	})
	operators := []string{"eq", "in", "notIn"}
	if dim == cube.Version {
		operators = append(operators, "specifier")
	}
	switch op := rapid.SampledFrom(operators).Draw(t, "operator"); op {
	case "specifier":
		q.specifier = rapid.SampledFrom(slices.Sorted(maps.Keys(specifiers))).Draw(t, "specifier")
		return "specifier: " + quoted(q.specifier)
	case "eq":
		v := value.Draw(t, "value")
		q.conditions = append(q.conditions, condition{dim, []string{v}, false})
		return "eq: " + quoted(v)
	default:
		list := rapid.SliceOfN(value, 0, 3).Draw(t, "values")
		q.conditions = append(q.conditions, condition{dim, list, op == "notIn"})
		return op + ": " + quoted(list)
	}
}

// DrawQuestion draws the arguments range and filter.
func (d *Data) DrawQuestion(t *rapid.T) (q Question) {
	q.drawRange(t, d)
	q.drawFilter(t, d)
	return q
}
