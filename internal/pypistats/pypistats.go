// Package pypistats answers in the shapes of pypistats.org's JSON API, so that
// what speaks to it can speak to a gateway: recent, overall, python_major,
// python_minor and system. All but overall leave mirrors out. As there, a day or
// a category without downloads has no row, and what was not reported is "null".
// start_date and end_date are an addition, as are more than its 180 days. Days that
// are not settled have no rows.
package pypistats

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/pypi"
)

// notFound tells that there is no such endpoint, project or period.
func notFound() *fault.Error {
	return fault.NoSuch("there is no such project, endpoint or period")
}

// Answer is what is sent as JSON.
type Answer struct {
	Data    any    `json:"data"` // a map by period of recent, []Row of the others
	Package string `json:"package"`
	Type    string `json:"type"`
}

// Row is the downloads of one category on one day.
type Row struct {
	Category  string   `json:"category"`
	Date      cube.Day `json:"-"`
	Downloads int64    `json:"downloads"`
	Day       string   `json:"date"`
}

// days is how many days are answered where an address names none: as many as
// pypistats.org keeps.
const days = 180

// maxDays bounds an answer: ten years.
const maxDays = 3653

// Ask answers for a project. The error is a *fault.Error, NotFound where there is no
// such project, endpoint or period.
func Ask(ctx context.Context, op *fetch.Operation, name, endpoint string, params url.Values) (*Answer, error) {
	if err := op.Ready(); err != nil {
		return nil, err
	}
	name = pypi.NormalizeName(name)
	snap := op.Snapshot()
	if snap.Projects.Lacks(name) || snap.Calendar().Settled().Empty() {
		return nil, notFound()
	}
	a := asking{op: op, slice: cube.Slice{Projects: []string{name}}}
	answer := &Answer{Package: name, Type: endpoint + "_downloads"}
	if err := a.bound(params); err != nil {
		return nil, err
	}
	var err error
	switch endpoint {
	case "recent":
		answer.Data, err = a.recent(ctx, params.Get("period"))
	case "overall":
		answer.Data, err = a.overall(ctx, params.Get("mirrors"))
	case "python_major":
		answer.Data, err = a.by(ctx, cube.Python, major, params.Get("version"))
	case "python_minor":
		answer.Data, err = a.by(ctx, cube.Python, reported, params.Get("version"))
	case "system":
		answer.Data, err = a.by(ctx, cube.System, system, strings.ToLower(params.Get("os")))
	default:
		return nil, notFound()
	}
	return answer, err
}

// asking is one question.
type asking struct {
	op    *fetch.Operation
	slice cube.Slice
}

// withoutMirrors is the slice without the downloads of mirroring tools.
func (a *asking) withoutMirrors() cube.Slice {
	return a.slice.WithoutMirrors(a.op.Snapshot().Mirrors...)
}

// bound sets the range.
func (a *asking) bound(params url.Values) error {
	data := a.op.Snapshot().Calendar().Settled()
	bounds := cube.Range{From: max(data.To-days+1, data.From), To: data.To}
	for name, day := range map[string]*cube.Day{"start_date": &bounds.From, "end_date": &bounds.To} {
		if text := params.Get(name); text != "" {
			d, err := cube.ParseDay(text)
			if err != nil {
				return fault.BadInput("%s: %s", name, err)
			}
			*day = d
		}
	}
	if params.Get("start_date") == "" && bounds.From > bounds.To {
		bounds.From = bounds.To - days + 1
	}
	if bounds = bounds.Within(data); bounds.Days() > maxDays {
		return fault.BadInput("start_date is more than %d days before end_date", maxDays)
	}
	a.slice = a.slice.On(bounds)
	return nil
}

// periods are those of recent, in days.
var periods = map[string]cube.Day{"day": 1, "week": 7, "month": 30}

// recent is the downloads of the last day, week and month, or of one of them.
func (a *asking) recent(ctx context.Context, period string) (any, error) {
	newest := a.op.Snapshot().Calendar().Settled().To
	var names []string
	var asked []cube.Request
	for name, n := range periods {
		if period == "" || period == name {
			names = append(names, "last_"+name)
			asked = append(asked, cube.TotalOf(a.withoutMirrors().On(cube.Range{From: newest - n + 1, To: newest})))
		}
	}
	if len(asked) == 0 {
		return nil, notFound()
	}
	found, err := a.op.LoadAll(ctx, asked)
	if err != nil {
		return nil, err
	}
	totals := map[string]int64{}
	for i, name := range names {
		totals[name] = found[i].Total
	}
	return totals, nil
}

// overall is the downloads of each day with and without mirrors, or one of them.
func (a *asking) overall(ctx context.Context, mirrors string) (any, error) {
	found := map[string][]int64{}
	var dates []cube.Day
	for category, s := range map[string]cube.Slice{"with_mirrors": a.slice, "without_mirrors": a.withoutMirrors()} {
		if mirrors == "true" && category != "with_mirrors" || mirrors == "false" && category == "with_mirrors" {
			continue
		}
		res, err := a.op.Load(ctx, cube.SeriesOf(s, cube.Daily))
		if err != nil {
			return nil, err
		}
		found[category], dates = res.Totals, res.Days
	}
	return rows(found, a.settled(dates), ""), nil
}

// maxValues is how many values of a dimension are asked for.
const maxValues = 60

// by is the downloads of each day by the categories of a dimension's values, or
// of one category.
func (a *asking) by(ctx context.Context, d cube.Dimension, category func(string) string, only string) (any, error) {
	s := a.withoutMirrors()
	split, err := a.op.Load(ctx, cube.SplitOf(s, d, maxValues, nil).WithoutTotal())
	if err != nil {
		return nil, err
	}
	var asked []cube.Request
	for _, g := range split.Groups {
		asked = append(asked, cube.SeriesOf(s.With(d, g.Value), cube.Daily))
	}
	series, err := a.op.LoadAll(ctx, asked)
	if err != nil {
		return nil, err
	}
	found := map[string][]int64{}
	var dates []cube.Day
	for i, g := range split.Groups {
		name := category(g.Value)
		if found[name] == nil {
			found[name] = make([]int64, len(series[i].Totals))
		}
		for j, v := range series[i].Totals {
			found[name][j] += v
		}
		dates = series[i].Days
	}
	return rows(found, a.settled(dates), only), nil
}

// settled are the days by their places, without those that are not settled.
func (a *asking) settled(dates []cube.Day) map[int]cube.Day {
	calendar, out := a.op.Snapshot().Calendar(), map[int]cube.Day{}
	for i, d := range dates {
		if calendar.Whole(cube.Range{From: d, To: d}) {
			out[i] = d
		}
	}
	return out
}

// rows lists what was downloaded on the days, by category, then by day.
func rows(found map[string][]int64, days map[int]cube.Day, only string) []Row {
	out := []Row{}
	for category, totals := range found {
		if only != "" && category != only {
			continue
		}
		for i, n := range totals {
			if d, settled := days[i]; settled && n > 0 {
				out = append(out, Row{Category: category, Date: d, Downloads: n, Day: d.String()})
			}
		}
	}
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(strings.Compare(a.Category, b.Category), cmp.Compare(a.Date, b.Date))
	})
	return out
}

// reported is a value; "null" where there is none.
func reported(value string) string { return cmp.Or(value, "null") }

// major is a Python's major version.
func major(value string) string {
	first, _, _ := strings.Cut(value, ".")
	return reported(first)
}

// system is an operating system as pypistats.org tells them apart.
func system(value string) string {
	switch name := strings.ToLower(value); name {
	case "", "windows", "linux", "darwin":
		return reported(name)
	}
	return "other"
}
