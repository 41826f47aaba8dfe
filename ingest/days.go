package ingest

import (
	"context"
	"time"
)

// day counts days since 1970, as a Date does.
type day uint16

const secondsPerDay = 24 * 60 * 60

// noDay is after every day.
const noDay = day(1<<16 - 1)

// dayOf is a time's day.
func dayOf(t time.Time) day { return day(t.Unix() / secondsPerDay) }

// time is the day's midnight.
func (d day) time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String writes the day as 2024-01-31.
func (d day) String() string { return d.time().Format(time.DateOnly) }

// month is the first day of the day's month.
func (d day) month() day {
	t := d.time()
	return dayOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}

// nextMonth is the first day of the month after the day's.
func (d day) nextMonth() day {
	t := d.time()
	return dayOf(time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC))
}

// span is a run of days, both included.
type span struct{ from, to day }

// holds reports that a day lies in the span.
func (s span) holds(d day) bool { return d >= s.from && d <= s.to }

// String names the days.
func (s span) String() string {
	if s.from == s.to {
		return s.from.String()
	}
	return s.from.String() + " to " + s.to.String()
}

// readDays reads numbers by day: a query's two columns, of which several rows may
// be of one day.
func readDays(ctx context.Context, s *session, st statement) (map[day]int64, error) {
	type line struct {
		day time.Time
		n   int64
	}
	lines, err := scanAll(ctx, s, st, func(l *line) []any { return []any{&l.day, &l.n} })
	days := make(map[day]int64, len(lines))
	for _, l := range lines {
		days[dayOf(l.day)] += l.n
	}
	return days, err
}
