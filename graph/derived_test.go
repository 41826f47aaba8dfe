package graph

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"clickql/internal/catalog"
)

// documentDerived writes the fields of a series that are computed from it.
func (a asked) documentDerived() string {
	text := ""
	if a.derived {
		text = " indexed shares"
	}
	if a.days > 0 {
		text += fmt.Sprintf(" movingAverage(days: %d)", a.days)
	}
	if a.weeks > 0 {
		text += fmt.Sprintf(" weekdayChange(weeks: %d)", a.weeks)
	}
	return text
}

// addDerived adds what the fields of documentDerived must give.
func (a asked) addDerived(d *testData, s oracleSlice, series map[string]any) map[string]any {
	if a.derived {
		series["indexed"], series["shares"] = s.indexed(d, a.interval), s.shares(d, a.interval)
	}
	if a.days > 0 {
		series["movingAverage"] = s.eachDay(d, func(day time.Time) any {
			sum := 0
			for i := range a.days {
				sum += s.on(day.AddDate(0, 0, -i))
			}
			if day.AddDate(0, 0, 1-a.days).Before(d.first) || day.After(d.last) {
				return nil
			}
			return float64(sum) / float64(a.days)
		})
	}
	if a.weeks > 0 {
		series["weekdayChange"] = s.eachDay(d, func(day time.Time) any {
			sum := 0
			for i := range a.weeks {
				sum += s.on(day.AddDate(0, 0, -7*(i+1)))
			}
			if day.AddDate(0, 0, -7*a.weeks).Before(d.first) || day.After(d.last) || sum == 0 {
				return nil
			}
			mean := float64(sum) / float64(a.weeks)
			return (float64(s.on(day)) - mean) / mean
		})
	}
	return series
}

// on counts a day, whether the slice's days have it or not.
func (s oracleSlice) on(day time.Time) (n int) {
	for _, r := range s.rows {
		if r.day.Equal(day) {
			n++
		}
	}
	return n
}

// span is the slice's days.
func (s oracleSlice) span(d *testData) (from, to time.Time) {
	if s.allTime {
		return d.first, d.last
	}
	return s.from, s.to
}

// eachDay lists what f gives for each of the slice's days.
func (s oracleSlice) eachDay(d *testData, f func(time.Time) any) []any {
	out := []any{}
	from, to := s.span(d)
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		out = append(out, f(day))
	}
	return out
}

// behind is the first day behind the interval that begins on a day.
func behind(first time.Time, interval string) time.Time {
	switch interval {
	case "WEEK":
		return first.AddDate(0, 0, 7)
	case "MONTH":
		return first.AddDate(0, 1, 0)
	case "QUARTER":
		return first.AddDate(0, 3, 0)
	case "YEAR":
		return first.AddDate(1, 0, 0)
	}
	return first.AddDate(0, 0, 1)
}

// indexed is the series with its first whole interval that has any as 100.
func (s oracleSlice) indexed(d *testData, interval string) any {
	from, to := s.span(d)
	if from.Before(d.first) {
		from = d.first
	}
	if to.After(d.last) {
		to = d.last
	}
	series := s.series(d, interval)
	base := 0
	for i, date := range series["dates"].([]any) {
		first, _ := time.Parse(time.DateOnly, date.(string))
		whole := !first.Before(from) && !behind(first, interval).After(to.AddDate(0, 0, 1))
		if n := series["totals"].([]any)[i].(int); whole && n > 0 && base == 0 {
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
func (s oracleSlice) shares(d *testData, interval string) []any {
	all := s
	all.rows = s.everyone
	out := []any{}
	whole := all.series(d, interval)["totals"].([]any)
	for i, n := range s.series(d, interval)["totals"].([]any) {
		part := 0.0
		if whole[i].(int) > 0 {
			part = float64(n.(int)) / float64(whole[i].(int))
		}
		out = append(out, part)
	}
	return out
}

// releaseOfVersion is the releases of the data's versions, by hand.
var releaseOfVersion = map[string]map[string]string{
	"MAJOR": {"1.0": "1", "1.1": "1", "1.10": "1", "2.0": "2", "2.0rc1": "2", "2.1.dev3": "2"},
	"MINOR": {"1.0": "1.0", "1.1": "1.1", "1.10": "1.10", "2.0": "2.0", "2.0rc1": "2.0", "2.1.dev3": "2.1"},
}

func answerReleases(d *testData, s oracleSlice, a asked) []any {
	versions, whole := s.split(catalog.Version, 1000, false)
	totals := map[string]int{}
	of := map[string][]any{}
	var names []string
	for _, v := range versions {
		release := releaseOfVersion[a.level][v.value.(string)]
		if totals[release] == 0 {
			names = append(names, release)
		}
		totals[release] += v.total
		of[release] = append(of[release], v.value)
	}
	sort.Slice(names, func(i, j int) bool {
		if x, y := totals[names[i]], totals[names[j]]; x != y {
			return x > y
		}
		return strings.Compare(names[i], names[j]) < 0
	})
	out := []any{}
	group := func(release any, label string, total int, versions []any) {
		in := s.narrowed(catalog.Version, func(v string) bool { return slices.Contains(versions, any(v)) })
		one := map[string]any{"level": a.level, "release": release, "label": label, "total": total, "share": float64(total) / float64(whole),
			"versions": versions, "series": map[string]any{"totals": in.series(d, "MONTH")["totals"]}}
		if len(a.below) > 0 {
			one["downloads"] = answer(d, in, a.below)
		}
		out = append(out, one)
	}
	shown := names[:min(a.first, len(names))]
	for _, name := range shown {
		group(name, name, totals[name], of[name])
	}
	if rest := names[len(shown):]; a.others && len(rest) > 0 {
		total, list := 0, []any{}
		for _, v := range versions { // in their order
			if slices.Contains(rest, releaseOfVersion[a.level][v.value.(string)]) {
				total += v.total
				list = append(list, v.value)
			}
		}
		group(nil, "Other", total, list)
	}
	return out
}
