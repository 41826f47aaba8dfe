package query

import (
	"strings"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// TestRejectionsNameTheirReason: whatever keeps a table from being chosen, the
// plan says it of that table.
func TestRejectionsNameTheirReason(t *testing.T) {
	late := "its view was created on 2024-03-01 and was not backfilled"
	change := func(name string, f func(*catalog.Table)) func(*catalog.Snapshot) {
		return func(s *catalog.Snapshot) {
			if one := s.Table(name); one != nil {
				f(one)
			}
		}
	}
	same := func(*catalog.Snapshot) {}
	ofDays := project("boto3").On(days("2024-02-10", "2024-03-05"))
	for _, c := range []struct {
		name   string
		change func(*catalog.Snapshot)
		req    cube.Request
		table  string
		want   string
	}{
		{"no column", same, cube.SplitOf(ofDays, cube.Version, 3, nil), "pypi_downloads_per_day", "it has no column version"},
		{"a column outside of the key", same, cube.SplitOf(project("boto3"), cube.FileType, 3, nil), "pypi_downloads_per_day_by_type",
			"its sorting key (project, date) leaves out type, so merges fold its values into one another"},
		{"a column of another type", change("pypi_downloads_per_day", func(t *catalog.Table) {
			t.Dims = dims()
			t.Unusable = map[cube.Dimension]string{cube.Project: "it is a UInt64"}
		}), cube.TotalOf(ofDays), "pypi_downloads_per_day", "its column project cannot be used: it is a UInt64"},
		{"no time", same, cube.TotalOf(ofDays), "pypi_downloads", "it keeps no time, only totals of all time"},
		{"months for days", same, cube.TotalOf(ofDays), "pypi_downloads_per_month", "it keeps months, and 2024-02-10 to 2024-03-05 needs days"},
		{"months for a daily series", same, cube.SeriesOf(project("boto3"), cube.Daily), "pypi_downloads_per_month", "it keeps months, and days are asked for"},
		{"too few days", same, cube.SplitOf(ofDays, cube.System, 3, nil), "pypi_downloads_per_day_by_system",
			"it covers 2024-03-01 to 2024-08-20, not 2024-02-10 to 2024-03-05: its view was created late"},
		{"a view with a condition", change("pypi_downloads_per_day", func(t *catalog.Table) {
			t.Covers, t.Incomplete = cube.Range{From: 0, To: -1}, "its view leaves rows out: WHERE project != ''"
		}), cube.TotalOf(ofDays), "pypi_downloads_per_day", "it is not known to be complete: its view leaves rows out: WHERE project != ''"},
		{"a backfill that is missing", change("pypi_downloads", func(t *catalog.Table) {
			t.Covers, t.Incomplete = cube.Range{From: 0, To: -1}, late
		}), cube.TotalOf(project("boto3")), "pypi_downloads", "it is not known to be complete: " + late},
		{"dearer", same, cube.TotalOf(ofDays), "pypi_downloads_per_day_by_version", "pypi_downloads_per_day about"},
		{"sizes unknown", func(s *catalog.Snapshot) {
			for _, t := range s.Tables {
				t.Rows = 0
			}
		}, cube.TotalOf(ofDays), "pypi_downloads_per_day_by_version", "it keeps more columns apart than pypi_downloads_per_day, and the tables' sizes are not known"},
		{"ignored", func(s *catalog.Snapshot) {
			s.Ignored = append(s.Ignored, catalog.Ignored{Table: "pypi.pypi_odd", Reason: "its engine is Log"})
		}, cube.TotalOf(ofDays), "pypi_odd", "its engine is Log"},
		{"first and last days at hand", same, cube.ExtentOf(project("boto3")), "pypi_downloads_per_day",
			"pypi_downloads_max_min keeps the first and the last day of each project ready"},
	} {
		t.Run(c.name, func(t *testing.T) {
			snap := snapshot()
			c.change(snap)
			p := NewPlan(snap, []cube.Request{c.req}, Options{})
			if len(p.Queries) != 1 {
				t.Fatal(describePlan(p))
			}
			q := p.Queries[0]
			told := map[string]string{}
			for _, r := range q.Rejected() {
				told[r.Table] = r.Reason
			}
			if got := told["pypi."+c.table]; !strings.Contains(got, c.want) {
				t.Errorf("%s: got %q, want %q", c.table, got, c.want)
			}
			for _, one := range snap.Tables {
				if read := q.bundle.choice.reads(one); read == (told[one.FullName()] != "") {
					t.Errorf("%s is read (%v) and rejected: %q", one.Name, read, told[one.FullName()])
				}
			}
		})
	}
}
