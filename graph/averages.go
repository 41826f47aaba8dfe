package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Bounds of the arguments days and weeks.
const (
	maxAverageDays = 366
	maxWeeksBefore = 52
	week           = 7
)

// leadOf is how many days before a range the selected fields of its series
// need. What is out of bounds needs none: the field tells the mistake.
func leadOf(op *graphql.OperationContext, fields []graphql.CollectedField) (lead int) {
	for _, f := range fields {
		days, weeks := f.ArgumentMap(op.Variables)["days"], f.ArgumentMap(op.Variables)["weeks"]
		switch f.Name {
		case "movingAverage":
			if n, err := graphql.UnmarshalInt(days); err == nil && n <= maxAverageDays {
				lead = max(lead, n-1)
			}
		case "weekdayChange":
			if n, err := graphql.UnmarshalInt(weeks); err == nil && n <= maxWeeksBefore {
				lead = max(lead, week*n)
			}
		}
	}
	return lead
}

// MovingAverage is the field of that name.
func (s *Series) MovingAverage(days int) ([]*float64, error) {
	if err := s.daily("movingAverage"); err != nil {
		return nil, err
	}
	if days < 1 || days > maxAverageDays {
		return nil, badInput("days is %d; it must be between 1 and %d", days, maxAverageDays)
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
		if at := i - lead; at >= 0 && s.op.loaded(catalog.Range{From: last - catalog.Day(days-1), To: last}) {
			mean := float64(sum) / float64(days)
			out[at] = &mean
		}
	}
	return out, nil
}

// WeekdayChange is the field of that name.
func (s *Series) WeekdayChange(weeks int) ([]*float64, error) {
	if err := s.daily("weekdayChange"); err != nil {
		return nil, err
	}
	if weeks < 1 || weeks > maxWeeksBefore {
		return nil, badInput("weeks is %d; it must be between 1 and %d", weeks, maxWeeksBefore)
	}
	out := make([]*float64, len(s.Dates))
	lead := len(s.wide.Days) - len(s.Dates)
	for at, d := range s.Dates {
		before, known := s.before(at+lead, weeks)
		if !known || before == 0 || !s.op.loaded(catalog.Range{From: d, To: d}) {
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
		if d := s.wide.Days[i]; !s.op.loaded(catalog.Range{From: d, To: d}) {
			return 0, false
		}
		sum += s.wide.Totals[i]
	}
	return sum, true
}

// daily tells that the field needs days.
func (s *Series) daily(field string) error {
	if s.Interval != query.Daily {
		return badInput("%s is for an interval of DAY; this series has one of %s", field, s.Interval)
	}
	return nil
}

// loaded reports that all of the days are in the data.
func (a asker) loaded(days catalog.Range) bool {
	all := a.snap.Days
	return days.From >= all.From && days.To <= all.To && len(a.snap.MissingIn(days)) == 0
}

// Indexed is the field of that name.
func (s *Series) Indexed() []float64 {
	base := s.base()
	if base == 0 {
		return nil
	}
	out := make([]float64, len(s.Totals))
	for i, total := range s.Totals {
		out[i] = float64(total) / float64(base) * 100
	}
	return out
}

// base is the total of the first whole interval with downloads; 0 where there
// is none.
func (s *Series) base() int64 {
	days, data := s.op.days(s.slice), s.op.snap.Days
	from, to := max(days.From, data.From), min(days.To, data.To)
	for i, first := range s.Dates {
		if s.Totals[i] > 0 && first >= from && s.Interval.Next(first)-1 <= to {
			return s.Totals[i]
		}
	}
	return 0
}

// Shares is the field of that name.
func (s *Series) Shares(ctx context.Context) ([]float64, error) {
	req, err := s.op.series(everyone(s.slice), s.Interval)
	if err != nil {
		return nil, err
	}
	all, err := s.op.loads.Load(ctx, req)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(s.Totals))
	for i, total := range s.Totals {
		out[i] = share(total, all.Totals[i])
	}
	return out, nil
}
