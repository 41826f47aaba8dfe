package query

import (
	"math"
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
	pandas := Slice{Projects: []string{"boto3"}, Days: days(90)}
	in := func(s Slice, d catalog.Dimension, values ...string) Slice {
		return s.Narrow(Condition{Dim: d, Values: values})
	}
	for name, reqs := range map[string][]Request{
		"total":          {TotalOf(Slice{Projects: []string{"boto3"}, AllTime: true})},
		"with before":    {SeriesOf(pandas, Daily), TotalOf(Slice{Projects: []string{"boto3"}, Days: catalog.Range{From: pandas.Days.From - 90, To: pandas.Days.From - 1}})},
		"filtered split": {SplitOf(in(pandas, catalog.Country, "DE", "FR"), catalog.Python, 5, nil)},
		"monthly":        {SeriesOf(Slice{Projects: []string{"boto3", "numpy"}, AllTime: true}, Monthly)},
		"everything":     {SplitOf(Slice{Days: days(30)}, catalog.Project, 5, nil)},
		"rank":           {RankOf(Slice{AllTime: true}, "boto3")},
		"libc":           {SplitOf(pandas, catalog.Libc, 5, nil), SplitOf(pandas, catalog.CI, 5, nil)},
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
			again := NewPlan(&replayed, s.Requests(snap.Days), Options{})
			if len(again.Queries) != 1 {
				t.Errorf("%s: %d queries: %s", name, len(again.Queries), s.Key())
				continue
			}
			was, is := plan.Queries[i], again.Queries[0]
			if is.Table != was.Table || math.Abs(math.Log2(is.EstimatedRows/was.EstimatedRows)) > 2 {
				t.Errorf("%s: %s, %.0f rows; replayed %s, %.0f: %s", name, was.Table, was.EstimatedRows, is.Table, is.EstimatedRows, s.Key())
			}
			if is.Shape().Key() != s.Key() {
				t.Errorf("%s: the shape of a replay differs\n%s\n%s", name, s.Key(), is.Shape().Key())
			}
		}
	}
}

func TestLookupsHaveNoShape(t *testing.T) {
	if s := MetadataQuery(snapshot(), []string{"boto3"}).Shape(); !s.Lookup() {
		t.Errorf("%+v", s)
	}
}
