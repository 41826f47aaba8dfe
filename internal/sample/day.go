package sample

import (
	"math"
	"time"
)

// day is a number of days since 1970-01-01, in UTC.
type day int32

const secondsPerDay = 86400

func dayAt(t time.Time) day { return day(math.Floor(float64(t.Unix()) / secondsPerDay)) }

func dayOf(year int, month time.Month, d int) day {
	return dayAt(time.Date(year, month, d, 0, 0, 0, 0, time.UTC))
}

func (d day) time() time.Time { return time.Unix(d.unix(), 0).UTC() }

// unix is the day's midnight UTC in seconds.
func (d day) unix() int64 { return int64(d) * secondsPerDay }

func (d day) String() string { return d.time().Format(time.DateOnly) }

func (d day) weekday() time.Weekday { return time.Weekday((int(d) + 4) % 7) }

// years between two days.
func years(from, to day) float64 { return float64(to-from) / 365.25 }
