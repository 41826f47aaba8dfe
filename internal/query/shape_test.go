package query

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"clickql/internal/catalog"
)

// TestShapeReplays plans questions, replays the plan's shapes, and expects the
// same tables and about the same rows, with no name or value in a shape.
func TestShapeReplays(t *testing.T) {
	snap := snapshot()
	days := func(n int) catalog.Range {
		return catalog.Range{From: snap.Days.To - catalog.Day(n) + 1, To: snap.Days.To}
	}
	boto := Slice{Projects: []string{"boto3"}, Days: days(90)}
	in := func(s Slice, d catalog.Dimension, values ...string) Slice {
		return s.Narrow(Condition{Dim: d, Values: values})
	}
	for name, reqs := range map[string][]Request{
		"total":          {TotalOf(Slice{Projects: []string{"boto3"}, AllTime: true})},
		"with before":    {SeriesOf(boto, Daily), TotalOf(Slice{Projects: []string{"boto3"}, Days: catalog.Range{From: boto.Days.From - 90, To: boto.Days.From - 1}})},
		"filtered split": {SplitOf(in(boto, catalog.Country, "DE", "FR"), catalog.Python, 5, nil)},
		"monthly":        {SeriesOf(Slice{Projects: []string{"boto3", "numpy"}, AllTime: true}, Monthly)},
		"everything":     {SplitOf(Slice{Days: days(30)}, catalog.Project, 5, nil)},
		"rank":           {RankOf(Slice{AllTime: true}, "boto3")},
		"libc":           {SplitOf(boto, catalog.Libc, 5, nil), SplitOf(boto, catalog.CI, 5, nil)},
		"levels":         {SplitOf(boto, catalog.Version, 3, nil).Then(SplitOf(Slice{}, catalog.Country, 3, nil).Then(SeriesOf(Slice{}, Monthly)))},
		"all time days":  {ExtentOf(in(Slice{Projects: []string{"boto3"}, AllTime: true}, catalog.Country, "DE"))},
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
	if s := MetadataQuery(snapshot(), []string{"boto3"}).Shape(); !s.Lookup() {
		t.Errorf("%+v", s)
	}
}
