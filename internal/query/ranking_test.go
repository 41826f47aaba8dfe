package query

import (
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// TestRankingsReadTheirDays: of the tables by the project first and by the days
// first, what ranks projects is read from the latter, in proportion to its range,
// also under a filter; what is about one project from the former.
func TestRankingsReadTheirDays(t *testing.T) {
	snap := snapshot()
	ranking := func(name string, rows uint64, key ...string) {
		table := snap.Proposed(name, key, rows, rows)
		table.LastBlock = 9
		snap = snap.With(table)
	}
	ranking("pypi_ranking_per_day", 1_400_000, "date", "project")
	ranking("pypi_ranking_per_day_by_country", 9_000_000, "date", "country_code", "project")
	last := cube.Range{From: data.To - 29, To: data.To}
	within := func(rows float64) float64 { return rows * 30 / float64(data.Days()) }
	top := cube.Slice{Days: last}
	for what, c := range map[string]struct {
		req   cube.Request
		table string
		most  float64
	}{
		"the most downloaded":            {cube.SplitOf(top, cube.Project, 10, nil), "pypi.pypi_ranking_per_day", 1.5 * within(1_400_000)},
		"the most downloaded in Germany": {cube.SplitOf(top.With(cube.Country, "DE"), cube.Project, 10, nil), "pypi.pypi_ranking_per_day_by_country", 1.5 * within(9_000_000)},
		"a rank":                         {cube.RankOf(top, "boto3"), "pypi.pypi_ranking_per_day", 1.5 * within(1_400_000)},
		"one project":                    {cube.TotalOf(project("boto3").On(last)), "pypi.pypi_downloads_per_day", 20_000},
	} {
		p := NewPlan(snap, []cube.Request{c.req}, Options{})
		if len(p.Queries) != 1 || p.Queries[0].Table != c.table || p.Queries[0].EstimatedRows > c.most {
			t.Errorf("%s: %+v, want at most %.0f rows of %s", what, p.Queries, c.most, c.table)
		}
	}
}

// TestRowsOfSizedProjects: how many rows a project has in a table follows those
// that were looked up, and never more than it has downloads.
func TestRowsOfSizedProjects(t *testing.T) {
	table := &catalog.Table{KeySpace: 10, Sizes: []catalog.Size{{Downloads: 1e4, Rows: 1e3}, {Downloads: 1e6, Rows: 1e4}, {Downloads: 1e8, Rows: 1e6}}}
	for downloads, want := range map[float64]float64{1e4: 1e3, 1e6: 1e4, 1e5: 3162, 1e7: 1e5, 1e9: 1e7, 100: 100, 4: 4} {
		if got := table.RowsOf(downloads); got < want*0.99 || got > want*1.01 {
			t.Errorf("%.0f downloads are %.0f rows, want %.0f", downloads, got, want)
		}
	}
	table.Sizes = nil
	if got := table.RowsOf(1e9); got != 10 {
		t.Errorf("by the key space %.1f rows, want 10", got)
	}
}
