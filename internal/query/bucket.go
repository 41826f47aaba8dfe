package query

import (
	"time"

	"clickql/internal/catalog"
)

// Buckets is the first day of each interval that the range touches, in order.
// The first one may begin before the range does.
func Buckets(days catalog.Range, every Interval) []catalog.Day {
	if days.Empty() {
		return nil
	}
	var out []catalog.Day
	for d := startOf(days.From, every); d <= days.To; d = next(d, every) {
		out = append(out, d)
	}
	return out
}

// BucketCount is how many buckets the range has, without making them: exact for
// days, and at most two too many otherwise.
func BucketCount(days catalog.Range, every Interval) int {
	perBucket := map[Interval]int{Weekly: 7, Monthly: 28, Quarterly: 90, Yearly: 365}[every]
	if days.Empty() || perBucket == 0 {
		return days.Days()
	}
	return days.Days()/perBucket + 2
}

// startOf is the first day of the interval that holds d.
func startOf(d catalog.Day, every Interval) catalog.Day {
	switch every {
	case Weekly: // 1970-01-01 was a Thursday, three days after a Monday
		return d - ((d+3)%7+7)%7
	case Monthly:
		return d.StartOfMonth()
	case Quarterly:
		y, m, _ := d.Time().Date()
		return catalog.DayOf(time.Date(y, (m-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC))
	case Yearly:
		return catalog.DayOf(time.Date(d.Time().Year(), 1, 1, 0, 0, 0, 0, time.UTC))
	default:
		return d
	}
}

// next is the first day of the interval after the one that begins at d.
func next(d catalog.Day, every Interval) catalog.Day {
	switch every {
	case Weekly:
		return d + 7
	case Monthly:
		return d.AddMonths(1)
	case Quarterly:
		return d.AddMonths(3)
	case Yearly:
		return d.AddMonths(12)
	default:
		return d + 1
	}
}

// IntervalEnd is the last day of the interval that begins at d.
func IntervalEnd(d catalog.Day, every Interval) catalog.Day { return next(d, every) - 1 }
