package graph

import (
	"context"

	"clickql/internal/cube"
	"clickql/internal/fault"
)

// Bounds of the arguments days and weeks.
const (
	maxAverageDays = 366
	maxWeeksBefore = 52
	week           = 7
)

// averageDays reads the argument of Series.movingAverage.
func (a arguments) averageDays() (any, error) { return a.bounded("days", maxAverageDays) }

// weeksBefore reads the argument of Series.weekdayChange.
func (a arguments) weeksBefore() (any, error) { return a.bounded("weeks", maxWeeksBefore) }

func (a arguments) bounded(name string, most int) (int, error) {
	n := argument[int](a.given, name)
	if n < 1 || n > most {
		return 0, fault.BadInput("%s is %d; it must be between 1 and %d", name, n, most)
	}
	return n, nil
}

// leadOf is how many days before a range the fields selected of its series need.
func leadOf(series *node) (lead int) {
	for n := range series.each("movingAverage") {
		lead = max(lead, n.args.(int)-1)
	}
	for n := range series.each("weekdayChange") {
		lead = max(lead, week*n.args.(int))
	}
	return lead
}

// MovingAverage resolves Series.movingAverage.
func (s *Series) MovingAverage(ctx context.Context) ([]*float64, error) {
	days, err := s.daily(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*float64, len(s.Dates))
	lead := len(s.wide.Days) - len(s.Dates)
	var sum int64
	for i, total := range s.wide.Totals {
		sum += total
		if i >= days {
			sum -= s.wide.Totals[i-days]
		}
		last := s.wide.Days[i]
		if at := i - lead; at >= 0 && s.op.loaded(cube.Range{From: last - cube.Day(days-1), To: last}) {
			mean := float64(sum) / float64(days)
			out[at] = &mean
		}
	}
	return out, nil
}

// WeekdayChange resolves Series.weekdayChange.
func (s *Series) WeekdayChange(ctx context.Context) ([]*float64, error) {
	weeks, err := s.daily(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*float64, len(s.Dates))
	lead := len(s.wide.Days) - len(s.Dates)
	for at, d := range s.Dates {
		before, known := s.before(at+lead, weeks)
		if !known || before == 0 || !s.op.loaded(cube.Range{From: d, To: d}) {
			continue
		}
		change := float64(s.Totals[at])*float64(weeks)/float64(before) - 1
		out[at] = &change
	}
	return out, nil
}

// before adds up the days that are so many weeks before the i-th of wide; known
// tells that all of them are in the data.
func (s *Series) before(i, weeks int) (sum int64, known bool) {
	for range weeks {
		if i -= week; i < 0 {
			return 0, false
		}
		if d := s.wide.Days[i]; !s.op.loaded(cube.Range{From: d, To: d}) {
			return 0, false
		}
		sum += s.wide.Totals[i]
	}
	return sum, true
}

// daily is the argument of a field that needs days.
func (s *Series) daily(ctx context.Context) (int, error) {
	_, n, arg, err := field[int](ctx)
	if err == nil && s.Interval != cube.Daily {
		err = fault.BadInput("%s is for an interval of DAY; this series has one of %s", n.name, s.Interval)
	}
	return arg, err
}

// loaded reports that all of the days are settled.
func (op *operation) loaded(days cube.Range) bool { return op.Snap.Calendar().Whole(days) }
