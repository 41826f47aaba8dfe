package query

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// drawSnapshot draws tables of every grain with some of the dimensions, whole or
// late, some of unknown size, beside a raw table that can answer everything.
func drawSnapshot(t *rapid.T) *catalog.Snapshot {
	snap := &catalog.Snapshot{Database: "d", Version: "1", Days: data, Projects: catalog.NewIndex([]catalog.Entry{
		{Name: "a", Total: 9_000_000}, {Name: "b", Total: 500_000}, {Name: "c", Total: 12}})}
	raw := &catalog.Table{Database: "d", Name: "pypi", Raw: true, Dims: dims(cube.Dimensions...), TimeColumn: "date",
		Key: []string{"project", "date"}, Covers: data, Rows: 10_000_000, Parts: 3}
	snap.Tables = append(snap.Tables, raw)
	for i := range rapid.IntRange(0, 7).Draw(t, "aggregates") {
		one := &catalog.Table{Database: "d", Name: fmt.Sprintf("t%d", i), Dims: map[cube.Dimension]bool{}, Count: "count",
			Grain: rapid.SampledFrom([]cube.Grain{cube.GrainDay, cube.GrainMonth, cube.GrainNone}).Draw(t, "grain"),
			Rows:  rapid.SampledFrom([]uint64{1000, 40_000, 1_000_000, 8_000_000}).Draw(t, "rows"),
			Parts: uint64(rapid.IntRange(1, 6).Draw(t, "parts")), Covers: data}
		for _, d := range []cube.Dimension{cube.Project, cube.Version, cube.Country, cube.System} {
			if rapid.Bool().Draw(t, "has "+string(d)) {
				one.Dims[d] = true
				one.Key = append(one.Key, d.Column())
			}
		}
		if one.Grain != cube.GrainNone {
			one.TimeColumn = map[cube.Grain]string{cube.GrainDay: "date", cube.GrainMonth: "month"}[one.Grain]
			at := rapid.IntRange(0, len(one.Key)).Draw(t, "time at")
			one.Key = slices.Insert(one.Key, at, one.TimeColumn)
			if rapid.Bool().Draw(t, "late") {
				one.Covers = cube.Range{From: data.From.AddMonths(3).StartOfMonth(), To: data.To}
			}
		}
		snap.Tables = append(snap.Tables, one)
	}
	if rapid.IntRange(0, 9).Draw(t, "sizes unknown") == 0 {
		for _, one := range snap.Tables {
			one.Rows, one.Parts = 0, 0
		}
		snap.Projects = nil
	}
	return snap
}

// drawRequest draws a question about a few slices, so that many have something
// in common.
func drawRequest(t *rapid.T) cube.Request {
	s := cube.Slice{AllTime: true}
	if rapid.Bool().Draw(t, "ranged") {
		r := rapid.SampledFrom([]cube.Range{
			august, data, days("2024-01-01", "2024-03-31"), days("2023-09-12", "2024-07-04"), days("2024-02-02", "2024-02-05"),
			days("2020-01-01", "2030-01-01"), days("2019-01-01", "2019-02-01"),
		}).Draw(t, "range")
		s = cube.Slice{Days: r}
	}
	switch rapid.IntRange(0, 5).Draw(t, "projects") {
	case 0, 1, 2:
		s = s.Narrow(cube.Condition{Dim: cube.Project, Values: []string{rapid.SampledFrom([]string{"a", "b", "c", "unknown"}).Draw(t, "project")}})
	case 3:
		s = s.With(cube.Project, "a", "b")
	}
	if rapid.IntRange(0, 3).Draw(t, "filtered") == 0 {
		s = s.Narrow(cube.Condition{Dim: cube.Country, Not: rapid.Bool().Draw(t, "not"), Values: []string{"US"}})
	}
	dim := rapid.SampledFrom([]cube.Dimension{cube.Project, cube.Version, cube.Country, cube.System})
	every := rapid.SampledFrom([]cube.Interval{cube.Daily, cube.Weekly, cube.Monthly, cube.Yearly})
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0, 1:
		return cube.TotalOf(s)
	case 2:
		return cube.SeriesOf(s, every.Draw(t, "interval"))
	case 3:
		return cube.SplitOf(s, dim.Draw(t, "dim"), 5, nil).WithoutTotal()
	case 4:
		r := cube.SplitOf(s, dim.Draw(t, "dim"), 5, nil)
		if rapid.Bool().Draw(t, "to a series") {
			return r.Then(cube.SeriesOf(cube.Slice{}, every.Draw(t, "interval")))
		}
		return r.Then(cube.SplitOf(cube.Slice{}, dim.Draw(t, "below"), 3, nil))
	case 5:
		return cube.ExtentOf(s)
	default:
		return cube.SplitOf(s, dim.Draw(t, "dim"), 5, nil)
	}
}

// august is the newest, unfinished month.
var august = days("2024-08-01", "2024-08-20")

// costOf is what a plan's queries are expected to cost.
func costOf(p *Plan) (cost float64, blind bool) {
	for _, q := range p.Queries {
		cost += q.bundle.choice.est.cost
		blind = blind || q.bundle.choice.blind
	}
	return cost, blind
}

// mayAnswer is eligibility, said once more and from the day's point of view: the
// table keeps the dimensions apart, holds every day of the range that has data,
// and each of its steps of time lies within one bucket, inside the range or
// outside of it.
func mayAnswer(t *catalog.Table, r cube.Request, data cube.Range) bool {
	for _, d := range dimsOf(r) {
		if !t.Dims[d] {
			return false
		}
	}
	asked := daysIn(r.Slice, data)
	step := func(d cube.Day) cube.Day {
		switch t.Grain {
		case cube.GrainDay:
			return d
		case cube.GrainMonth:
			return d.StartOfMonth()
		default:
			return 0
		}
	}
	inside, bucket := map[cube.Day]bool{}, map[cube.Day]cube.Day{}
	for d := data.From; d <= data.To; d++ {
		in := asked.From <= d && d <= asked.To
		if in && (d < t.Covers.From || d > t.Covers.To) {
			return false
		}
		if was, known := inside[step(d)]; known && was != in {
			return false
		}
		inside[step(d)] = in
		if !in {
			continue
		}
		for _, level := range r.Levels() {
			of := d
			switch {
			case level.Kind == cube.Series:
				of = level.Interval.Start(d)
			case level.Kind != cube.Extent:
				continue
			}
			if was, known := bucket[step(d)]; known && was != of {
				return false
			}
			bucket[step(d)] = of
		}
	}
	return true
}

// TestPlansAnswerEverythingOnceAndRightly: whatever is asked of whatever tables,
// every request is answered or refused, by tables that can answer it; merged
// plans cost no more, and take no more queries, than each request by itself.
func TestPlansAnswerEverythingOnceAndRightly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		snap := drawSnapshot(t)
		reqs := rapid.SliceOfN(rapid.Custom(drawRequest), 1, 12).Draw(t, "requests")
		p := NewPlan(snap, reqs, Options{})
		answers := map[string]int{}
		for _, q := range p.Queries {
			got := q.NewDecoder().Results()
			for _, key := range q.Answers() {
				answers[key]++
				if got[key] == nil {
					t.Fatalf("no result for what the query answers\n%s", describePlan(p))
				}
			}
			checkTables(t, snap, q)
			checkAgain(t, snap, q)
		}
		var separately float64
		queries := 0
		for _, r := range reqs {
			key := r.Key()
			places := min(1, answers[key])
			if p.Ready[key] != nil {
				places++
			}
			if p.Failed[key] != nil {
				places++
			}
			if places != 1 {
				t.Fatalf("%+v is in %d places\n%s", r, places, describePlan(p))
			}
			one := NewPlan(snap, []cube.Request{r}, Options{})
			if (one.Failed[key] == nil) != (p.Failed[key] == nil) {
				t.Fatalf("%+v fails alone or in company only\n%s", r, describePlan(p))
			}
			cost, _ := costOf(one)
			separately += cost
			queries += len(one.Queries)
		}
		cost, blind := costOf(p)
		// The places of several projects are estimated by their number, not one by
		// one: together they may be thought to be a few more.
		if len(p.Queries) > queries || !blind && cost > separately*1.2 {
			t.Fatalf("%d queries at %.0f; one by one %d at %.0f\n%s", len(p.Queries), cost, queries, separately, describePlan(p))
		}
	})
}

// checkAgain plans what a query was planned for once more: everything that it
// answers is answered again.
func checkAgain(t *rapid.T, snap *catalog.Snapshot, q *Query) {
	var keys []string
	for _, again := range NewPlan(snap, q.Requests(), Options{}).Queries {
		keys = append(keys, again.Answers()...)
	}
	for _, key := range q.Answers() {
		if !slices.Contains(keys, key) {
			t.Fatalf("planned again, not everything is answered that was\n%s", q.Text())
		}
	}
}

// checkTables checks the tables of a query against each of its requests.
func checkTables(t *rapid.T, snap *catalog.Snapshot, q *Query) {
	h := q.bundle.choice.halves
	for _, r := range q.Requests() {
		ok := h != nil || mayAnswer(q.bundle.choice.table, r, snap.Days)
		if h != nil {
			for _, part := range append(slices.Clone(h.edges), h.middle) {
				table, within := h.days, r
				if part == h.middle {
					table = h.months
				}
				within.Slice.AllTime, within.Slice.Days = false, part
				ok = ok && mayAnswer(table, within, snap.Days)
			}
		}
		if !ok {
			t.Fatalf("%s cannot answer %+v\n%s", q.Table, r, q.Text())
		}
	}
}
