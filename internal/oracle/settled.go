package oracle

import (
	"slices"
	"time"
)

// Settled reports that a day is loaded wholly: it is within the data, has downloads,
// and is not known to lack some.
func (d *Data) Settled(day time.Time) bool {
	if day.Before(d.First) || day.After(d.Last) || slices.ContainsFunc(d.Unsettled, day.Equal) {
		return false
	}
	if d.loaded == nil {
		d.loaded = map[int64]bool{}
		for _, r := range d.Rows {
			d.loaded[r.Day.Unix()] = true
		}
	}
	return d.BlindToGaps || d.loaded[day.Unix()]
}

// SettledDay is the newest settled day; the zero time without any.
func (d *Data) SettledDay() time.Time {
	for day := d.Last; !day.Before(d.First); day = day.AddDate(0, 0, -1) {
		if d.Settled(day) {
			return day
		}
	}
	return time.Time{}
}

// Missing are the days of a slice that are not settled, as GraphQL writes them.
func (s Slice) Missing(d *Data) []any {
	out := []any{}
	from, to := s.span(d)
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		if !d.Settled(day) {
			out = append(out, date(day))
		}
	}
	return out
}

// complete tells of each interval that all of its days are of the slice and settled.
func (s Slice) complete(d *Data, dates []any, interval string) []any {
	from, to := s.span(d)
	out := []any{}
	for _, text := range dates {
		first, _ := time.Parse(time.DateOnly, text.(string))
		whole := !first.Before(from) && !behind(first, interval).After(to.AddDate(0, 0, 1))
		for day := first; whole && day.Before(behind(first, interval)); day = day.AddDate(0, 0, 1) {
			whole = d.Settled(day)
		}
		out = append(out, whole)
	}
	return out
}

// LoadedSeries is Series with what of it is loaded.
func (s Slice) LoadedSeries(d *Data, interval string) map[string]any {
	series := s.Series(d, interval)
	series["complete"], series["missing"] = s.complete(d, series["dates"].([]any), interval), s.Missing(d)
	return series
}

// Change is the relative change against the period before: nil where there is none,
// where it has nothing, and where a day of either is not settled. Like for like it
// is of the days that are settled in both, counted from their beginnings.
func (s Slice) Change(d *Data, likeForLike bool) any {
	before, ok := s.Previous()
	if !ok {
		return nil
	}
	now, then, compared, lacking := 0, 0, 0, 0
	on := s.byDay()
	for i := 0; !s.From.AddDate(0, 0, i).After(s.To); i++ {
		day, other := s.From.AddDate(0, 0, i), before.From.AddDate(0, 0, i)
		if !d.Settled(day) || !d.Settled(other) {
			lacking++
			continue
		}
		compared++
		now, then = now+on[day.Unix()], then+on[other.Unix()]
	}
	if then == 0 || compared == 0 || lacking > 0 && !likeForLike {
		return nil
	}
	return float64(now-then) / float64(then)
}
