package oracle

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"pgregory.net/rapid"

	"clickql/internal/cube"
)

// Dropping is the arguments of Downloads.dropping.
type Dropping struct {
	Support, Interval string
	On, Glibc         string // empty where they are not given
}

// ends are the days on which the lives of the data's Pythons end, by hand.
var ends = map[string]string{"2.7": "2020-01-01", "3.9": "2025-10-31", "3.11": "2027-10-31", "3.12": "2028-10-31"}

// olderGlibc are the data's C libraries that are older than a floor, by hand.
var olderGlibc = map[string][]string{
	"": {"glibc 2.17"}, "2.17": {}, "2.18": {"glibc 2.17"}, "2.31": {"glibc 2.17"}, "2.100": {"glibc 2.17", "glibc 2.31"},
}

// supportOf is the support that is about a dimension.
var supportOf = map[cube.Dimension]string{cube.Python: "PYTHON", cube.Libc: "GLIBC", cube.Version: "MAJOR"}

// DrawDropping draws the arguments; those about majors only where it is allowed.
func DrawDropping(t *rapid.T, majors bool) (a Dropping) {
	a.Support = rapid.SampledFrom([]string{"PYTHON", "GLIBC", "MAJOR"}[:2+map[bool]int{true: 1}[majors]]).Draw(t, "support")
	a.Interval = rapid.SampledFrom(intervals).Draw(t, "interval")
	switch a.Support {
	case "PYTHON":
		a.On = rapid.SampledFrom([]string{"", "2019-12-31", "2020-01-01", "2027-01-01", "2100-01-01"}).Draw(t, "on")
	case "GLIBC":
		a.Glibc = rapid.SampledFrom([]string{"", "2.17", "2.18", "2.31", "2.100"}).Draw(t, "glibc")
	}
	return a
}

// Arguments are those that are given.
func (a Dropping) Arguments() string {
	list := []string{"support: " + a.Support, "interval: " + a.Interval}
	if a.On != "" {
		list = append(list, "on: "+quoted(a.On))
	}
	if a.Glibc != "" {
		list = append(list, "glibc: "+quoted(a.Glibc))
	}
	return arguments(list...)
}

// droppingFields are what is selected of a Dropping.
const droppingFields = "support interval total reported share values { value total share } dates totals reports shares complete"

// judge tells of a download what of it would be left behind, empty for nothing,
// and whether it is one of those that report.
func (d *Data) judge(s Slice, a Dropping) func(*Row) (value string, reports bool) {
	switch a.Support {
	case "PYTHON":
		on := a.On
		if on == "" {
			_, to := s.span(d)
			on = date(earlier(to, d.SettledDay()))
		}
		return func(r *Row) (string, bool) {
			python := r.Of(cube.Python)
			if end, known := ends[python]; known && end <= on {
				return python, true
			}
			return "", python != ""
		}
	case "GLIBC":
		return func(r *Row) (string, bool) {
			libc := r.Of(cube.Libc)
			if slices.Contains(olderGlibc[a.Glibc], libc) {
				return libc, true
			}
			return "", strings.HasPrefix(libc, "glibc ")
		}
	}
	newest := map[string]string{}
	for _, r := range s.Counted() { // a final version counts, and else the newest of all
		name, version := r.Of(cube.Project), r.Of(cube.Version)
		if final := version != "2.0rc1" && version != "2.1.dev3"; final && releaseOf["MAJOR"][version] > newest[name] {
			newest[name] = releaseOf["MAJOR"][version]
		}
	}
	return func(r *Row) (string, bool) {
		name, major := r.Of(cube.Project), releaseOf["MAJOR"][r.Of(cube.Version)]
		if major < newest[name] {
			return name + " " + major, true
		}
		return "", true
	}
}

// Dropping is what the field must give.
func (d *Data) Dropping(s Slice, a Dropping) map[string]any {
	judge := d.judge(s, a)
	whole, behind := s, s
	whole.Rows = filter(s.Rows, func(r *Row) bool { _, reports := judge(r); return reports })
	behind.Rows = filter(s.Rows, func(r *Row) bool { value, _ := judge(r); return value != "" })
	counts := map[string]int{}
	for _, r := range behind.Counted() {
		value, _ := judge(r)
		counts[value]++
	}
	values := []any{}
	for _, name := range ranked(counts) {
		values = append(values, map[string]any{"value": name, "total": counts[name], "share": ratio(counts[name], whole.Total())})
	}
	series, all := behind.Series(d, a.Interval), whole.Series(d, a.Interval)
	shares := []any{}
	for i, n := range series["totals"].([]any) {
		shares = append(shares, ratio(n.(int), all["totals"].([]any)[i].(int)))
	}
	return map[string]any{"support": a.Support, "interval": a.Interval, "total": behind.Total(), "reported": whole.Total(),
		"share": ratio(behind.Total(), whole.Total()), "values": values, "dates": series["dates"], "totals": series["totals"],
		"reports": all["totals"], "shares": shares, "complete": s.complete(d, series["dates"].([]any), a.Interval)}
}

// ratio is a part of a whole, 0 of nothing.
func ratio(n, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(n) / float64(whole)
}

// MovedBy is what movedBy must give of the slice, for releases by the days on which
// they came.
func (d *Data) MovedBy(s Slice, a Dropping, came map[string]time.Time) []any {
	of := d.Dropping(s, a)
	dates, complete := of["dates"].([]any), of["complete"].([]any)
	sides := func(from, behind int) (any, bool) {
		n, whole := 0, 0
		for i := from; i < behind; i++ {
			if i < 0 || i >= len(dates) || complete[i] != true {
				return nil, false
			}
			n, whole = n+of["totals"].([]any)[i].(int), whole+of["reports"].([]any)[i].(int)
		}
		return ratio(n, whole), whole > 0
	}
	window := map[string]int{"DAY": 28, "WEEK": 4}[a.Interval]
	window = cmp.Or(window, 1)
	from, to := s.span(d)
	out := []any{}
	for i := range dates {
		var releases []string
		for version, at := range came {
			if day := at.Truncate(24 * time.Hour); !day.Before(from) && !day.After(to) && date(BucketStart(day, a.Interval)) == dates[i] {
				releases = append(releases, version)
			}
		}
		before, known := sides(i-window, i)
		after, alsoKnown := sides(i+1, i+1+window)
		if len(releases) == 0 || !known || !alsoKnown {
			continue
		}
		sort.Slice(releases, func(x, y int) bool { return came[releases[x]].After(came[releases[y]]) })
		list := []any{}
		for _, version := range releases {
			list = append(list, map[string]any{"version": version})
		}
		out = append(out, map[string]any{"date": dates[i], "releases": list, "before": before, "after": after, "change": after.(float64) - before.(float64)})
	}
	sort.SliceStable(out, func(i, j int) bool {
		x, y := out[i].(map[string]any), out[j].(map[string]any)
		if a, b := math.Abs(x["change"].(float64)), math.Abs(y["change"].(float64)); a != b {
			return a > b
		}
		return fmt.Sprint(x["date"]) > fmt.Sprint(y["date"])
	})
	return out
}
