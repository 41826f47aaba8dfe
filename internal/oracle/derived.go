package oracle

import (
	"fmt"
	"time"

	"pgregory.net/rapid"
)

// Derived is what is asked of a series that is computed from it.
type Derived struct {
	// Indexed asks for indexed and shares.
	Indexed bool
	// Days are of the moving average, Weeks of the change against weekdays before;
	// 0 for none. Both are of days only.
	Days, Weeks int
	// Spikes asks for the days out of line.
	Spikes bool
}

// drawDerived draws what is asked, mostly nothing.
func drawDerived(t *rapid.T, interval string) (a Derived) {
	if a.Indexed = seldom(t, 3, "derived"); a.Indexed && interval == "DAY" {
		a.Days, a.Weeks = rapid.IntRange(1, 30).Draw(t, "average of days"), rapid.IntRange(1, 5).Draw(t, "weeks before")
	}
	a.Spikes = seldom(t, 3, "spikes")
	return a
}

// String writes the fields.
func (a Derived) String() string {
	text := ""
	if a.Indexed {
		text = " indexed shares"
	}
	if a.Days > 0 {
		text += fmt.Sprintf(" movingAverage(days: %d)", a.Days)
	}
	if a.Weeks > 0 {
		text += fmt.Sprintf(" weekdayChange(weeks: %d)", a.Weeks)
	}
	if a.Spikes {
		text += " spikes { date total expected deviation }"
	}
	return text
}

// Add adds to a series what the fields must give.
func (a Derived) Add(d *Data, s Slice, interval string, series map[string]any) map[string]any {
	if a.Indexed {
		series["indexed"], series["shares"] = s.indexed(d, interval), s.shares(d, interval)
	}
	if a.Spikes {
		series["spikes"] = s.Spikes(d)
	}
	if a.Days == 0 && a.Weeks == 0 {
		return series
	}
	held := s.byDay()
	if a.Days > 0 {
		series["movingAverage"] = s.eachDay(d, func(day time.Time) any {
			sum := 0
			for i := range a.Days {
				sum += held[day.AddDate(0, 0, -i).Unix()]
			}
			for i := range a.Days {
				if !d.Settled(day.AddDate(0, 0, -i)) {
					return nil
				}
			}
			return float64(sum) / float64(a.Days)
		})
	}
	if a.Weeks > 0 {
		series["weekdayChange"] = s.eachDay(d, func(day time.Time) any {
			sum := 0
			for i := range a.Weeks {
				sum += held[day.AddDate(0, 0, -7*(i+1)).Unix()]
			}
			for i := range a.Weeks + 1 {
				if !d.Settled(day.AddDate(0, 0, -7*i)) {
					return nil
				}
			}
			if sum == 0 {
				return nil
			}
			mean := float64(sum) / float64(a.Weeks)
			return (float64(held[day.Unix()]) - mean) / mean
		})
	}
	return series
}

// byDay counts every day, whether the slice's days have it or not.
func (s Slice) byDay() map[int64]int {
	out := map[int64]int{}
	for _, r := range s.Rows {
		out[r.Day.Unix()]++
	}
	return out
}

// span is the slice's days.
func (s Slice) span(d *Data) (from, to time.Time) {
	if s.AllTime {
		return d.First, d.Last
	}
	return s.From, s.To
}

// eachDay lists what f gives for each of the slice's days.
func (s Slice) eachDay(d *Data, f func(time.Time) any) []any {
	out := []any{}
	from, to := s.span(d)
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		out = append(out, f(day))
	}
	return out
}

// behind is the first day behind the interval that begins on a day.
func behind(first time.Time, interval string) time.Time { return on(first, 1, interval) }

// on is the day so many intervals on.
func on(day time.Time, n int, interval string) time.Time {
	switch interval {
	case "WEEK":
		return day.AddDate(0, 0, 7*n)
	case "MONTH":
		return day.AddDate(0, n, 0)
	case "QUARTER":
		return day.AddDate(0, 3*n, 0)
	case "YEAR":
		return day.AddDate(n, 0, 0)
	}
	return day.AddDate(0, 0, n)
}

// indexed is the series with its first complete interval that has any as 100.
func (s Slice) indexed(d *Data, interval string) any {
	series := s.Series(d, interval)
	base := 0
	for i, whole := range s.complete(d, series["dates"].([]any), interval) {
		if n := series["totals"].([]any)[i].(int); whole.(bool) && n > 0 && base == 0 {
			base = n
		}
	}
	if base == 0 {
		return nil
	}
	out := []any{}
	for _, n := range series["totals"].([]any) {
		out = append(out, 100*float64(n.(int))/float64(base))
	}
	return out
}

// shares is the series as parts of everyone's.
func (s Slice) shares(d *Data, interval string) []any {
	all := s.everyone()
	out := []any{}
	whole := all.Series(d, interval)["totals"].([]any)
	for i, n := range s.Series(d, interval)["totals"].([]any) {
		out = append(out, ratio(n.(int), whole[i].(int)))
	}
	return out
}
