package query

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// TestShapeReplays plans questions, replays the plan's shapes, and expects the
// same tables and about the same rows, with no name or value in a shape.
func TestShapeReplays(t *testing.T) {
	snap := snapshot()
	days := func(n int) cube.Range {
		return cube.Range{From: snap.Days.To - cube.Day(n) + 1, To: snap.Days.To}
	}
	boto := cube.Slice{Projects: []string{"boto3"}, Days: days(90)}
	in := func(s cube.Slice, d cube.Dimension, values ...string) cube.Slice {
		return s.With(d, values...)
	}
	for name, reqs := range map[string][]cube.Request{
		"total":          {cube.TotalOf(cube.Slice{Projects: []string{"boto3"}, AllTime: true})},
		"with before":    {cube.SeriesOf(boto, cube.Daily), cube.TotalOf(cube.Slice{Projects: []string{"boto3"}, Days: cube.Range{From: boto.Days.From - 90, To: boto.Days.From - 1}})},
		"filtered split": {cube.SplitOf(in(boto, cube.Country, "DE", "FR"), cube.Python, 5, nil)},
		"monthly":        {cube.SeriesOf(cube.Slice{Projects: []string{"boto3", "numpy"}, AllTime: true}, cube.Monthly)},
		"everything":     {cube.SplitOf(cube.Slice{Days: days(30)}, cube.Project, 5, nil)},
		"rank":           {cube.RankOf(cube.Slice{AllTime: true}, "boto3")},
		"libc":           {cube.SplitOf(boto, cube.Libc, 5, nil), cube.SplitOf(boto, cube.CI, 5, nil)},
		"levels":         {cube.SplitOf(boto, cube.Version, 3, nil).Then(cube.SplitOf(cube.Slice{}, cube.Country, 3, nil).Then(cube.SeriesOf(cube.Slice{}, cube.Monthly)))},
		"all time days":  {cube.ExtentOf(in(cube.Slice{Projects: []string{"boto3"}, AllTime: true}, cube.Country, "DE"))},
	} {
		plan := NewPlan(snap, reqs, Options{})
		var shapes []Shape
		for _, q := range plan.Queries {
			shapes = append(shapes, q.Shape())
		}
		replayed := *snap
		var entries []catalog.Entry
		seen := map[string]bool{}
		rest := snap.Projects.Sum()
		for _, s := range shapes {
			for _, e := range s.Entries() {
				if !seen[e.Name] {
					seen[e.Name] = true
					entries, rest = append(entries, e), rest-e.Total
				}
			}
			if key := s.Key(); strings.Contains(key, "boto3") || strings.Contains(key, "DE") {
				t.Errorf("%s: the shape tells what was asked about: %s", name, key)
			}
		}
		replayed.Projects = catalog.NewIndex(append(entries, catalog.Entry{Name: "~", Total: max(0, rest)}))
		for i, s := range shapes {
			is, ok := s.Replay(&replayed)
			was := plan.Queries[i]
			if !ok || len(is.Tables) != 1 || is.Tables[0] != was.Table || math.Abs(math.Log2(is.Rows/was.EstimatedRows)) > 2 {
				t.Errorf("%s: %s, %.0f rows; replayed %v, %.0f: %s", name, was.Table, was.EstimatedRows, is.Tables, is.Rows, s.Key())
			}
			again := NewPlan(&replayed, s.Requests(snap.Days), Options{})
			if got := again.Queries[0].Shape().Key(); got != s.Key() {
				t.Errorf("%s: the shape of a replay differs\n%s\n%s", name, s.Key(), got)
			}
			var read Shape
			if err := json.Unmarshal([]byte(s.Key()), &read); err != nil || read.Key() != s.Key() {
				t.Errorf("%s: read back %s, %v", name, read.Key(), err)
			}
			if n := was.bundle.need(); !slices.Equal(s.Dims(), n.dims) || s.Grain(snap.Days) != n.grain {
				t.Errorf("%s: the shape needs %v at %d, the query %v at %d", name, s.Dims(), s.Grain(snap.Days), n.dims, n.grain)
			}
		}
	}
}

func TestLookupsHaveNoShape(t *testing.T) {
	if s := On(snapshot().Tables[0]).Query("SELECT 1").Shape(); !s.Lookup() {
		t.Errorf("%+v", s)
	}
}
