package cube

import (
	"fmt"
	"time"
)

// Day is a calendar day in UTC, counted in days since 1970-01-01, as
// ClickHouse's Date type counts them.
type Day int32

// dayLayout is how a Day is written (ISO 8601 calendar date).
const dayLayout = "2006-01-02"

// MaxDay is the last day that ClickHouse's Date type holds (2149-06-06).
const MaxDay Day = 65535

// FirstDay is the first day that a download may be of: PyPI serves files since 2005.
const FirstDay Day = 12784

// PlausibleDays are the days that downloads may be of at an instant: up to the day
// after it, for clocks that run ahead. Rows of other days are mistakes.
func PlausibleDays(now time.Time) Range { return Range{From: FirstDay, To: DayOf(now) + 1} }

// ParseDay reads a day written YYYY-MM-DD. Days outside ClickHouse's Date
// (1970-01-01 to 2149-06-06) are an error: they cannot be in the data.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(dayLayout, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date written YYYY-MM-DD", s)
	}
	d := Day(t.Unix() / 86400)
	if t.Unix() < 0 || d > MaxDay {
		return 0, fmt.Errorf("the date %s is outside 1970-01-01 to %s", s, MaxDay)
	}
	return d, nil
}

// DayOf is the UTC day that contains t.
func DayOf(t time.Time) Day {
	s := t.Unix()
	d := s / 86400
	if s%86400 < 0 {
		d--
	}
	return Day(d)
}

// Time is midnight UTC of the day.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String writes the day YYYY-MM-DD.
func (d Day) String() string { return d.Time().Format(dayLayout) }

// AddMonths moves by calendar months, keeping the day of the month where the
// target month has it and its last day otherwise (as ClickHouse's addMonths).
func (d Day) AddMonths(n int) Day {
	y, m, dom := d.Time().Date()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return DayOf(first.AddDate(0, 0, min(dom, last)-1))
}

// StartOfMonth is the first day of the day's month.
func (d Day) StartOfMonth() Day {
	y, m, _ := d.Time().Date()
	return DayOf(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC))
}
