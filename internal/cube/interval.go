package cube

import "time"

// Interval is the length of one bucket of a time series; its text is the name
// of the value in the GraphQL enum Interval.
type Interval string

// The intervals. Weeks start on Monday (ISO 8601).
const (
	Daily     Interval = "DAY"
	Weekly    Interval = "WEEK"
	Monthly   Interval = "MONTH"
	Quarterly Interval = "QUARTER"
	Yearly    Interval = "YEAR"
)

// Intervals lists every interval, in the order of the GraphQL enum.
var Intervals = []Interval{Daily, Weekly, Monthly, Quarterly, Yearly}

// Start is the first day of the interval that holds d.
func (every Interval) Start(d Day) Day {
	switch every {
	case Weekly: // 1970-01-01 was a Thursday, three days after a Monday
		return d - ((d+3)%7+7)%7
	case Monthly:
		return d.StartOfMonth()
	case Quarterly:
		y, m, _ := d.Time().Date()
		return DayOf(time.Date(y, (m-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC))
	case Yearly:
		return DayOf(time.Date(d.Time().Year(), 1, 1, 0, 0, 0, 0, time.UTC))
	default:
		return d
	}
}

// Next is the first day of the interval after the one that begins at d.
func (every Interval) Next(d Day) Day {
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

// Buckets is the first day of each interval that the range touches, in order.
// The first one may begin before the range does.
func Buckets(days Range, every Interval) []Day {
	if days.Empty() {
		return nil
	}
	var out []Day
	for d := every.Start(days.From); d <= days.To; d = every.Next(d) {
		out = append(out, d)
	}
	return out
}

// BucketCount is how many buckets the range has, without making them: exact for
// days, and at most two too many otherwise.
func BucketCount(days Range, every Interval) int {
	perBucket := map[Interval]int{Weekly: 7, Monthly: 28, Quarterly: 90, Yearly: 365}[every]
	if days.Empty() || perBucket == 0 {
		return days.Days()
	}
	return days.Days()/perBucket + 2
}
