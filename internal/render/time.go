package render

import (
	"time"

	"clickql/internal/cube"
)

// Day is the cube's own, as Range and Interval are.
type Day = cube.Day

// Range is a run of days, both ends included.
type Range = cube.Range

// Interval is the length of one bucket of a chart.
type Interval = cube.Interval

// Spike is a day out of line.
type Spike = cube.Spike

// maxDay is the last day that can be drawn.
const maxDay = cube.MaxDay

// The intervals, by the names they have here.
const (
	daily     = cube.Daily
	weekly    = cube.Weekly
	monthly   = cube.Monthly
	quarterly = cube.Quarterly
	yearly    = cube.Yearly
)

// unitOf names one interval.
var unitOf = map[Interval]string{daily: "day", weekly: "week", monthly: "month", quarterly: "quarter", yearly: "year"}

// next is the first day of the interval after the one that begins on d.
func next(d Day, every Interval) Day { return every.Next(d) }

// dayOf is the UTC day that contains t.
func dayOf(t time.Time) Day { return cube.DayOf(t) }

// written is a day as people write it.
func written(d Day) string { return d.Time().Format("2 Jan 2006") }

// Span says a range in words: "1 Jun – 31 Aug 2024".
func Span(r Range) string {
	if r.Empty() {
		return ""
	}
	from, to := r.From.Time(), r.To.Time()
	switch {
	case r.From == r.To:
		return written(r.From)
	case from.Year() != to.Year():
		return written(r.From) + " – " + written(r.To)
	case from.Month() != to.Month():
		return from.Format("2 Jan") + " – " + written(r.To)
	default:
		return from.Format("2") + " – " + written(r.To)
	}
}

// Bucket says the interval that begins on a day: "week of 2 Nov 2026".
func Bucket(d Day, every Interval) string {
	switch every {
	case weekly:
		return "week of " + written(d)
	case monthly:
		return d.Time().Format("January 2006")
	case quarterly:
		return "Q" + string(rune('1'+(int(d.Time().Month())-1)/3)) + d.Time().Format(" 2006")
	case yearly:
		return d.Time().Format("2006")
	}
	return written(d)
}
